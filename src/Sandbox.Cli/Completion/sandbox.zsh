#compdef sandbox
# zsh completion for sandbox; load it with: source <(sandbox completion zsh)
_sandbox_policies() {
    local -a policies
    policies=(${(f)"$(sandbox policy list 2>/dev/null | cut -d' ' -f1)"})
    _describe 'policy' policies
}

_sandbox_policy() {
    local -a actions
    actions=('list:list the built-in policies' 'show:print a built-in policy' 'check:check a policy file')
    if (( CURRENT == 2 )); then
        _describe 'action' actions
        return
    fi
    case $words[2] in
        show) _arguments '(-h --help)'{-h,--help}'[show help]' '2:policy:_sandbox_policies' ;;
        check) _arguments '(-h --help)'{-h,--help}'[show help]' '2:policy file:_files -g "*.json"' ;;
    esac
}

_sandbox_stored() {
    local -a names
    # A colon in a description would part it from its word.
    names=(${${(f)"$(sandbox store ls 2>/dev/null | cut -d' ' -f1)"}//:/\\:})
    _describe 'stored file' names
}

_sandbox_store() {
    local -a actions
    actions=('put:put files in' 'ls:list the files' 'gc:remove what was used longest ago' 'rm:remove files' 'verify:read files and compare them with their names')
    if (( CURRENT == 2 )); then
        _describe 'action' actions
        return
    fi
    case $words[2] in
        put) _arguments '(-h --help)'{-h,--help}'[show help]' '--max-size[what the store may have]:size:' '*:file:_files' ;;
        ls) _arguments '(-h --help)'{-h,--help}'[show help]' '--json[print JSON]' ;;
        gc) _arguments '(-h --help)'{-h,--help}'[show help]' '--max-size[what the store may have]:size:' ;;
        rm|verify) _arguments '(-h --help)'{-h,--help}'[show help]' '*:stored file:_sandbox_stored' ;;
    esac
}

_sandbox() {
    local -a commands
    commands=(
        'exec:run one job and print its result as JSON'
        'plan:print every step a job would take'
        'doctor:try what the sandbox needs of this host'
        'schema:print a JSON Schema'
        'policy:list, show or check seccomp policies'
        'store:put, list and remove files that jobs name by their SHA-256'
        'completion:print a completion script'
    )
    if (( CURRENT == 2 )); then
        _describe 'command' commands
        _arguments '(-h --help)'{-h,--help}'[show help]' '--version[show the version]'
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
        exec)
            _arguments '(-h --help)'{-h,--help}'[show help]' \
                '--result[write the result to this file]:file:_files' \
                '--pretty[indent the result]' \
                '--cgroup[control group folders to use, or none]:folder:_files -/' \
                '--lease-cores[processors whose whole cores are leased to jobs]:processors:' \
                '1:job:_files -g "*.json"'
            ;;
        plan) _arguments '(-h --help)'{-h,--help}'[show help]' '--cgroup[control group folders to use, or none]:folder:_files -/' '1:job:_files -g "*.json"' ;;
        doctor) _arguments '(-h --help)'{-h,--help}'[show help]' '--json[print JSON]' '--cgroup[control group folders to try, or none]:folder:_files -/' ;;
        schema) _arguments '(-h --help)'{-h,--help}'[show help]' '1:kind:(job result)' ;;
        completion) _arguments '(-h --help)'{-h,--help}'[show help]' '1:shell:(bash zsh fish)' ;;
        policy) _sandbox_policy ;;
        store) _sandbox_store ;;
    esac
}

# Sourced, it registers itself; autoloaded from fpath, it is the function body.
if [[ $funcstack[1] == _sandbox ]]; then
    _sandbox "$@"
else
    compdef _sandbox sandbox
fi
