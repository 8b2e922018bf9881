# bash completion for sandbox; load it with: source <(sandbox completion bash)
# Sets words and files for "sandbox run", whose options end where the job's command begins.
_sandbox_run() {
    local switches valued index word option=""
    switches="--interactive --tty --read-only --subids --diff --job --rm --init --help"
    valued="--volume --mount --tmpfs --shm-size --rootfs --image --file --text --collect --save-diff --collect-limit --workdir --env --env-file --user
        --hostname --entrypoint --name --traceparent --stdin --stdin-text --stdout --stderr --result --cpus
        --cpuset-cpus --pids-limit --output --on-output-limit --ulimit --require --network --seccomp --security-opt
        --proc --isolation --cgroup --lease-cores --memory --memory-high --cpu-time --wall-time --idle-time --file-size
        --open-files --stack --disk --io-read --io-write --cap-add --cap-drop --device --net --processes"

    # COMP_WORDBREAKS makes words of their own of "=" and ":", which belong to the value before them.
    for ((index = 2; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ $word == [=:] ]]; then
            ((++index))
            option=""
        elif [[ -n $option ]]; then
            option=""
        elif [[ $word == -- || $word != -* ]]; then
            files=all
            [[ $word == -- && $((index + 1)) -eq COMP_CWORD ]] && words=$(compgen -c -- "$current")
            return
        elif [[ " ${valued//[[:space:]]/ } " == *" $word "* || $word =~ ^-[^-vweuhm]*[vweuhm]$ ]]; then
            option=$word
        fi
    done
    [[ $previous == "=" && $COMP_CWORD -gt 3 ]] && option=${COMP_WORDS[COMP_CWORD-2]}
    if [[ $current == "=" ]]; then
        option=$previous
        current=""
    fi

    if [[ $previous == ":" || $current == ":" ]]; then
        files=all
    elif [[ -n $option ]]; then
        case $option in
            --network|--net) words="none loopback host" ;;
            --proc) words="full pid" ;;
            --isolation) words="normal strict" ;;
            --on-output-limit) words="kill truncate" ;;
            -u|--user) words="root" ;;
            --require) words="cpuTime wallTime idleTime memory processes output fileSize openFiles stack disk cpus memoryHigh ioRead ioWrite cpuset" ;;
            --security-opt) words="seccomp= no-new-privileges" ;;
            --ulimit) words="nofile= nproc= fsize= stack= cpu=" ;;
            --mount) words="type=bind type=overlay type=tmpfs type=symlink" ;;
            --stdin) words="null inherit"; files=all ;;
            --stdout) words="inherit discard capture"; files=all ;;
            --stderr) words="inherit discard capture stdout"; files=all ;;
            --rootfs) words="host empty"; files=all ;;
            --cap-add|--cap-drop) words="CHOWN DAC_OVERRIDE FOWNER SETGID SETUID ALL" ;;
            --device) words=$(compgen -f -- "${current:-/dev/}") ;;
            --image) words=$(sandbox image ls --names 2>/dev/null); files=all ;;
            --seccomp) words=$(sandbox policy list 2>/dev/null); files=all ;;
            -v|--volume|--file|--collect|--save-diff|--env-file|--result|--cgroup) files=all ;;
        esac
    elif [[ $current == -* ]]; then
        words="$switches $valued -v -w -e -u -h -i -m"
    else
        words=$(compgen -c -- "$current")
    fi
}

_sandbox() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local command=${COMP_WORDS[1]} words="" files=""
    COMPREPLY=()

    if ((COMP_CWORD == 1)); then
        words="exec run plan doctor schema policy image completion --help --version"
    elif [[ $command == run ]]; then
        _sandbox_run
    elif [[ $previous == --result || $previous == --cgroup ]]; then
        files=all
    else
        case $command in
            exec) words="--result --pretty --cgroup --lease-cores --help"; files=json ;;
            plan) words="--cgroup --help"; files=json ;;
            doctor) words="--json --cgroup --help" ;;
            schema) words="job result --help" ;;
            completion) words="bash zsh fish --help" ;;
            policy)
                if ((COMP_CWORD == 2)); then
                    words="list show check --help"
                elif [[ ${COMP_WORDS[2]} == show ]]; then
                    words="$(sandbox policy list 2>/dev/null | cut -d' ' -f1) --help"
                elif [[ ${COMP_WORDS[2]} == check ]]; then
                    words="--help"; files=json
                fi
                ;;
            image)
                if ((COMP_CWORD == 2)); then
                    words="import ls rm gc --help"
                elif [[ ${COMP_WORDS[2]} == import && $previous != --name ]]; then
                    words="--name --help"; files=all
                elif [[ ${COMP_WORDS[2]} == ls ]]; then
                    words="--json --names --help"
                elif [[ ${COMP_WORDS[2]} == rm ]]; then
                    words="$(sandbox image ls --names 2>/dev/null) --help"
                fi
                ;;
        esac
    fi

    if [[ $files == all && -n $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current"; compgen -f -- "$current")
        compopt -o filenames
    elif [[ $current == -* || -z $files ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    elif [[ $files == json ]]; then
        mapfile -t COMPREPLY < <(compgen -f -X '!*.json' -- "$current"; compgen -d -- "$current")
        compopt -o filenames
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames
    fi
}
complete -F _sandbox sandbox
