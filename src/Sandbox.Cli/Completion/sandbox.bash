# bash completion for sandbox; load it with: source <(sandbox completion bash)
#
# A job chooses the names of what it leaves. "compgen -W" expands its words like the shell, $(...) included, so no name
# comes near it: names are elements of arrays, and are only compared and copied.

# What was typed, without its quotes; nothing in it is expanded.
_sandbox_unquote() {
    local plain="" quote="" index letter
    for ((index = 0; index < ${#current}; index++)); do
        letter=${current:index:1}
        if [[ $letter == "\\" && $quote != "'" ]]; then
            ((++index))
            plain+=${current:index:1}
        elif [[ -n $quote && $letter == "$quote" ]]; then
            quote=""
        elif [[ -z $quote && $letter == [\"\'] ]]; then
            quote=$letter
        else
            plain+=$letter
        fi
    done
    current=$plain
}

# Offers those of the words that begin with what was typed.
_sandbox_offer() {
    local word
    for word; do
        [[ $word == "$current"* ]] && COMPREPLY+=("$word")
    done
}

# The same for names on stdin. They are inserted as they are, so those that a shell could take for anything else are left out.
_sandbox_offer_names() {
    local LC_ALL=C name
    while IFS= read -r name; do
        [[ $name == *[!A-Za-z0-9._/:@+-]* ]] || _sandbox_offer "$name"
    done
}

# Offers files; with "json" those that end so, and folders. Each name stays whole, whatever is in it; readline quotes it.
_sandbox_offer_files() {
    local typed=$current name
    [[ $typed == "~/"* ]] && typed=$HOME/${typed#"~/"}
    while IFS= read -r -d "" name; do
        [[ -z $name || ($1 == json && $name != *.json && ! -d $name) ]] && continue
        [[ $current == "~/"* ]] && name="~/"${name#"$HOME/"}
        COMPREPLY+=("$name")
    done < <(unset GLOBIGNORE; set +f; shopt -u failglob; shopt -s nullglob; printf '%s\0' "$typed"*)
    compopt -o filenames
}

# Sets words, commands and files for "sandbox run", whose options end where the job's command begins.
_sandbox_run() {
    local switches valued index word option=""
    switches="--interactive --tty --host-tools --read-only --subids --diff --job --rm --init --help"
    valued="--volume --mount --tmpfs --shm-size --rootfs --image --file --text --collect --save-diff --collect-limit --workdir --env --env-file --user
        --hostname --entrypoint --name --traceparent --stdin --stdin-text --stdout --stderr --result --cpus
        --cpuset-cpus --pids-limit --output --on-output-limit --ulimit --require --network --seccomp --security-opt
        --proc --isolation --cgroup --lease-cores --memory --memory-high --cpu-time --wall-time --idle-time --file-size
        --open-files --stack --address-space --data-segment --disk --io-read --io-write --cap-add --cap-drop --device --net --processes"

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
            [[ $word == -- && $((index + 1)) -eq COMP_CWORD ]] && commands=yes
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
            --require) words="cpuTime wallTime idleTime memory processes output fileSize openFiles stack disk addressSpace dataSegment cpus memoryHigh ioRead ioWrite cpuset" ;;
            --security-opt) words="seccomp= no-new-privileges" ;;
            --ulimit) words="nofile= nproc= fsize= stack= cpu=" ;;
            --mount) words="type=bind type=overlay type=tmpfs type=symlink" ;;
            --stdin) words="null inherit"; files=all ;;
            --stdout) words="inherit discard capture"; files=all ;;
            --stderr) words="inherit discard capture stdout"; files=all ;;
            --rootfs) words="host empty"; files=all ;;
            --cap-add|--cap-drop) words="CHOWN DAC_OVERRIDE FOWNER SETGID SETUID ALL" ;;
            --device) files=all; current=${current:-/dev/} ;;
            --image) names=images; files=all ;;
            --seccomp) names=policies; files=all ;;
            -v|--volume|--file|--collect|--save-diff|--env-file|--result|--cgroup) files=all ;;
        esac
    elif [[ $current == -* ]]; then
        words="$switches $valued -v -w -e -u -h -i -m"
    else
        commands=yes
    fi
}

_sandbox() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local command=${COMP_WORDS[1]} words="" names="" commands="" files="" IFS=$' \t\n'
    COMPREPLY=()

    if ((COMP_CWORD == 1)); then
        words="exec run plan doctor schema policy image store completion help version --help --version"
    elif [[ $command == run ]]; then
        _sandbox_run
    elif [[ $previous == --result || $previous == --cgroup ]]; then
        files=all
    else
        case $command in
            exec) words="--result --pretty --cgroup --lease-cores --help"; files=json ;;
            plan) words="--summary --cgroup --help"; files=json ;;
            doctor) words="--json --cgroup --help" ;;
            schema) words="job result --help" ;;
            completion) words="bash zsh fish --help" ;;
            version) words="--json --help" ;;
            help)
                case $COMP_CWORD:$previous in
                    2:*) words="exec run plan doctor schema policy image store completion help version" ;;
                    3:image) words="import ls rm gc" ;;
                    3:store) words="put ls gc rm verify" ;;
                    3:policy) words="list show check" ;;
                esac
                ;;
            store)
                if ((COMP_CWORD == 2)); then
                    words="put ls gc rm verify --help"
                else
                    case ${COMP_WORDS[2]} in
                        put) words="--max-size --help"; files=all ;;
                        ls) words="--json --help" ;;
                        gc) words="--max-size --help" ;;
                        rm | verify) words="--help"; names=stored ;;
                    esac
                fi
                ;;
            policy)
                if ((COMP_CWORD == 2)); then
                    words="list show check --help"
                elif [[ ${COMP_WORDS[2]} == show ]]; then
                    words="--help"; names=policies
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
                    words="--help"; names=images
                fi
                ;;
        esac
    fi

    _sandbox_unquote
    # shellcheck disable=SC2086 # words of this script, none of them a pattern
    _sandbox_offer $words
    case $names in
        images) _sandbox_offer_names < <(sandbox image ls --names 2>/dev/null) ;;
        policies) _sandbox_offer_names < <(sandbox policy list 2>/dev/null | cut -d' ' -f1) ;;
        stored) _sandbox_offer_names < <(sandbox store ls 2>/dev/null | cut -d' ' -f1) ;;
    esac
    if [[ -n $commands && $current == */* ]]; then
        files=all
    elif [[ -n $commands ]]; then
        _sandbox_offer_names < <(compgen -c -- "$current")
    fi
    if [[ -n $files && $current != -* ]]; then
        _sandbox_offer_files "$files"
    fi
}
complete -F _sandbox sandbox
