"""A server that misbehaves on demand, over real sockets."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.batch_server import BatchServer

from vermeil.data.document import Document
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig

EMPTY = '{"entities": []}'


@dataclass(frozen=True)
class Answer:
    """Behaviour of the server for one request."""

    content: Any = EMPTY
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    finish_reason: str = "stop"
    stall: float = 0.0
    cut: str = ""
    drip: float = 0.0
    again: float | None = None
    tokens: tuple[tuple[str, float], ...] | None = None
    """Tokens of the reply with log-probabilities, returned in OpenAI's format on request."""

    def encoded(self) -> bytes:
        if self.body is not None:
            return self.body
        if self.status != 200:
            return json.dumps({"error": {"message": self.content, "code": None}}).encode()
        message = {"role": "assistant", "content": self.content}
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        if self.tokens is not None:
            content = [
                {
                    "token": token,
                    "logprob": value,
                    "bytes": list(token.encode()),
                    "top_logprobs": [],
                }
                for token, value in self.tokens
            ]
            choice["logprobs"] = {"content": content, "refusal": None}
        usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
        return json.dumps({"choices": [choice], "usage": usage}).encode()


@dataclass
class Seen:
    """One request that reached the server."""

    last_line: str
    body: dict[str, Any]
    headers: dict[str, str]
    moment: float


Script = Callable[[int, Seen], Answer]


class FaultServer:
    """Answers by a script: (number of the request from 0, what was asked) -> Answer."""

    def __init__(self) -> None:
        self.script: Script = lambda number, seen: Answer()
        self.seen: list[Seen] = []
        self.answered: list[str] = []
        self.paths: list[str] = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._released = threading.Event()
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def asked(self) -> list[str]:
        return [s.last_line for s in self.seen]

    def first(self, *answers: Answer) -> None:
        """Give these answers first, then good ones."""
        self.script = lambda number, seen: answers[number] if number < len(answers) else Answer()

    def start(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.handle(self, body)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._released.clear()
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def handle(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        last_line = body["messages"][-1]["content"].splitlines()[-1]
        headers = {k.lower(): v for k, v in handler.headers.items()}
        with self._lock:
            self.paths.append(handler.path)
            number = len(self.seen)
            seen = Seen(last_line, body, headers, time.monotonic())
            self.seen.append(seen)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        answer = self.script(number, seen)
        self._released.wait(answer.stall)
        with self._lock:
            self.at_once -= 1
            self.answered.append(last_line)
        _send(handler, answer)


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    body = answer.encoded()
    if answer.cut != "before":
        handler.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if answer.drip:
            _drip(handler, body, answer.drip)
            return
        handler.wfile.write(body[: len(body) // 2] if answer.cut else body)
        handler.wfile.flush()
    if answer.again is not None:
        time.sleep(answer.again)
        _send(handler, replace(answer, again=None))
    if answer.cut:
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True


def _drip(handler: BaseHTTPRequestHandler, body: bytes, pause: float) -> None:
    handler.close_connection = True
    for byte in body:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(pause)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    server = FaultServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchServer]:
    """A server that takes batches of both kinds."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    server = BatchServer()
    yield server
    server.stop()


@pytest.fixture
def task() -> Task:
    return make_task(TaskConfig(labels={name: LabelConfig() for name in ("PER", "LOC")}))


@pytest.fixture
def teacher(server: FaultServer) -> TeacherConfig:
    return TeacherConfig(
        base_url=server.base_url, model="m", retries=2, retry_delay=0.01, timeout=5, concurrency=4
    )


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "replies.sqlite"


@pytest.fixture
def documents() -> list[Document]:
    return [Document(f"d{i}", f"Text number {i} mentions Oslo.") for i in range(10)]
