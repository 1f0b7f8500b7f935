# Made by tools/reference.py from anocir/cli/commands.py: edit that.

# Print what completes the value of flag $2 or argument number $2 of command $1.
_anocir_kind() {
    case "$1 $2" in
    " --root") echo "dir" ;;
    " --log") echo "file" ;;
    " --log-format") echo "text json" ;;
    " --log-level") echo "debug info warning error" ;;
    " --cgroup-manager") echo "cgroupfs systemd disabled" ;;
    " --rootless") echo "nothing" ;;
    " --criu") echo "file" ;;
    "create --bundle" | "create -b") echo "dir" ;;
    "create --pid-file") echo "file" ;;
    "create --console-socket") echo "file" ;;
    "create --preserve-fds") echo "nothing" ;;
    "create --fail-at") echo "nothing" ;;
    "create 0") echo "ids" ;;
    "start 0") echo "ids" ;;
    "state 0") echo "ids" ;;
    "kill 0") echo "ids" ;;
    "kill 1") echo "HUP INT QUIT ILL ABRT KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CONT STOP TSTP WINCH" ;;
    "delete 0") echo "ids" ;;
    "run --bundle" | "run -b") echo "dir" ;;
    "run --pid-file") echo "file" ;;
    "run --console-socket") echo "file" ;;
    "run --preserve-fds") echo "nothing" ;;
    "run --fail-at") echo "nothing" ;;
    "run 0") echo "ids" ;;
    "list --format" | "list -f") echo "table json" ;;
    "spec --bundle" | "spec -b") echo "dir" ;;
    "validate 0") echo "file" ;;
    "help 0") echo "create start state kill delete run list spec validate features help" ;;
    esac
}

# Print the flags of a command.
_anocir_flags() {
    case "$1" in
    "") echo "--root --log --log-format --log-level --debug --version --help" ;;
    "create") echo "--bundle --pid-file --dry-run --console-socket --no-new-keyring --preserve-fds --help" ;;
    "start") echo "--help" ;;
    "state") echo "--help" ;;
    "kill") echo "--all --help" ;;
    "delete") echo "--force --help" ;;
    "run") echo "--bundle --pid-file --dry-run --console-socket --no-new-keyring --preserve-fds --detach --keep --help" ;;
    "list") echo "--format --quiet --help" ;;
    "spec") echo "--bundle --rootless --help" ;;
    "validate") echo "--state --features --help" ;;
    "features") echo "--help" ;;
    "help") echo "--help" ;;
    esac
}

_anocir() {
    local word=${COMP_WORDS[COMP_CWORD]} command='' pending='' root='' count=0 index seen
    COMPREPLY=()
    [[ $word == = ]] && word=''
    for ((index = 1; index < COMP_CWORD; index++)); do
        seen=${COMP_WORDS[index]}
        if [[ $seen == = ]]; then
            continue
        elif [[ -n $pending ]]; then
            [[ $pending == --root ]] && root=$seen
            pending=''
        elif [[ $seen == -?* ]]; then
            [[ -n $(_anocir_kind "$command" "$seen") ]] && pending=$seen
        elif [[ -z $command ]]; then
            command=$seen
        else
            ((count++))
        fi
    done
    local kind
    if [[ -n $pending ]]; then
        kind=$(_anocir_kind "$command" "$pending")
    elif [[ $word == -* && $word != - ]]; then
        kind=$(_anocir_flags "$command")
    elif [[ -z $command ]]; then
        kind='create start state kill delete run list spec validate features help'
    else
        kind=$(_anocir_kind "$command" "$count")
    fi
    case "$kind" in
    dir) kind=$(compgen -d -- "$word") ;;
    file) kind=$(compgen -f -- "$word") ;;
    ids) kind=$(compgen -W "$(anocir ${root:+--root "$root"} list -q 2>/dev/null)" -- "$word") ;;
    nothing | '') return ;;
    *) kind=$(compgen -W "$kind" -- "$word") ;;
    esac
    mapfile -t COMPREPLY <<<"$kind"
    [[ -n $kind ]] || COMPREPLY=()
}

complete -o filenames -F _anocir anocir
