"""How the replay server answers one HTTP request, in OpenAI's shapes."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from vermeil.teacher.backends.openai.logprobs import logprobs_content
from vermeil.teacher.replay.recording import RecordedReply, Recording

_LARGEST_BODY = 64 * 2**20
_CHARACTERS_PER_TOKEN = 4


class _HttpError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, code: str, message: str):
        self.status, self.code, self.message = status, code, message
        super().__init__(message)


def make_handler(recordings: Mapping[str, Recording]) -> type[BaseHTTPRequestHandler]:
    """Return a handler class that answers from ``recordings``, by model name."""

    class Handler(_Handler):
        known = recordings

    return Handler


class _Handler(BaseHTTPRequestHandler):
    known: Mapping[str, Recording]
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one piece, else every answer waits for a delayed acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            models = [
                {"id": name, "object": "model", "created": 0, "owned_by": "vermeil-replay"}
                for name in self.known
            ]
            self._send(200, {"object": "list", "data": models})
        else:
            self._send_problem(_no_such_path(self.path))

    def do_POST(self) -> None:
        try:
            body = self._body()
            if self.path.rstrip("/") != "/v1/chat/completions":
                raise _no_such_path(self.path)
            self._send(200, _completion(body, self.known))
        except _HttpError as problem:
            self._send_problem(problem)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what http.server itself turns down in the same shape as everything else."""
        self.close_connection = True
        words = explain or message or HTTPStatus(code).phrase
        self._send_problem(_HttpError(code, "invalid_request", words))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            raise _HttpError(411, "length_required", "expected a Content-Length of at most 64 MiB")
        return self.rfile.read(int(length))

    def _send_problem(self, problem: _HttpError) -> None:
        error = {
            "message": problem.message,
            "type": "invalid_request_error",
            "param": None,
            "code": problem.code,
        }
        self._send(problem.status, {"error": error})

    def _send(self, status: int, value: Mapping[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


def _no_such_path(path: str) -> _HttpError:
    return _HttpError(
        404,
        "not_found",
        f"no {path}; this server has GET /v1/models and POST /v1/chat/completions",
    )


def _completion(body: bytes, known: Mapping[str, Recording]) -> dict[str, Any]:
    try:
        request = json.loads(body)
        model, messages = request["model"], request["messages"]
        asked = [_content(m["content"]) for m in messages]
        user = [a for a, m in zip(asked, messages, strict=True) if m["role"] == "user"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _HttpError(400, "invalid_request", f"is no chat request: {error!r}") from error
    if request.get("stream"):
        raise _HttpError(400, "unsupported_value", "this server does not stream")
    recording = known.get(model) if isinstance(model, str) else None
    if recording is None:
        there = ", ".join(known)
        raise _HttpError(404, "model_not_found", f"no recording {model!r}; there is {there}")
    found = recording.find(user[-1]) if user else None
    if found is None:
        raise _HttpError(
            422,
            "reply_not_recorded",
            f"{model} has no reply to a text with which the last user message ends",
        )
    return _answer(model, asked, found, bool(request.get("logprobs")))


def _content(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if part.get("type") == "text")


def _answer(
    model: str, asked: list[str], recorded: RecordedReply, with_logprobs: bool
) -> dict[str, Any]:
    known = recorded.logprobs if with_logprobs else None
    sent, came = (_tokens(sum(map(len, asked))), _tokens(len(recorded.reply)))
    digest = hashlib.sha256("\0".join([model, *asked]).encode("utf-8", "replace")).hexdigest()
    return {
        "id": f"chatcmpl-replay-{digest[:24]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": recorded.reply, "refusal": None},
                "logprobs": known and logprobs_content(known, recorded.reply),
                "finish_reason": recorded.finish_reason,
            }
        ],
        "usage": {
            "prompt_tokens": sent,
            "completion_tokens": came,
            "total_tokens": sent + came,
        },
    }


def _tokens(characters: int) -> int:
    """Estimate: about four characters of English make a token."""
    return -(-characters // _CHARACTERS_PER_TOKEN)
