#!/usr/bin/env python3
"""Runs jobs on a server whose store, state and passing files are on a small file system, which is full every now and then.

usage: disk.py [--seconds 30] [--seed N] SANDBOX

In a mount namespace of its own (unshare --mount, as an ordinary user with --user --map-root-user). Ends with status 1 if a job that was taken was not answered,
neither with its result nor as lost; if something other than the lack of room was said; or if the server did not recover once there was room again.
"""
import argparse
import asyncio
import collections
import ctypes
import errno
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import time

from client import Client, Lost
from host import Host, adopt_orphans

SIZE = 8 << 20
LIMITS = {"wallTime": "20s", "memory": "64MiB", "processes": 16, "output": "256KiB"}
NO_ROOM = 507
BUSY = (429, 503)


class Disk:
    """A small tmpfs, and a file that takes all the room there is."""

    def __init__(self, path):
        self.path, self.full = path, f"{path}/full"
        os.mkdir(path)
        if ctypes.CDLL(None, use_errno=True).mount(b"tmpfs", path.encode(), b"tmpfs", 0, f"size={SIZE},mode=0700".encode()) != 0:
            raise OSError(ctypes.get_errno(), "no file system of its own")

    def fill(self):
        """Until not a byte more fits."""
        with open(self.full, "ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError as failure:
                    if failure.errno != errno.ENOSPC:
                        raise

    def empty(self):
        if os.path.exists(self.full):
            os.unlink(self.full)


class DiskSoak:
    def __init__(self, options, directory):
        self.options, self.rng = options, random.Random(options.seed)
        self.disk = Disk(f"{directory}/small")
        self.tally = collections.Counter()
        self.problems = []
        self.taken = {}  # id: (what it has to have written, the Idempotency-Key)
        self.is_full = self.was_killed = False
        for name in ("tmp", "state"):
            os.mkdir(f"{self.disk.path}/{name}", 0o700)
        os.mkdir(f"{directory}/run", 0o700)
        socket = f"{directory}/run/sandbox.sock"
        self.log = open(f"{directory}/server.log", "ab")
        command = [options.sandbox, "serve", "--listen", "unix:" + socket, "--slots", "2", "--max-waiting", "16", "--memory", "256MiB", "--keep-age", "10m",
                   "--grace", "5s", "--store", f"{self.disk.path}/store", "--state", f"{self.disk.path}/state"]
        os.environ["TMPDIR"] = f"{self.disk.path}/tmp"
        self.host, self.client = Host(command, socket, self.log), Client(socket)

    def complain(self, text):
        self.problems.append(text)
        print("FAULT: " + text, file=sys.stderr, flush=True)

    async def submit(self, stop):
        """Jobs that are to outlive the server, one after the other."""
        while not stop.is_set():
            await self.submit_one()
            await asyncio.sleep(self.rng.uniform(0, 0.05))

    async def submit_one(self):
        token = f"{self.rng.getrandbits(128):032x}"
        # Every fourth has a result that needs room itself.
        script = f"echo {token}" + ("; head -c 60000 /dev/zero | tr '\\0' x" if self.rng.random() < 0.25 else "")
        job = {"command": ["sh", "-c", script], "limits": LIMITS}
        for _ in range(200):
            try:
                status, _, told = await self.client.post(job, "?wait=0", [("Idempotency-Key", token)])
            except Lost:
                self.tally["connections that ended without an answer"] += 1
                await asyncio.sleep(0.1)
                continue
            if status in (200, 202):
                self.tally["jobs taken"] += 1
                # An answer of 200 is of a job that the same key had brought before.
                self.taken[token] = job
                return True
            if status not in BUSY:
                break
            await asyncio.sleep(0.1)
        if status == NO_ROOM:
            self.tally["jobs refused for want of room"] += 1
            if "no room" not in told["title"]:
                self.complain(f"507 says {told}")
        elif status not in BUSY:
            self.complain(f"a job was answered {status}: {told}")
        return False

    async def put(self, stop):
        """Files for the store."""
        while not stop.is_set():
            content = self.rng.randbytes(self.rng.randrange(1, 200_000))
            digest = hashlib.sha256(content).hexdigest()
            try:
                status, _, body = await self.client.ask("PUT", "/v1/files/" + digest, content)
                if status in (200, 201, 204):
                    self.tally["files stored"] += 1
                    _, _, read = await self.client.ask("GET", "/v1/files/" + digest)
                    if read != content:
                        self.complain(f"a file of {len(content)} bytes came back as {len(read)}")
                    await self.client.ask("DELETE", "/v1/files/" + digest)
                elif status == NO_ROOM:
                    self.tally["files refused for want of room"] += 1
                elif status not in BUSY:
                    self.complain(f"a file was answered {status}: {body[:300]!r}")
            except Lost:
                self.tally["connections that ended without an answer"] += 1
                await asyncio.sleep(0.1)
            await asyncio.sleep(self.rng.uniform(0, 0.1))

    async def trouble(self, stop):
        """Room and no room, by turns; a server is killed in one of its states now and then."""
        turn = 0
        while not stop.is_set():
            await asyncio.sleep(self.rng.uniform(0.5, 1.5))
            self.disk.fill()
            self.tally["times that the disk was full"] += 1
            await asyncio.sleep(self.rng.uniform(1, 2))
            if turn % 2 == 1:
                await self.kill()
            self.disk.empty()
            turn += 1

    async def kill(self):
        self.host.kill()
        self.tally["servers killed"] += 1
        self.host.start()
        await asyncio.to_thread(self.host.wait_until_it_listens)

    async def settle(self, token, job):
        """What became of a job that was taken, asked for by its key."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                status, _, told = await self.client.post(job, headers=[("Idempotency-Key", token)])
            except Lost:
                await asyncio.sleep(0.1)
                continue
            if status in BUSY or status == NO_ROOM:
                await asyncio.sleep(0.2)
                continue
            return status, told
        return None, None

    async def judge(self, when):
        """Every job that was taken has its result, or is said to be lost."""
        self.tally[f"results looked at {when}"] = 0
        for token, job in self.taken.items():
            status, told = await self.settle(token, job)
            self.tally[f"results looked at {when}"] += 1
            if status != 200:
                self.complain(f"a job that was taken is answered {status} {when}: {told}")
            elif told["verdict"] == "ok":
                if not (told["stdout"].get("text") or "").startswith(token + "\n"):
                    self.complain(f"a job wrote {str(told['stdout'])[:100]} {when}")
            elif told["verdict"] == "internal-error" and told["message"]:
                self.tally[f"jobs said to be lost {when}"] += 1
            else:
                self.complain(f"a job that was taken ended as {told['verdict']} {when}: {told['message']}")

    async def go(self):
        self.host.start()
        self.host.wait_until_it_listens()
        stop = asyncio.Event()
        work = [asyncio.create_task(task(stop)) for task in (self.submit, self.submit, self.put, self.trouble)]
        await asyncio.sleep(self.options.seconds)
        stop.set()
        await asyncio.gather(*work)
        self.disk.empty()
        end = time.monotonic() + 10
        while not await self.submit_one():
            if time.monotonic() > end:
                self.complain("the server takes no jobs 10 s after there was room again")
                break
            await asyncio.sleep(0.2)
        await self.judge("once there was room")
        await self.kill()
        await self.judge("after a restart")
        if self.tally["jobs refused for want of room"] == 0 or self.tally["jobs taken"] == 0:
            self.complain(f"the disk made no difference: {dict(self.tally)}")
        if (status := self.host.stop()) != 0:
            self.complain(f"the server ended with status {status}")

    def report(self):
        print(json.dumps({"seed": self.options.seed, "counts": dict(self.tally), "problems": self.problems}, indent=2), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("sandbox")
    options = parser.parse_args()
    adopt_orphans()
    directory = tempfile.mkdtemp(prefix="sandbox-soak.")
    os.environ["HOME"] = directory
    os.environ.pop("XDG_RUNTIME_DIR", None)
    soak = DiskSoak(options, directory)
    try:
        asyncio.run(soak.go())
    except Exception as failure:  # whatever it is, it is told with what was counted
        soak.complain(f"the soak broke off: {failure!r}")
    finally:
        if soak.host.process is not None and soak.host.process.poll() is None:
            soak.host.kill()
        soak.report()
        if soak.problems:
            with open(f"{directory}/server.log") as log:
                sys.stderr.write("the server said: " + log.read()[-4000:])
        ctypes.CDLL(None).umount2(soak.disk.path.encode(), 2)  # MNT_DETACH
        soak.log.close()
        shutil.rmtree(directory)
    return 1 if soak.problems else 0


if __name__ == "__main__":
    sys.exit(main())
