"""A server with both kinds of batch API, which misbehaves on demand, over real sockets."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from vermeil.teacher.config import TeacherConfig

EMPTY = '{"entities": []}'


BatchApi = Literal["openai", "anthropic"]


@dataclass(frozen=True)
class Item:
    """Outcome of one request of a batch: ok, error, expired, cancelled, or left out."""

    kind: str = "ok"
    content: str = EMPTY
    status: int = 400
    code: str | None = None
    logprobs: dict[str, Any] | None = None
    body: dict[str, Any] | None = None
    """Body of a response with HTTP 200 of OpenAI's API, in place of a completion."""


@dataclass
class Made:
    """A batch at the server."""

    id: str
    label: str | None
    items: list[tuple[str, dict[str, Any]]]
    created: float
    looks: int = 0
    cancelled: bool = False


@dataclass
class Faults:
    """Faults from now on; lists are consumed from the front, one entry per event."""

    script: Callable[[str], Item] = lambda text: Item()
    looks: int = 1
    """A batch ends with this look at it."""
    ending: str = "completed"
    order: Callable[[list[bytes]], list[bytes]] = list
    cut: list[float] = field(default_factory=list)
    """Share of a result file that comes before the connection breaks."""
    short: list[int] = field(default_factory=list)
    """Bytes that are missing at the end of a result file, though it seems whole."""
    looking: list[int] = field(default_factory=list)
    """Statuses with which looks are answered."""
    creating: list[int] = field(default_factory=list)
    """Statuses with which new batches are turned down; 0: made, but the answer never comes; -1: not
    made, and no answer comes."""
    stalling: list[float] = field(default_factory=list)
    """Share of a result file after which nothing more comes."""
    failing: list[dict[str, Any]] = field(default_factory=list)
    """Errors with which whole batches fail."""


class BatchServer:
    """Files and batches as OpenAI has them, and message batches as Anthropic has them."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.made: dict[str, Made] = {}
        self.files: dict[str, bytes] = {}
        self.online: list[str] = []
        self.calls: list[str] = []
        self.sizes: list[int] = []
        """Bytes of requests that came: of a file, or of the body of a call."""
        self.headers: list[dict[str, str]] = []
        self.lock = threading.RLock()
        self._released = threading.Event()
        server = self

        class Handler(_Handler):
            batch_server = server

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def asked(self) -> list[str]:
        """The texts in all batches, in order."""
        return [last_line(body) for made in self.made.values() for _, body in made.items]

    def stop(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()

    def stall(self) -> None:
        self._released.wait(60)

    def make(self, items: list[tuple[str, dict[str, Any]]], label: str | None) -> Made:
        with self.lock:
            made = Made(f"batch_{len(self.made)}", label, items, time.time())
            self.made[made.id] = made
            return made

    def has_ended(self, made: Made) -> bool:
        return made.cancelled or made.looks >= self.faults.looks


class _Handler(BaseHTTPRequestHandler):
    batch_server: BatchServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        server, parts = self._seen()
        with server.lock:
            if found := re.fullmatch(r".*/batches/(\w+)", parts.path):
                if server.faults.looking:
                    self._problem(server.faults.looking.pop(0))
                else:
                    self._look(server, found[1])
            elif found := re.fullmatch(r".*/batches/(\w+)/results", parts.path):
                self._file(server, anthropic_results(server, server.made[found[1]]))
            elif found := re.fullmatch(r".*/files/(\w+)-(output|error)/content", parts.path):
                self._file(server, openai_results(server, server.made[found[1]])[found[2]])
            elif parts.path.endswith("/batches"):
                self._list(server, parse_qs(parts.query))
            else:
                self._problem(404)

    def do_POST(self) -> None:
        server, parts = self._seen()
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = self._chunks()
        if parts.path.endswith("/files"):
            content = data.split(b"\r\n\r\n", 2)[-1].rsplit(b"\r\n--", 1)[0]
            for part in data.split(b"\r\n--"):
                if b'name="file"' in part:
                    content = part.split(b"\r\n\r\n", 1)[1]
            with server.lock:
                server.sizes.append(len(content))
                server.files[f"file{len(server.files)}"] = content
                self._send({"id": f"file{len(server.files) - 1}"})
        elif found := re.fullmatch(r".*/batches/(\w+)/cancel", parts.path):
            server.made[found[1]].cancelled = True
            self._send({"id": found[1]})
        elif parts.path.endswith("/batches"):
            server.sizes.append(len(data))
            self._create(server, json.loads(data))
        else:
            body = json.loads(data)
            server.online.append(last_line(body))
            self._send(completion(EMPTY))

    def _seen(self) -> tuple[BatchServer, Any]:
        server = self.batch_server
        with server.lock:
            server.calls.append(f"{self.command} {self.path}")
            server.headers.append({k.lower(): v for k, v in self.headers.items()})
        return server, urlsplit(self.path)

    def _chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _create(self, server: BatchServer, body: dict[str, Any]) -> None:
        status = server.faults.creating.pop(0) if server.faults.creating else 200
        if status == -1:
            server.stall()
        if status not in (0, 200):
            self._problem(status)
            return
        if "requests" in body:
            made = server.make([(r["custom_id"], r["params"]) for r in body["requests"]], None)
            answer = anthropic_batch(server, made)
        else:
            lines = [json.loads(line) for line in server.files[body["input_file_id"]].splitlines()]
            items = [(line["custom_id"], line["body"]) for line in lines]
            made = server.make(items, body["metadata"]["vermeil"])
            answer = openai_batch(server, made)
        if status == 0:
            server.stall()
        self._send(answer)

    def _look(self, server: BatchServer, batch_id: str) -> None:
        made = server.made.get(batch_id)
        if made is None:
            self._problem(404)
            return
        made.looks += 1
        batch = (openai_batch if made.label else anthropic_batch)(server, made)
        if server.faults.failing and made.label:
            errors = {"data": [server.faults.failing.pop(0)]}
            batch |= {"status": "failed", "errors": errors}
        self._send(batch)

    def _list(self, server: BatchServer, query: dict[str, list[str]]) -> None:
        newest = list(reversed(server.made.values()))
        after = (query.get("after") or query.get("after_id") or [""])[0]
        ids = [made.id for made in newest]
        start = ids.index(after) + 1 if after else 0
        page = newest[start : start + 2]
        for made in page:
            made.looks += 1
        batches = [(openai_batch if m.label else anthropic_batch)(server, m) for m in page]
        self._send({"data": batches, "has_more": start + 2 < len(newest)})

    def _file(self, server: BatchServer, lines: list[bytes]) -> None:
        content = b"\n".join(server.faults.order(lines)) + b"\n"
        if server.faults.short:
            content = content[: -server.faults.short.pop(0) or None]
        cut = server.faults.cut.pop(0) if server.faults.cut else 1.0
        stalls = bool(server.faults.stalling)
        cut = server.faults.stalling.pop(0) if stalls else cut
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: int(len(content) * cut)])
        self.wfile.flush()
        if stalls:
            server.lock.release()
            server.stall()
        if cut < 1:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    def _problem(self, status: int) -> None:
        words = {"type": "api_error", "message": "trouble", "code": None}
        self._send({"type": "error", "error": words}, status)

    def _send(self, value: Any, status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *args: object) -> None:
        pass


def batch_teacher(server: BatchServer, backend: BatchApi) -> TeacherConfig:
    """Settings for the server, with little patience."""
    return TeacherConfig(
        backend=backend,
        base_url=server.url,
        model="m",
        mode="batch",
        retries=2,
        retry_delay=0.01,
        batch_poll=0.05,
        timeout=5,
    )


def last_line(body: dict[str, Any]) -> str:
    content: str = body["messages"][-1]["content"]
    return content.splitlines()[-1]


def completion(content: str, logprobs: dict[str, Any] | None = None) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    usage = {"prompt_tokens": 10, "completion_tokens": 2}
    choice = {"message": message, "finish_reason": "stop", "logprobs": logprobs}
    return {"choices": [choice], "usage": usage}


def outcome(server: BatchServer, made: Made, body: dict[str, Any]) -> Item:
    item = server.faults.script(last_line(body))
    return Item("cancelled") if made.cancelled and item.kind == "late" else item


def openai_batch(server: BatchServer, made: Made) -> dict[str, Any]:
    ended = server.has_ended(made)
    ending = "cancelled" if made.cancelled else server.faults.ending
    results = openai_results(server, made) if ended else {"output": [], "error": []}
    return {
        "id": made.id,
        "created_at": int(made.created),
        "metadata": {"vermeil": made.label},
        "status": ending if ended else "in_progress",
        "output_file_id": f"{made.id}-output" if results["output"] else None,
        "error_file_id": f"{made.id}-error" if results["error"] else None,
        "request_counts": {
            "total": len(made.items),
            "completed": len(results["output"]),
            "failed": len(results["error"]),
        },
    }


def openai_results(server: BatchServer, made: Made) -> dict[str, list[bytes]]:
    files: dict[str, list[bytes]] = {"output": [], "error": []}
    for name, body in made.items:
        item = outcome(server, made, body)
        line: dict[str, Any] = {"id": "x", "custom_id": name, "response": None, "error": None}
        if item.kind in ("ok", "late"):
            answer = item.body or completion(item.content, item.logprobs)
            line["response"] = {"status_code": 200, "body": answer}
        elif item.kind == "error":
            error = {"message": item.content, "code": item.code}
            line["response"] = {"status_code": item.status, "body": {"error": error}}
        elif item.kind in ("expired", "cancelled"):
            line["error"] = {"code": f"batch_{item.kind}", "message": f"was {item.kind}"}
        else:
            continue
        kind = "output" if item.kind in ("ok", "late") else "error"
        files[kind].append(json.dumps(line, ensure_ascii=False).encode())
    return files


def anthropic_batch(server: BatchServer, made: Made) -> dict[str, Any]:
    ended, number = server.has_ended(made), len(made.items)
    return {
        "id": made.id,
        "type": "message_batch",
        "created_at": datetime.fromtimestamp(made.created, UTC).isoformat().replace("+00:00", "Z"),
        "expires_at": "2030-01-01T00:00:00Z",
        "processing_status": "ended" if ended else "in_progress",
        "results_url": f"{server.url}/messages/batches/{made.id}/results" if ended else None,
        "request_counts": {
            "processing": 0 if ended else number,
            "succeeded": number if ended else 0,
            "errored": 0,
            "canceled": 0,
            "expired": 0,
        },
    }


def anthropic_results(server: BatchServer, made: Made) -> list[bytes]:
    lines = []
    for name, body in made.items:
        item = outcome(server, made, body)
        result: dict[str, Any] = {"type": {"cancelled": "canceled"}.get(item.kind, item.kind)}
        if item.kind in ("ok", "late"):
            text = {"type": "text", "text": item.content}
            usage = {"input_tokens": 10, "output_tokens": 2}
            message = {"content": [text], "stop_reason": "end_turn", "usage": usage}
            result = {"type": "succeeded", "message": message}
        elif item.kind == "error":
            kind = "invalid_request_error" if item.status == 400 else "api_error"
            inner = {"type": kind, "message": item.content}
            result = {"type": "errored", "error": {"type": "error", "error": inner}}
        elif item.kind == "left out":
            continue
        line = json.dumps({"custom_id": name, "result": result}, ensure_ascii=False)
        lines.append(line.encode())
    return lines
