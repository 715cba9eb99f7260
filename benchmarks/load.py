"""Load for an HTTP service, from a process of its own that costs the machine little.

So many connections send one text per request, each as soon as it has its answer. Prints JSON: the
latencies in milliseconds, and answers per second.

    python benchmarks/load.py http://127.0.0.1:8765/v1/predict --texts test.txt --clients 16
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
from itertools import cycle
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit


class Client(asyncio.Protocol):
    """One connection that is kept open."""

    def __init__(self, load: Load) -> None:
        self.load = load

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.began, self.came, self.size = perf_counter(), b"", None
        self.transport.write(next(self.load.requests))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.came += data
        if self.size is None:
            end = self.came.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.came[:end].lower()
            assert head.startswith(b"http/1.1 200"), self.came
            length = head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
            self.size = end + 4 + int(length)
        if len(self.came) < self.size:
            return
        now = perf_counter()
        if now < self.load.end:
            self.load.latencies.append(now - self.began)
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.load.left -= 1
        if error is not None or perf_counter() < self.load.end:
            self.load.finished.set_exception(error or ConnectionError("the server hung up"))
        elif self.load.left == 0:
            self.load.finished.set_result(None)


class Load:
    """All connections."""

    def __init__(self, url: str, texts: list[str]) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        head += "Content-Type: application/json\r\nContent-Length: "
        bodies = [json.dumps({"text": text}) for text in texts]
        self.requests = cycle([f"{head}{len(body)}\r\n\r\n{body}".encode() for body in bodies])
        self.latencies: list[float] = []

    async def run(self, clients: int, seconds: float) -> dict[str, float]:
        loop = asyncio.get_running_loop()
        self.finished, self.left = loop.create_future(), clients
        self.latencies.clear()
        self.end = perf_counter() + seconds
        for _ in range(clients):
            await loop.create_connection(lambda: Client(self), self.host, self.port)
        await self.finished
        cuts = statistics.quantiles(self.latencies, n=100)
        found = {f"p{q}": round(cuts[q - 1] * 1000, 2) for q in (50, 95, 99)}
        return {"per_second": round(len(self.latencies) / seconds, 1), **found}


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--texts", type=Path, required=True, help="a text per line")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    texts = [line for line in options.texts.read_text("utf-8").splitlines() if line.strip()]
    load = Load(options.url, texts)
    await load.run(options.clients, min(2.0, options.seconds))  # a warm-up
    print(json.dumps(await load.run(options.clients, options.seconds)))


if __name__ == "__main__":
    asyncio.run(main())
