"""The jobs of a soak: honest and hostile ones, each with what may become of it."""
import random
import uuid

SMALL = {"wallTime": "20s", "memory": "96MiB", "processes": 32, "output": "1MiB"}


def limits(**others):
    return {**SMALL, **others}


def shell(script, **members):
    return {"command": ["sh", "-c", script], "limits": SMALL, **members}


class Job:
    """A job.json, the verdicts that are right for it, and exactly what it has to have written (None: anything without a token)."""

    def __init__(self, kind, spec, verdicts, stdout=None):
        self.kind, self.spec, self.verdicts, self.stdout = kind, spec, verdicts, stdout


def echo(token):
    return Job("echo", shell(f"echo {token}"), {"ok"}, token + "\n")


def stdin(token):
    return Job("stdin", {"command": ["cat"], "stdin": {"text": token * 100}, "limits": SMALL}, {"ok"}, token * 100)


def injected(token):
    file = {"text": token}
    return Job("file", shell("cat /work/token; echo changed > /work/token", files={"/work/token": file}), {"ok"}, token)


def left_over(token):
    # What another job left behind would be found here.
    script = f"find /tmp /work /dev/shm -mindepth 1; echo {token} > /tmp/{token}; echo {token} > /work/x; echo {token} > /dev/shm/x; echo {token}"
    return Job("left-over", shell(script), {"ok"}, token + "\n")


def exit_code(token):
    return Job("exit", shell(f"echo {token}; exit 7"), {"exit-code"}, token + "\n")


def fault(token):
    return Job("signal", shell(f"echo {token}; kill -SEGV $$"), {"signal"}, token + "\n")


def spin(token):
    return Job("spin", shell(f"echo {token}; while :; do :; done", limits=limits(cpuTime="200ms")), {"cpu-time-limit"}, token + "\n")


def sleep(token):
    return Job("sleep", shell(f"echo {token}; exec sleep 100", limits=limits(wallTime="300ms")), {"wall-time-limit"}, token + "\n")


def gobble(token):
    # In pieces: without control groups memory is seen when it is looked at.
    script = f"print('{token}', flush=True)\nx = []\nwhile True: x.append(bytearray(b'x') * (1 << 20))"
    job = {"command": ["python3", "-c", script], "limits": limits(memory="48MiB", cpuTime="10s")}
    return Job("memory", job, {"memory-limit"}, token + "\n")


def bomb(token):
    job = shell("f() { f | f & }; f; sleep 5", limits=limits(wallTime="500ms", cpuTime="2s", processes=24))
    return Job("fork-bomb", job, {"ok", "exit-code", "signal", "wall-time-limit", "cpu-time-limit"})


def flood(token):
    return Job("flood", shell(f"yes {token[:8]}"), {"output-limit"})


def fill(token):
    return Job("disk", shell(f"dd if=/dev/zero of=/tmp/x bs=64k 2>/dev/null || echo {token}", limits=limits(disk="4MiB", fileSize="none")), {"ok", "file-size-limit", "disk-limit"})


def orphans(token):
    return Job("orphans", shell(f"for i in 1 2 3 4; do setsid sleep 1000 > /dev/null 2>&1 & done; echo {token}"), {"ok"}, token + "\n")


def forbidden(token):
    return Job("forbidden", shell("true", network="host"), {403})


def host_path(token):
    return Job("host-path", shell("true", mounts=[{"type": "bind", "source": "/etc", "target": "/mnt"}]), {403})


def invalid(token):
    return Job("invalid", {"comand": ["true"]}, {400})


KINDS = [(echo, 8), (stdin, 3), (injected, 3), (left_over, 3), (exit_code, 2), (fault, 1), (spin, 1), (sleep, 2), (gobble, 1), (bomb, 1), (flood, 1), (fill, 1), (orphans, 2),
         (forbidden, 1), (host_path, 1), (invalid, 1)]


def draw(rng: random.Random):
    """(token, job): the token is in no other job."""
    token = uuid.UUID(int=rng.getrandbits(128)).hex
    [make] = rng.choices([make for make, _ in KINDS], [weight for _, weight in KINDS])
    return token, make(token)
