"""A chat server on loopback for benchmarks: as little work for an answer as asyncio allows.

    python benchmarks/loopback.py PORT_FILE LATENCY_SECONDS

Reads HTTP/1.1 requests with a Content-Length and gives all the same answer, each after the latency.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

CONTENT = '{"entities": [{"text": "Oslo", "label": "LOC"}]}'
BODY = json.dumps(
    {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": CONTENT},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 200, "completion_tokens": 15, "total_tokens": 215},
    }
).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
    BODY
)


class Chat(asyncio.Protocol):
    latency = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.waiting) < end + 4 + length:
                return
            self.waiting = self.waiting[end + 4 + length :]
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.answer)
            else:
                self.answer()

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(HEAD + BODY)  # type: ignore[attr-defined]


async def serve(port_file: Path, latency: float) -> None:
    Chat.latency = latency
    server = await asyncio.get_running_loop().create_server(Chat, "127.0.0.1", 0, backlog=1024)
    whole = port_file.with_suffix(".new")
    whole.write_text(str(server.sockets[0].getsockname()[1]))
    whole.replace(port_file)
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), float(sys.argv[2])))
