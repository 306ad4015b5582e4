"""Load by wrk where it is installed, by asyncio clients elsewhere: one request, many clients."""

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE = 60  # seconds that a client waits for an answer
_SCRIPT = """
wrk.method = %(method)s
wrk.body = %(body)s
%(headers)s
local threads = {}
statuses = ""
local counts = {}
function setup(thread) table.insert(threads, thread) end
function response(status)
  counts[status] = (counts[status] or 0) + 1
  local parts = {}
  for code, count in pairs(counts) do parts[#parts + 1] = code .. "=" .. count end
  statuses = table.concat(parts, ",")
end
function done(summary, latency)
  local e = summary.errors
  io.write("\\nRESULT ", string.format(
    "%%d %%d %%d %%d %%d %%d %%s\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency.max,
    e.connect + e.read + e.write + e.timeout, threads[1]:get("statuses")))
end
"""


@dataclass(frozen=True)
class Request:
    """What every client sends again and again."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: str = field(default="", repr=False)

    def on_the_wire(self, host: str) -> bytes:
        """The request as HTTP/1.1 sends it.

        Args:
            host: the server's, with its port.
        """
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Length: {len(self.body.encode())}"]
        return "\r\n".join([*lines, "", self.body]).encode()


@dataclass(frozen=True)
class Load:
    """What came of it; times are seconds.

    Attributes:
        statuses: how many answers of each status.
        broken: connections that were refused, reset or timed out.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    longest: float
    statuses: dict[int, int]
    broken: int

    @property
    def per_second(self) -> float:
        """Answers per second, of any status."""
        return self.requests / self.seconds

    @property
    def errors(self) -> int:
        """Answers that are no success, and connections that broke."""
        return self.broken + sum(count for status, count in self.statuses.items() if status >= 400)


def tool() -> str:
    """Name what generates the load."""
    return "wrk" if shutil.which("wrk") else "asyncio clients (wrk is not installed)"


def run(base_url: str, request: Request, *, clients: int, seconds: float) -> Load:
    """Send a request from keep-alive connections for some seconds.

    Args:
        base_url: of the server.
        request: what is sent.
        clients: connections, each with one request under way at any time.
        seconds: how long.
    """
    if wrk := shutil.which("wrk"):
        return _run_wrk(wrk, base_url, request, clients, seconds)
    return asyncio.run(_run_clients(base_url, request, clients, seconds))


def _run_wrk(wrk: str, base_url: str, request: Request, clients: int, seconds: float) -> Load:
    script = _SCRIPT % {
        "method": json.dumps(request.method),
        "body": json.dumps(request.body) if request.body else "nil",
        "headers": "\n".join(
            f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}"
            for name, value in request.headers.items()
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "load.lua"
        path.write_text(script, encoding="utf-8")  # a file: headers on a command line are public
        done = subprocess.run(  # noqa: S603 - a program that the user has installed
            [
                *(wrk, "--threads", "1", "--connections", str(clients)),
                *("--duration", f"{max(1, round(seconds))}s", "--timeout", f"{PATIENCE}s"),
                *("--script", str(path), base_url + request.path),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    count, micros, p50, p99, longest, broken, *codes = line.split()[1:]
    pairs = (pair.split("=") for pair in (codes[0].split(",") if codes else []))
    return Load(
        requests=int(count),
        seconds=int(micros) / 1e6,
        p50=int(p50) / 1e6,
        p99=int(p99) / 1e6,
        longest=int(longest) / 1e6,
        statuses={int(code): int(number) for code, number in pairs},
        broken=int(broken),
    )


async def _run_clients(base_url: str, request: Request, clients: int, seconds: float) -> Load:
    where = urlsplit(base_url)
    data = request.on_the_wire(where.netloc)
    statuses: Counter[int] = Counter()
    times: list[float] = []
    broken = 0
    started = time.perf_counter()

    async def client() -> None:
        nonlocal broken
        writer = None
        while time.perf_counter() - started < seconds:
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection(where.hostname, where.port)
                begun = time.perf_counter()
                async with asyncio.timeout(PATIENCE):
                    writer.write(data)
                    statuses[await _status(reader)] += 1
                times.append(time.perf_counter() - begun)
            except (OSError, EOFError, TimeoutError):
                broken += 1
                if writer is not None:
                    writer.close()
                    writer = None
        if writer is not None:
            writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    taken = sorted(times) or [0.0]
    return Load(
        requests=len(times),
        seconds=time.perf_counter() - started,
        p50=taken[len(taken) // 2],
        p99=taken[len(taken) * 99 // 100],
        longest=taken[-1],
        statuses=dict(statuses),
        broken=broken,
    )


async def _status(reader: asyncio.StreamReader) -> int:
    """Read one answer and return its status; every answer of ours says its length."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.partition("\r\ncontent-length:")[2].partition("\r\n")[0]
    await reader.readexactly(int(length or 0))
    return int(head.split()[1])
