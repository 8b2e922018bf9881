"""What goes wrong on the way: processes that are killed, and clients that behave badly."""
import asyncio
import os
import random
import signal
import time

from client import Client, Lost, answer, request
from host import Host, descendants

BIG = {"command": ["head", "-c", "900000", "/dev/zero"], "limits": {"output": "1MiB", "wallTime": "20s", "memory": "64MiB"}}


class Faults:
    """Counts what it did, and when the server or a part of it was last killed: a job of that moment may be lost, and has to say so."""

    def __init__(self, host: Host, client: Client, rng: random.Random, tally):
        self.host, self.client, self.rng, self.tally = host, client, rng, tally
        self.kills = 0
        self.problems = []

    async def repeat(self, stop, pause, fault):
        """About as often as told, until the stop."""
        while not stop.is_set():
            try:
                await asyncio.wait_for(stop.wait(), self.rng.uniform(0.5, 1.5) * pause)
            except asyncio.TimeoutError:
                try:
                    await fault()
                except (Lost, OSError, asyncio.IncompleteReadError):
                    self.tally["faults that met a dead server"] += 1

    async def kill_job(self):
        await self.kill("processes of jobs killed", self.host.jobs())

    async def kill_launcher(self):
        await self.kill("launchers killed", self.host.workers())

    async def kill(self, what, pids):
        if not pids:
            return
        self.kills += 1
        try:
            os.kill(self.rng.choice(pids), signal.SIGKILL)
            self.tally[what] += 1
        except ProcessLookupError:
            pass

    async def kill_host(self):
        """With everything it had: nothing may outlive it."""
        self.kills += 1
        below = descendants(self.host.pid)
        self.host.kill()
        self.tally["servers killed"] += 1
        end = time.monotonic() + 10
        while left := [pid for pid in below if is_alive(pid)]:
            if time.monotonic() > end:
                self.problems.append(f"{len(left)} processes outlived the server by 10 s: {[below[pid] for pid in left]}")
                break
            reap()
            await asyncio.sleep(0.05)
        self.host.start()
        await asyncio.to_thread(self.host.wait_until_it_listens)

    async def vanish(self):
        """Goes away in the middle of a request, or without reading the answer."""
        _, writer = await self.client.connect()
        text = request("POST", self.rng.choice(["/v1/jobs", "/v1/jobs?cancel=disconnect", "/healthz"]), b'{ "command": ["sleep", "0.2"] }')
        writer.write(text[:self.rng.randrange(1, len(text) + 1)])
        await writer.drain()
        await asyncio.sleep(self.rng.uniform(0, 0.1))
        writer.close()
        self.tally["clients that went away"] += 1

    async def write_slowly(self):
        """One byte a second, for as long as it is let."""
        reader, writer = await self.client.connect()
        for byte in request("GET", "/healthz")[:8]:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)
        writer.close()
        self.tally["clients that wrote a byte a second"] += 1

    async def read_slowly(self):
        """A result that fills every buffer on the way, a byte a second, then all of it: it must be whole."""
        import json
        reader, writer = await self.client.connect()
        writer.write(request("POST", "/v1/jobs", json.dumps(BIG).encode()))
        await writer.drain()
        first = b""
        for _ in range(6):
            first += await reader.readexactly(1)
            await asyncio.sleep(1)
        rest = asyncio.StreamReader(limit=1 << 24)
        rest.feed_data(first + await reader.read(-1))
        rest.feed_eof()
        status, _, body = await answer(rest)
        writer.close()
        if status == 200 and json.loads(body)["verdict"] == "ok" and len(body) < 900_000:
            self.problems.append(f"a slow reader got {len(body)} bytes of a result of more than 900,000")
        self.tally["clients that read a byte a second"] += 1

    async def send_too_much(self):
        """A request of 1 GB: refused early, not read."""
        reader, writer = await self.client.connect()
        writer.write(f"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: {1 << 30}\r\n\r\n".encode())
        sent, piece = 0, b" " * (1 << 16)
        try:
            while sent < 1 << 30 and not reader.at_eof():
                writer.write(piece)
                await asyncio.wait_for(writer.drain(), 5)
                sent += len(piece)
                if reader._buffer:  # the answer is there already
                    break
        except (OSError, asyncio.TimeoutError):
            pass
        writer.close()
        self.tally["requests of 1 GB"] += 1
        if sent > 256 << 20:
            self.problems.append(f"the server read {sent >> 20} MiB of a request of 1 GB")

    async def change_ones_mind(self):
        """Ends a job right after it was taken."""
        status, _, told = await self.client.post({"command": ["sleep", "60"], "limits": {"wallTime": "30s", "memory": "32MiB"}}, "?wait=0")
        if status == 202:
            status, _, body = await self.client.ask("DELETE", "/v1/jobs/" + told["id"])
            if status == 200 and b'"verdict":"cancelled"' not in body and b'"verdict":"internal-error"' not in body:
                self.problems.append(f"a job that was cancelled says {body[:200]!r}")
            self.tally["jobs cancelled"] += 1


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rsplit(b")", 1)[1].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def reap():
    """Takes the ends of what was orphaned to this process; the server's own end is taken where it was started."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
