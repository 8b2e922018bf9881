# bash completion for sandbox; load it with: source <(sandbox completion bash)
_sandbox() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local command=${COMP_WORDS[1]} words="" files=""
    COMPREPLY=()

    if ((COMP_CWORD == 1)); then
        words="exec plan doctor schema policy store completion --help --version"
    elif [[ $previous == --result || $previous == --cgroup ]]; then
        files=all
    else
        case $command in
            exec) words="--result --pretty --cgroup --lease-cores --help"; files=json ;;
            plan) words="--cgroup --help"; files=json ;;
            doctor) words="--json --cgroup --help" ;;
            schema) words="job result --help" ;;
            completion) words="bash zsh fish --help" ;;
            store)
                if ((COMP_CWORD == 2)); then
                    words="put ls gc rm verify --help"
                else
                    case ${COMP_WORDS[2]} in
                        put) words="--max-size --help"; files=all ;;
                        ls) words="--json --help" ;;
                        gc) words="--max-size --help" ;;
                        rm | verify) words="$(sandbox store ls 2>/dev/null | cut -d' ' -f1) --help" ;;
                    esac
                fi
                ;;
            policy)
                if ((COMP_CWORD == 2)); then
                    words="list show check --help"
                elif [[ ${COMP_WORDS[2]} == show ]]; then
                    words="$(sandbox policy list 2>/dev/null | cut -d' ' -f1) --help"
                elif [[ ${COMP_WORDS[2]} == check ]]; then
                    words="--help"; files=json
                fi
                ;;
        esac
    fi

    if [[ $current == -* || -z $files ]]; then
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
