# Made by tools/reference.py from anocir/cli/commands.py: edit that.

# The flags that take a value, wherever they stand.
set -g __anocir_valued --root --log --log-format --log-level --cgroup-manager --rootless --criu --bundle -b --pid-file --console-socket --preserve-fds --fail-at --format -f

# Print the words before the cursor that are neither flags nor their values.
function __anocir_words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word $__anocir_valued
            set skip 1
        else if not string match -q -- '-?*' $word
            echo $word
        end
    end
end

# Whether command $argv[1] is being completed, at argument number $argv[2] if that is given.
function __anocir_at
    set -l words (__anocir_words)
    test "$words[1]" = "$argv[1]"; or return 1
    test (count $argv) = 1; or test (count $words) = (math $argv[2] + 1)
end

function __anocir_ids
    set -l line (commandline -opc)
    set -l root
    if set -l index (contains -i -- --root $line)
        set root --root $line[(math $index + 1)]
    end
    anocir $root list -q 2>/dev/null
end

complete -c anocir -f
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -l root -r -a '(__fish_complete_directories)' -d 'where the state of containers is kept (default: /run/anocir, for other users than root $XDG_RUNTIME_DIR/anocir)'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -l log -r -F -d 'append errors and warnings to FILE as well'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -l log-format -r -a 'text json' -d 'form of the lines in FILE: text or json'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -l log-level -r -a 'debug info warning error' -d 'least level that is logged: debug, info, warning or error'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -l debug -d 'log everything, and show a traceback when something fails'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -l version -s v -d 'show the versions and exit'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at create' -l bundle -s b -r -a '(__fish_complete_directories)' -d 'directory that holds config.json and the rootfs'
complete -c anocir -n '__anocir_at create' -l pid-file -r -F -d 'write the pid of the container\'s process to FILE'
complete -c anocir -n '__anocir_at create' -l dry-run -d 'print what would be done, step by step, and touch nothing'
complete -c anocir -n '__anocir_at create' -l console-socket -r -F -d 'send the container\'s terminal to the unix socket at PATH; needed with process.terminal, unless run stays in the foreground'
complete -c anocir -n '__anocir_at create' -l no-new-keyring -d 'keep the caller\'s session keyring'
complete -c anocir -n '__anocir_at create' -l preserve-fds -r -d 'pass the caller\'s descriptors 3 to 2+N on to the program; with socket activation (LISTEN_FDS), those after its sockets'
complete -c anocir -n '__anocir_at create' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at create 0' -a '(__anocir_ids)'
complete -c anocir -n '__anocir_at start' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at start 0' -a '(__anocir_ids)'
complete -c anocir -n '__anocir_at state' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at state 0' -a '(__anocir_ids)'
complete -c anocir -n '__anocir_at kill' -l all -s a -d 'signal every process of the container; no error when it has stopped'
complete -c anocir -n '__anocir_at kill' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at kill 0' -a '(__anocir_ids)'
complete -c anocir -n '__anocir_at kill 1' -a 'HUP INT QUIT ILL ABRT KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CONT STOP TSTP WINCH'
complete -c anocir -n '__anocir_at delete' -l force -s f -d 'kill the container first if need be; no error when there is none'
complete -c anocir -n '__anocir_at delete' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at delete 0' -a '(__anocir_ids)'
complete -c anocir -n '__anocir_at run' -l bundle -s b -r -a '(__fish_complete_directories)' -d 'directory that holds config.json and the rootfs'
complete -c anocir -n '__anocir_at run' -l pid-file -r -F -d 'write the pid of the container\'s process to FILE'
complete -c anocir -n '__anocir_at run' -l dry-run -d 'print what would be done, step by step, and touch nothing'
complete -c anocir -n '__anocir_at run' -l console-socket -r -F -d 'send the container\'s terminal to the unix socket at PATH; needed with process.terminal, unless run stays in the foreground'
complete -c anocir -n '__anocir_at run' -l no-new-keyring -d 'keep the caller\'s session keyring'
complete -c anocir -n '__anocir_at run' -l preserve-fds -r -d 'pass the caller\'s descriptors 3 to 2+N on to the program; with socket activation (LISTEN_FDS), those after its sockets'
complete -c anocir -n '__anocir_at run' -l detach -s d -d 'return once the program runs'
complete -c anocir -n '__anocir_at run' -l keep -d 'do not delete the container when it ends'
complete -c anocir -n '__anocir_at run' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at run 0' -a '(__anocir_ids)'
complete -c anocir -n '__anocir_at list' -l format -s f -r -a 'table json' -d 'table, or json: an array of what state prints'
complete -c anocir -n '__anocir_at list' -l quiet -s q -d 'print the IDs only, one per line'
complete -c anocir -n '__anocir_at list' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at spec' -l bundle -s b -r -a '(__fish_complete_directories)' -d 'directory to write config.json to'
complete -c anocir -n '__anocir_at spec' -l rootless -d 'for the calling user, who is root in the container only'
complete -c anocir -n '__anocir_at spec' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at validate' -l state -d 'FILE is what `anocir state` prints'
complete -c anocir -n '__anocir_at validate' -l features -d 'FILE says what a runtime can do, as its `features` prints it'
complete -c anocir -n '__anocir_at validate' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at validate 0' -F
complete -c anocir -n '__anocir_at features' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at help' -l help -s h -d 'show help and exit'
complete -c anocir -n '__anocir_at help 0' -a 'create start state kill delete run list spec validate features help'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a create -d 'make a container from a bundle; its process waits for start'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a start -d 'run the program of a created container'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a state -d 'print the state of a container as JSON'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a kill -d 'send a signal to a container\'s first process'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a delete -d 'remove a stopped container'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a run -d 'create, start, wait and delete in one go'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a list -d 'list the containers'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a spec -d 'write a config.json to start from'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a validate -d 'check a config.json, a state or a features document'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a features -d 'print what this runtime can do'
complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a help -d 'explain a command, with all its flags'
