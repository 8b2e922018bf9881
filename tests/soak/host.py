"""The server under test, and what it takes of the machine."""
import ctypes
import os
import re
import signal
import subprocess
import time

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def adopt_orphans():
    """Whatever the server leaves behind becomes a child of this process, and is found."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def parents():
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stat:
                    text = stat.read()
                found[int(name)] = (int(text[text.rindex(b")") + 2:].split()[1]), text[text.index(b"(") + 1:text.rindex(b")")].decode("latin-1"))
            except (OSError, ValueError):
                pass
    return found


def descendants(of):
    """{pid: name} of every process below this one."""
    known, below = parents(), {of}
    grown = True
    while grown:
        more = {pid for pid, (parent, _) in known.items() if parent in below} - below
        below |= more
        grown = bool(more)
    return {pid: known[pid][1] for pid in below - {of} if pid in known}


class Host:
    """Starts, kills and starts again `sandbox serve`."""

    def __init__(self, command, socket, log):
        self.command, self.socket, self.log = command, socket, log
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    def wait_until_it_listens(self, seconds=20):
        import socket
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self.process.returncode}")
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    probe.connect(self.socket)
                    return
                except OSError:
                    time.sleep(0.02)
        raise RuntimeError("the server does not listen")

    def kill(self):
        """As the kernel's out-of-memory killer would."""
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=60):
        """As systemd would; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def workers(self):
        """Launchers: direct children of the server, which have a job's init as their child, or none."""
        return [pid for pid, (parent, _) in parents().items() if parent == self.pid]

    def jobs(self):
        """Processes of jobs and their inits."""
        return [pid for worker in self.workers() for pid in descendants(worker)]

    def usage(self):
        """What it takes, for comparison between two moments."""
        with open(f"/proc/{self.pid}/status") as status:
            facts = dict(re.findall(r"^(\w+):\s+(\d+)", status.read(), re.M))
        with open(f"/proc/{self.pid}/mountinfo") as mounts:
            count = sum(1 for _ in mounts)
        return {
            "descriptors": len(os.listdir(f"/proc/{self.pid}/fd")),
            "threads": int(facts["Threads"]),
            "memory": int(facts["VmRSS"]) * 1024,
            "mounts": count,
        }


def files_below(directory):
    return sorted(os.path.join(where, name) for where, directories, names in os.walk(directory) for name in names + directories)
