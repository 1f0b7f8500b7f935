#compdef anocir
# Made by tools/reference.py from anocir/cli/commands.py: edit that.

_anocir_ids() {
    local -a ids
    ids=(${(f)"$(anocir $root list -q 2>/dev/null)"})
    _wanted containers expl container compadd -a ids
}

_anocir_commands() {
    local -a commands=(
        'create:make a container from a bundle; its process waits for start'
        'start:run the program of a created container'
        'state:print the state of a container as JSON'
        'kill:send a signal to a container'\''s first process'
        'delete:remove a stopped container'
        'run:create, start, wait and delete in one go'
        'list:list the containers'
        'spec:write a config.json to start from'
        'validate:check a config.json, a state or a features document'
        'features:print what this runtime can do'
        'help:explain a command, with all its flags'
    )
    _describe command commands
}

_anocir() {
    local context state state_descr line
    local -A opt_args
    _arguments -S -C \
        --root'[where the state of containers is kept (default\: /run/anocir, for other users than root $XDG_RUNTIME_DIR/anocir)]:dir:_directories' \
        --log'[append errors and warnings to FILE as well]:file:_files' \
        --log-format'[form of the lines in FILE\: text or json]:format:(text json)' \
        --log-level'[least level that is logged\: debug, info, warning or error]:level:(debug info warning error)' \
        --debug'[log everything, and show a traceback when something fails]' \
        '(-v --version)'{-v,--version}'[show the versions and exit]' \
        '(-h --help)'{-h,--help}'[show help and exit]' \
        '1:command:_anocir_commands' \
        '*:: :->arguments' && return
    [[ $state == arguments ]] || return 1
    local -a root
    [[ -n $opt_args[--root] ]] && root=(--root ${(Q)opt_args[--root]})
    case $line[1] in
    create)
        _arguments -S \
            '(-b --bundle)'{-b,--bundle}'[directory that holds config.json and the rootfs]:dir:_directories' \
            --pid-file'[write the pid of the container'\''s process to FILE]:file:_files' \
            --dry-run'[print what would be done, step by step, and touch nothing]' \
            --console-socket'[send the container'\''s terminal to the unix socket at PATH; needed with process.terminal, unless run stays in the foreground]:path:_files' \
            --no-new-keyring'[keep the caller'\''s session keyring]' \
            --preserve-fds'[pass the caller'\''s descriptors 3 to 2+N on to the program; with socket activation (LISTEN_FDS), those after its sockets]:n: ' \
            '(-h --help)'{-h,--help}'[show help and exit]' \
            '1:id:_anocir_ids'
        ;;
    start)
        _arguments -S \
            '(-h --help)'{-h,--help}'[show help and exit]' \
            '1:id:_anocir_ids'
        ;;
    state)
        _arguments -S \
            '(-h --help)'{-h,--help}'[show help and exit]' \
            '1:id:_anocir_ids'
        ;;
    kill)
        _arguments -S \
            '(-a --all)'{-a,--all}'[signal every process of the container; no error when it has stopped]' \
            '(-h --help)'{-h,--help}'[show help and exit]' \
            '1:id:_anocir_ids' \
            '2::signal:(HUP INT QUIT ILL ABRT KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CONT STOP TSTP WINCH)'
        ;;
    delete)
        _arguments -S \
            '(-f --force)'{-f,--force}'[kill the container first if need be; no error when there is none]' \
            '(-h --help)'{-h,--help}'[show help and exit]' \
            '1:id:_anocir_ids'
        ;;
    run)
        _arguments -S \
            '(-b --bundle)'{-b,--bundle}'[directory that holds config.json and the rootfs]:dir:_directories' \
            --pid-file'[write the pid of the container'\''s process to FILE]:file:_files' \
            --dry-run'[print what would be done, step by step, and touch nothing]' \
            --console-socket'[send the container'\''s terminal to the unix socket at PATH; needed with process.terminal, unless run stays in the foreground]:path:_files' \
            --no-new-keyring'[keep the caller'\''s session keyring]' \
            --preserve-fds'[pass the caller'\''s descriptors 3 to 2+N on to the program; with socket activation (LISTEN_FDS), those after its sockets]:n: ' \
            '(-d --detach)'{-d,--detach}'[return once the program runs]' \
            --keep'[do not delete the container when it ends]' \
            '(-h --help)'{-h,--help}'[show help and exit]' \
            '1:id:_anocir_ids'
        ;;
    list)
        _arguments -S \
            '(-f --format)'{-f,--format}'[table, or json\: an array of what state prints]:format:(table json)' \
            '(-q --quiet)'{-q,--quiet}'[print the IDs only, one per line]' \
            '(-h --help)'{-h,--help}'[show help and exit]'
        ;;
    spec)
        _arguments -S \
            '(-b --bundle)'{-b,--bundle}'[directory to write config.json to]:dir:_directories' \
            --rootless'[for the calling user, who is root in the container only]' \
            '(-h --help)'{-h,--help}'[show help and exit]'
        ;;
    validate)
        _arguments -S \
            --state'[FILE is what `anocir state` prints]' \
            --features'[FILE says what a runtime can do, as its `features` prints it]' \
            '(-h --help)'{-h,--help}'[show help and exit]' \
            '1::file:_files'
        ;;
    features)
        _arguments -S \
            '(-h --help)'{-h,--help}'[show help and exit]'
        ;;
    help)
        _arguments -S \
            '(-h --help)'{-h,--help}'[show help and exit]' \
            '1::topic:(create start state kill delete run list spec validate features help)'
        ;;
    esac
}

_anocir "$@"
