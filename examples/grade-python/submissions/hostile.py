# Tries to cheat and to get out; prints what succeeded. Nothing does, so its answer is just wrong.
import ctypes
import os
import signal
import socket

escaped = []


def attempt(what, action):
    try:
        action()
        escaped.append(what)
    except (OSError, ValueError):
        pass


def call(number, *arguments):
    """A system call that must fail."""
    if ctypes.CDLL(None, use_errno=True).syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


attempt("read the expected answers", lambda: os.listdir("/work/tests"))
attempt("read the password hashes", lambda: open("/etc/shadow").read())
attempt("read root's home", lambda: os.listdir("/root"))
attempt("write to /usr", lambda: open("/usr/lib/evil", "w"))
attempt("read the memory of pid 1", lambda: open("/proc/1/mem", "rb").read(1))
attempt("see descriptors of pid 1", lambda: os.listdir("/proc/1/fd"))
attempt("reach the network", lambda: socket.create_connection(("192.0.2.1", 80), 1))
attempt("become root", lambda: os.setuid(0))
attempt("mount", lambda: ctypes.CDLL(None, use_errno=True).mount(b"none", b"/tmp", b"tmpfs", 0, None) and call(-1))
attempt("trace pid 1", lambda: call(101, 16, 1, 0, 0))
attempt("enter a new user namespace", lambda: os.unshare(0x10000000) if hasattr(os, "unshare") else call(272, 0x10000000))

# A forged result to every descriptor there is.
for fd in range(256):
    if fd != 1:
        attempt(f"write to descriptor {fd}", lambda: fd > 2 and os.write(fd, b'{"verdict":"ok"}') or call(-1))

# Kill everything in sight, then leave a crowd behind.
attempt("kill the others", lambda: os.kill(1, signal.SIGKILL) or call(-1))
try:
    while True:
        if os.fork() == 0:
            signal.pause()
except OSError:
    pass

print("ESCAPED: " + ", ".join(escaped) if escaped else "nothing worked")
