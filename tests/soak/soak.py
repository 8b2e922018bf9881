#!/usr/bin/env python3
"""Runs honest and hostile jobs on `sandbox serve` at twice its capacity, while processes are killed and clients misbehave, and counts.

usage: soak.py [--seconds 600] [--seed N] [--slots 2] [--burst 10000] [--report FILE] SANDBOX

Ends with status 1 if an accepted job was not answered, had a wrong verdict or another job's output, or if the server left or kept anything:
processes, mounts, descriptors, files, memory. A run is repeated with the seed that it prints, as far as the scheduler lets it.
"""
import argparse
import asyncio
import collections
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time

import jobs
from client import Client, Lost
from faults import Faults, descendants, reap
from host import Host, adopt_orphans, files_below

LOST = {"internal-error"}
KILLED = {"signal", "internal-error", "setup-error", "cancelled", "exit-code"}


class Soak:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.rng = random.Random(options.seed)
        self.tally = collections.Counter()
        self.verdicts = collections.Counter()
        self.problems = []
        self.waits = []
        socket = f"{directory}/run/sandbox.sock"
        os.mkdir(f"{directory}/run", 0o700)
        self.log = open(f"{directory}/server.log", "ab")
        command = [options.sandbox, "serve", "--listen", "unix:" + socket, "--slots", str(options.slots), "--max-waiting", str(options.slots * 8),
                   "--memory", f"{options.slots * 128}MiB", "--keep-age", "20s", "--keep-count", "200", "--keep-bytes", "16MiB", "--grace", "5s", "--store", f"{directory}/store"]
        self.host, self.client = Host(command, socket, self.log), Client(socket)
        self.faults = Faults(self.host, self.client, self.rng, self.tally)

    def complain(self, text):
        self.problems.append(text)
        print("FAULT: " + text, file=sys.stderr, flush=True)

    async def work(self, stop):
        """One client: one job after the other, each until it has its answer."""
        while not stop.is_set():
            token, job = jobs.draw(self.rng)
            await self.run(token, job)

    async def run(self, token, job):
        kills, begun = self.faults.kills, time.monotonic()
        for _ in range(600):
            try:
                status, headers, told = await self.client.post(job.spec, headers=[("Idempotency-Key", token)])
            except Lost:
                # It may run, or have run; the same key asks for the same job.
                self.tally["connections that ended without an answer"] += 1
                await asyncio.sleep(0.1)
                continue
            if status in (429, 503):
                self.tally[f"answers of {status}"] += 1
                await asyncio.sleep(min(float(headers.get("retry-after", 1)), 1) * self.rng.uniform(0.2, 1))
                continue
            self.waits.append(time.monotonic() - begun)
            self.judge(token, job, status, told, self.faults.kills != kills)
            return
        self.complain(f"{job.kind}: no answer after 600 tries")

    def judge(self, token, job, status, told, was_disturbed):
        self.tally["jobs answered"] += 1
        if status != 200:
            self.verdicts[f"{job.kind}: {status}"] += 1
            if status not in job.verdicts:
                self.complain(f"{job.kind}: status {status}: {str(told)[:300]}")
            return
        verdict, written = told["verdict"], told["stdout"].get("text") or ""
        self.verdicts[f"{job.kind}: {verdict}"] += 1
        if verdict in LOST:
            self.tally["jobs said to be lost"] += 1
        if verdict not in job.verdicts and not (was_disturbed and verdict in KILLED):
            self.complain(f"{job.kind}: {verdict}: {told['message']} {json.dumps(told.get('error'))[:300]}")
        elif verdict in job.verdicts and job.stdout is not None and written != job.stdout and not was_disturbed:
            self.complain(f"{job.kind}: wrote {written[:100]!r} and not {job.stdout[:100]!r}")

    async def burst(self, count):
        """So many requests at once: each is answered, if only with "as many wait as may"."""
        answers = collections.Counter()

        async def one():
            try:
                status, _, told = await self.client.post({"command": ["true"], "limits": jobs.SMALL})
                answers[status if status != 200 else told["verdict"]] += 1
            except Lost as failure:
                answers[f"lost: {failure}"[:60]] += 1

        await asyncio.gather(*(one() for _ in range(count)))
        self.tally["requests at once"] += count
        for kind, number in answers.items():
            self.tally[f"of them: {kind}"] += number
            if kind not in ("ok", 429) and not str(kind).startswith("lost: cannot connect"):
                self.complain(f"{number} of {count} requests at once: {kind}")

    async def stretch(self, seconds, with_kills_of_the_host):
        """Everything at the same time, for a time; returns when all is answered."""
        stop = asyncio.Event()
        work = [asyncio.create_task(self.work(stop)) for _ in range(self.options.slots * 2)]
        faults = [(1.5, self.faults.kill_job), (7, self.faults.kill_launcher), (1, self.faults.vanish), (4, self.faults.write_slowly), (9, self.faults.read_slowly),
                  (11, self.faults.send_too_much), (2, self.faults.change_ones_mind)]
        if with_kills_of_the_host:
            faults.append((12, self.faults.kill_host))
        trouble = [asyncio.create_task(self.faults.repeat(stop, pause, fault)) for pause, fault in faults]
        await asyncio.sleep(seconds)
        stop.set()
        await asyncio.gather(*work, *trouble)
        await self.rest()

    async def rest(self):
        """Until no job is left: what clients that went away had asked for ends, too."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            status, _, body = await self.client.ask("GET", "/v1/host")
            told = json.loads(body)
            if status == 200 and told["running"] == 0 and told["waiting"] == 0:
                await asyncio.sleep(1)
                return
            await asyncio.sleep(0.1)
        self.complain(f"jobs are left after 60 s: {told}")

    async def go(self):
        self.host.start()
        self.host.wait_until_it_listens()
        third = self.options.seconds / 3
        await self.stretch(third, with_kills_of_the_host=True)
        # A server that was killed has just started again. What is compared are two states of one that has had the same twice: its heap grows to what
        # the load leaves behind between two collections, and no further.
        usages = []
        for _ in range(2):
            await self.stretch(third, with_kills_of_the_host=False)
            await self.burst(self.options.burst)
            await self.rest()
            usages.append(self.host.usage())
            files = files_below(f"{self.directory}/tmp") if len(usages) == 1 else files
        self.compare(*usages, files)
        await self.end()
        await self.fill_disk(third)

    async def fill_disk(self, seconds):
        """The same for a server whose disk is full now and then, in a mount namespace of its own."""
        way = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "disk.py")
        disk = await asyncio.create_subprocess_exec(*way, sys.executable, script, "--seconds", str(seconds), "--seed", str(self.options.seed), self.options.sandbox)
        if (status := await disk.wait()) != 0:
            self.complain(f"the soak of a full disk ended with status {status}")

    def compare(self, before, after, files):
        print(f"the server's usage before: {before}\n                   after:  {after}", flush=True)
        room = {"descriptors": 8, "threads": 12, "memory": (before["memory"] >> 2) + (24 << 20), "mounts": 0}
        for what, most in room.items():
            if after[what] > before[what] + most:
                self.complain(f"{what} grew from {before[what]} to {after[what]}")
        if more := set(files_below(f"{self.directory}/tmp")) - set(files):
            self.complain(f"files were left: {sorted(more)[:10]}")

    async def end(self):
        if (status := self.host.stop()) != 0:
            self.complain(f"the server ended with status {status}")
        await asyncio.sleep(0.5)
        reap()
        if left := descendants(os.getpid()):
            self.complain(f"processes were left: {left}")
        if os.path.exists(self.client.path):
            self.complain("the socket was left")
        for problem in self.faults.problems:
            self.complain(problem)

    def report(self):
        self.waits.sort()
        facts = {
            "seed": self.options.seed, "seconds": self.options.seconds, "slots": self.options.slots, "counts": dict(self.tally), "verdicts": dict(sorted(self.verdicts.items())),
            "answerSeconds": {"p50": self.at(0.5), "p99": self.at(0.99), "max": self.at(1)}, "problems": self.problems,
        }
        print(json.dumps(facts, indent=2), flush=True)
        if self.options.report:
            with open(self.options.report, "w") as file:
                json.dump(facts, file, indent=2)

    def at(self, share):
        return round(self.waits[min(int(len(self.waits) * share), len(self.waits) - 1)], 3) if self.waits else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    # Few: what a killed server ends at once frees as many BPF programs, which some kernels do not survive by the hundred.
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--burst", type=int, default=10_000)
    parser.add_argument("--report")
    parser.add_argument("sandbox")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    options.burst = min(options.burst, hard - 200)
    adopt_orphans()
    directory = tempfile.mkdtemp(prefix="sandbox-soak.")
    os.mkdir(f"{directory}/tmp")
    os.environ.update(TMPDIR=f"{directory}/tmp", HOME=directory)
    os.environ.pop("XDG_RUNTIME_DIR", None)
    soak = Soak(options, directory)
    print(f"seed {options.seed}", flush=True)
    try:
        asyncio.run(soak.go())
    except Exception as failure:  # whatever it is, it is told with what was counted
        soak.complain(f"the soak broke off: {failure!r}")
        raise
    finally:
        if soak.host.process is not None and soak.host.process.poll() is None:
            soak.host.kill()
        soak.report()
        if soak.problems:
            print(f"the server's log: {directory}/server.log", file=sys.stderr)
        else:
            shutil.rmtree(directory)
    return 1 if soak.problems else 0


if __name__ == "__main__":
    sys.exit(main())
