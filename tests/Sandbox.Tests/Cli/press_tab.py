#!/usr/bin/env python3
# Types what a person types at a shell with the completion script loaded, TAB, and Enter, and tells which words "sandbox"
# was then called with. Usage: press_tab.py SHELL SCRIPT DIRECTORY LINE...; each line is typed in DIRECTORY without its Enter.
# Prints a JSON list with, for each line, the list of words, or null if nothing was called.
import json, os, pty, select, sys, time

shell, script, directory, lines = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
PATIENCE = 60
home = os.path.join(directory, ".home")
called = os.path.join(home, "called")
os.mkdir(home)
os.makedirs(home + "/fish/generated_completions")  # else fish fills it in the background, and is still at it when the directory is removed

START = {
    "bash": (["bash", "--noprofile", "--rcfile", home + "/.rc", "-i"], home + "/.rc", f"""
        source '{script}'; sandbox() {{ printf '%s\\0' "$@" >'{called}.new'; mv '{called}.new' '{called}'; }}
        PS1='ready> '; cd '{directory}'"""),
    "zsh": (["zsh", "-i"], home + "/.zshrc", f"""
        autoload -Uz compinit; compinit -D -u; source '{script}'
        sandbox() {{ printf '%s\\0' "$@" >'{called}.new'; mv '{called}.new' '{called}' }}
        PS1='ready> '; cd '{directory}'"""),
    "fish": (["fish", "-i", "-C", f"source '{home}/.rc'"], home + "/.rc", f"""
        source '{script}'; set -g fish_greeting ''
        function sandbox; printf '%s\\0' $argv >'{called}.new'; mv '{called}.new' '{called}'; end
        function fish_prompt; echo 'ready> '; end
        cd '{directory}'"""),
}
command, file, text = START[shell]
with open(file, "w") as settings:
    settings.write(text + "\n")
pid, terminal = pty.fork()
if pid == 0:
    os.execvpe(command[0], command, {
        "PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "HOME": home, "ZDOTDIR": home,
        "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home})


def read_until(reached):
    seen, end = b"", time.monotonic() + PATIENCE
    while not reached(seen) and time.monotonic() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                return
            seen += piece
            if b"\x1b[c" in piece or b"\x1b[0c" in piece:  # fish asks what terminal this is
                os.write(terminal, b"\x1b[?6c")


told = []
read_until(lambda seen: b"ready> " in seen)
for line in lines:
    os.write(terminal, line.encode() + b"\t\r")
    read_until(lambda seen: os.path.exists(called))
    if os.path.exists(called):
        with open(called, "rb") as words:
            told.append([word.decode("utf-8", "backslashreplace") for word in words.read().split(b"\0")[:-1]])
        os.remove(called)
    else:
        told.append(None)
        break
os.kill(pid, 9)
os.waitpid(pid, 0)
print(json.dumps(told))
