# bash completion for sandbox; load it with: source <(sandbox completion bash)
#
# A job chooses the names of what it leaves. "compgen -W" expands its words like the shell, $(...) included, so no name
# comes near it: names are elements of arrays, and are only compared and copied.

#TABLE#

# What was typed, without its quotes; nothing in it is expanded.
_sandbox_unquote() {
    local text=$1 quote="" index letter
    plain=""
    for ((index = 0; index < ${#text}; index++)); do
        letter=${text:index:1}
        if [[ $letter == "\\" && $quote != "'" ]]; then
            ((++index))
            plain+=${text:index:1}
        elif [[ -n $quote && $letter == "$quote" ]]; then
            quote=""
        elif [[ -z $quote && $letter == [\"\'] ]]; then
            quote=$letter
        else
            plain+=$letter
        fi
    done
}

# Offers those of the words that begin with what was typed. readline replaces only what follows the last "=" or ":".
_sandbox_offer() {
    local word
    for word; do
        [[ $word == "$head$current"* ]] && COMPREPLY+=("${word#"$head"}")
    done
}

# The same for names on stdin. They are inserted as they are, so those that a shell could take for anything else are left out.
_sandbox_offer_names() {
    local LC_ALL=C name
    while IFS= read -r name; do
        [[ $name == *[!A-Za-z0-9._/:@+-]* ]] || _sandbox_offer "$name"
    done
}

# Offers files, of some kinds directories and what ends in .json. Each name stays whole, whatever is in it; readline quotes it.
_sandbox_offer_files() {
    local typed=$current name
    [[ $typed == "~/"* ]] && typed=$HOME/${typed#"~/"}
    while IFS= read -r -d "" name; do
        [[ -z $name ]] && continue
        [[ $files != Any && ! -d $name && ($files != Json || $name != *.json) ]] && continue
        [[ $current == "~/"* ]] && name="~/"${name#"$HOME/"}
        COMPREPLY+=("$name")
    done < <(unset GLOBIGNORE; set +f; shopt -u failglob; shopt -s nullglob; printf '%s\0' "$typed"*)
    compopt -o filenames
}

# Sets "words" to those that were typed. COMP_WORDBREAKS makes words of their own of "=" and ":", which are part of one here.
_sandbox_join() {
    local index word joined=""
    words_typed=()
    for ((index = 1; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ ${#words_typed[@]} -gt 0 && (-n $joined || $word =~ ^[=:]+$) ]]; then
            words_typed[${#words_typed[@]}-1]+=$word
        else
            words_typed+=("$word")
        fi
        joined=""
        [[ $word =~ ^[=:]+$ ]] && joined=yes
    done
}

# Sets "option" to the one whose value is being typed, "arguments" to what is none, and "ended" where no option can follow.
_sandbox_walk() {
    local index word letters="" spelling
    for spelling in $valued; do
        [[ $spelling == -? ]] && letters+=${spelling:1}
    done
    for ((index = first; index < ${#words_typed[@]} - 1; index++)); do
        word=${words_typed[index]}
        if [[ -n $option ]]; then
            option=""
        elif [[ -n $ended ]]; then
            arguments+=("$word")
        elif [[ $word == -- ]]; then
            ended=yes
        elif [[ $word != -?* ]]; then
            arguments+=("$word")
            [[ -n $program ]] && ended=yes
        elif [[ " $valued " == *" $word "* ]]; then
            option=$word
        elif [[ -n $letters && $word != --* && $word =~ ^-[^-$letters]*[$letters]$ ]]; then
            option=-${word: -1}
        fi
    done
}

# The value of an option, or an argument.
_sandbox_offer_kind() {
    local words="" names="" files="" start="" topic="" program=""
    _sandbox_kind "$1"
    if [[ -n $topic ]]; then
        commands=""
        _sandbox_table "${arguments[*]}"
        words=$commands
    fi
    # shellcheck disable=SC2086 # words of this script, none of them a pattern
    _sandbox_offer $words
    # shellcheck disable=SC2086
    [[ -n $names ]] && _sandbox_offer_names < <(sandbox $names 2>/dev/null | cut -d' ' -f1)
    if [[ -n $program && ${#arguments[@]} -eq 0 && $current != */* ]]; then
        files=""
        _sandbox_offer_names < <(compgen -c -- "$current")
    fi
    # Behind a colon stands a part of a value that only its option knows; more often than not it is a path.
    [[ $head == *: && -z $names ]] && files=Any
    if [[ -n $files && $current != -* ]]; then
        current=${current:-$start}
        _sandbox_offer_files
    fi
}

_sandbox() {
    local current=${COMP_WORDS[COMP_CWORD]} head="" plain="" IFS=$' \t\n'
    local command="" commands="" switches="" valued="" option="" ended="" program="" first=0
    local -a words_typed arguments=()
    COMPREPLY=()
    [[ $current =~ ^[=:]+$ ]] && current=""
    _sandbox_join
    local last=${words_typed[${#words_typed[@]}-1]}

    _sandbox_table ""
    while [[ -n $commands && first -lt ${#words_typed[@]}-1 ]]; do
        command=${command:+$command }${words_typed[first++]}
        commands=""
        _sandbox_table "$command"
    done
    if [[ -n $commands ]]; then
        [[ -n $command ]] || commands+=" --version"
        # shellcheck disable=SC2086
        _sandbox_offer $commands --help
        return
    fi

    local words names files start topic
    _sandbox_kind "$command"
    _sandbox_walk
    if [[ -z $option && -z $ended && $last == --*=* && " $valued " == *" ${last%%=*} "* ]]; then
        option=${last%%=*}
        last=${last#*=}
    fi
    head=${last%"$current"}
    _sandbox_unquote "$current"
    current=$plain
    if [[ -n $option ]]; then
        _sandbox_offer_kind "$command $option"
    elif [[ -z $ended && $last == -* ]]; then
        # shellcheck disable=SC2086
        _sandbox_offer $valued $switches
    else
        _sandbox_offer_kind "$command"
    fi
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}
complete -F _sandbox sandbox
