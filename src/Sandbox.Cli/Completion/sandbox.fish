# fish completion for sandbox; load it with: sandbox completion fish | source

# The words so far are these and no others.
function __sandbox_at
    set -l words (commandline -opc)
    set -e words[1]
    test "$words" = "$argv"
end

# The words so far begin with these.
function __sandbox_in
    set -l words (commandline -opc)
    set -e words[1]
    set -l count (count $argv)
    test (count $words) -ge $count; and test "$words[1..$count]" = "$argv"
end

# The same, and all that follows are options and their values: the program that the job runs has not begun.
function __sandbox_before_program
    __sandbox_in $argv; or return 1
    set -l words (commandline -opc)
    set -e words[1..(math (count $argv) + 1)]
    set -l letters (string match -- '-?' $__sandbox_valued | string sub -s 2 | string join '')
    set -l is_value no
    for word in $words
        if test $is_value = yes
            set is_value no
            continue
        end
        switch $word
            case --
                return 1
            case '-*'
                if contains -- $word $__sandbox_valued; or string match -qr -- "^-[^-$letters]*[$letters]\$" $word
                    set is_value yes
                end
            case '*'
                return 1
        end
    end
    return 0
end

# The first word of each line that a command of sandbox prints, with the rest of the line as what fish shows beside it.
function __sandbox_names
    type -q sandbox; or return
    sandbox $argv 2>/dev/null | string replace -r '  *' \t
end

# The words of a command after those that were typed already.
function __sandbox_topics
    set -l words (commandline -opc)
    complete -C "sandbox $words[3..] " | string match -v -- '-*'
end

complete -c sandbox -f
complete -c sandbox -n __sandbox_at -s h -l help -d 'show help'
complete -c sandbox -n __sandbox_at -l version -d 'print the version'

#TABLE#
