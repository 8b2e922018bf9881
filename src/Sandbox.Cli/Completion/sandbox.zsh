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

_sandbox_images() {
    local -a images
    images=(${(f)"$(sandbox image ls --names 2>/dev/null)"})
    compadd -a images
}

_sandbox_image() {
    local -a actions
    actions=('import:bring an image into the store' 'ls:list the images' 'rm:remove images' 'gc:free what no image needs')
    if (( CURRENT == 2 )); then
        _describe 'action' actions
        return
    fi
    case $words[2] in
        import) _arguments '(-h --help)'{-h,--help}'[show help]' '--name[name for the image]:name:' '2:archive or folder:_files' ;;
        ls) _arguments '(-h --help)'{-h,--help}'[show help]' '--json[print JSON]' '--names[print the names only]' ;;
        rm) _arguments '(-h --help)'{-h,--help}'[show help]' '*:image:_sandbox_images' ;;
        gc) _arguments '(-h --help)'{-h,--help}'[show help]' ;;
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
        'image:import, list or remove container images'
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
        image) _sandbox_image ;;
    esac
}

# Sourced, it registers itself; autoloaded from fpath, it is the function body.
if [[ $funcstack[1] == _sandbox ]]; then
    _sandbox "$@"
else
    compdef _sandbox sandbox
fi
