#!/usr/bin/env python3
# Tells what a shell offers where TAB is pressed behind a line, with the completion script loaded.
# Usage: offered.py SHELL SCRIPT DIRECTORY LINE...; DIRECTORY becomes the home, and DIRECTORY/bin comes first in PATH.
# Prints a JSON list with, for each line, the list of words that are offered.
import json, os, pty, select, subprocess, sys, time

shell, script, directory, lines = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
PATIENCE = 120
ENVIRONMENT = {
    "PATH": directory + "/bin:" + os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "HOME": directory, "ZDOTDIR": directory,
    "XDG_CONFIG_HOME": directory, "XDG_DATA_HOME": directory}

BASH = r"""
source "$1"; compopt() { :; }
while IFS= read -r line; do
    read -ra COMP_WORDS <<<"${line//=/ = }"
    [[ $line == *[\ =] ]] && { [[ $line == *= ]] || COMP_WORDS+=(""); }
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _sandbox
    printf '%s\n' "${COMPREPLY[@]}" ""
done
"""
FISH = r"""
source $argv[1]
while read -l line
    complete -C $line | string replace -r '\t.*' ''
    echo
end
"""
ZSH = r"""
autoload -Uz compinit; compinit -D -u; source '%(script)s'
compadd() {
    # What these ask for is the caller's business.
    if [[ "${@[1,(i)(-|--)]}" == *(-O|-A|-D)\ * ]]; then builtin compadd "$@"; return; fi
    local -a __hits; builtin compadd -A __hits "$@"; print -rl -- $__hits >>'%(directory)s/hits'
    builtin compadd "$@"
}
tell() { : >'%(directory)s/hits'; zle complete-word; mv '%(directory)s/hits' '%(directory)s/told'; BUFFER=''; }
zle -N tell; bindkey '^I' tell
zstyle ':completion:*' list-prompt ''
LISTMAX=10000
PS1='ready> '
"""


def by_lines(command):
    done = subprocess.run(command, input="\n".join(lines) + "\n", stdout=subprocess.PIPE, text=True, env=ENVIRONMENT, check=True)
    told, words = [], []
    for word in done.stdout.split("\n"):
        if word:
            words.append(word)
        elif len(told) < len(lines):
            # Without any, bash prints one empty line more.
            told.append(words)
            words = []
    return told


def by_typing():
    with open(directory + "/.zshrc", "w") as settings:
        settings.write(ZSH % {"script": script, "directory": directory})
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("zsh", ["zsh", "-i"], ENVIRONMENT)

    def read_until(reached):
        seen, end = b"", time.monotonic() + PATIENCE
        while not reached(seen) and time.monotonic() < end:
            if select.select([terminal], [], [], 0.02)[0]:
                try:
                    seen += os.read(terminal, 65536)
                except OSError:
                    return

    told, file = [], directory + "/told"
    read_until(lambda seen: b"ready> " in seen)
    for line in lines:
        os.write(terminal, line.encode() + b"\t")
        read_until(lambda seen: os.path.exists(file))
        with open(file) as words:
            # zsh names options with their "=", and asks for some of its columns with nothing in them.
            told.append(sorted({word for word in words.read().split("\n") if word not in ("", "-")}))
        os.remove(file)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return told


if shell == "bash":
    print(json.dumps(by_lines(["bash", "-c", BASH, "bash", script])))
elif shell == "fish":
    print(json.dumps(by_lines(["fish", "-c", FISH, script])))
else:
    print(json.dumps(by_typing()))
