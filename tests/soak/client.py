"""HTTP/1.1 over a unix socket, by hand: a soak has to send half a request and read one byte a second, which libraries do not do."""
import asyncio
import json


class Lost(Exception):
    """The connection ended before there was an answer."""


class Client:
    """Asks one server. Every request has a connection of its own, as curl's have."""

    def __init__(self, path):
        self.path = path

    async def connect(self):
        try:
            return await asyncio.open_unix_connection(self.path, limit=1 << 20)
        except (OSError, asyncio.IncompleteReadError) as failure:
            raise Lost(f"cannot connect: {failure}") from failure

    async def ask(self, method, target, body=None, headers=()):
        """(status, headers, body); Lost if the connection ends before all of it is there."""
        reader, writer = await self.connect()
        try:
            writer.write(request(method, target, body, headers))
            await writer.drain()
            return await answer(reader)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as failure:
            raise Lost(str(failure)) from failure
        finally:
            writer.close()

    async def post(self, job, query="", headers=()):
        """(status, headers, what the JSON of the answer says)."""
        status, head, body = await self.ask("POST", "/v1/jobs" + query, json.dumps(job).encode(), headers)
        return status, head, json.loads(body) if body else None


def request(method, target, body=None, headers=()):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close"]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


async def answer(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ")[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    if "content-length" in headers:
        return status, headers, await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readline()).split(b";")[0] or b"0", 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return status, headers, body
    return status, headers, await reader.read()
