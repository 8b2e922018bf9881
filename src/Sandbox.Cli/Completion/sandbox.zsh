#compdef sandbox
# zsh completion for sandbox; load it with: source <(sandbox completion zsh)

#TABLE#

# Offers words, the first word of each line that a command of sandbox prints, and files. What is offered is inserted quoted.
_sandbox_offer() {
    local -a offered expl
    offered=(${=1})
    [[ -z $2 ]] || offered+=(${${(f)"$(sandbox ${=2} 2>/dev/null)"}%% *})
    (( $#offered )) && compadd -a offered
    case $3 in
    Json) _files -g '*.json' ;;
    Directories) _files -/ ;;
    Any)
        if [[ -n $4 && -z $PREFIX ]]; then _files -W $4 -P $4; else _files; fi
        ;;
    esac
}

# Offers the words of a command after those that were typed already.
_sandbox_topics() {
    local -a commands specs
    _sandbox_table "${(j: :)words[2,CURRENT-1]}"
    (( $#commands )) && _describe command commands
}

_sandbox() {
    local name=
    local -a commands specs
    _sandbox_table ''
    while (( $#commands && CURRENT > 2 )); do
        name=${name:+$name }$words[2]
        shift words
        (( CURRENT-- ))
        commands=()
        _sandbox_table $name
    done
    if (( $#commands )); then
        _describe command commands
        specs=('(-h --help)'{-h,--help}'[show help]')
        [[ -n $name ]] || specs+=('--version[print the version]')
    fi
    (( $#specs )) && _arguments -s -S $specs
}

# Sourced, it registers itself; autoloaded from fpath, it is the function body.
if [[ $funcstack[1] == _sandbox ]]; then
    _sandbox "$@"
else
    compdef _sandbox sandbox
fi
