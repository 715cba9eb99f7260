"""HTTP handler of the replay server, in OpenAI's response format."""

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

_MAX_BODY_BYTES = 64 * 2**20
_CHARACTERS_PER_TOKEN = 4


class _HttpError(Exception):
    """HTTP error response."""

    def __init__(self, status: int, code: str, message: str):
        self.status, self.code, self.message = status, code, message
        super().__init__(message)


def make_handler(recordings: Mapping[str, Recording]) -> type[BaseHTTPRequestHandler]:
    """Return a handler class that serves ``recordings``, by model name."""

    class Handler(_Handler):
        models = recordings

    return Handler


class _Handler(BaseHTTPRequestHandler):
    models: Mapping[str, Recording]
    protocol_version = "HTTP/1.1"
    # Send headers and body together; otherwise every response waits for a delayed acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            models = [
                {"id": name, "object": "model", "created": 0, "owned_by": "vermeil-replay"}
                for name in self.models
            ]
            self._send(200, {"object": "list", "data": models})
        else:
            self._send_problem(_no_such_path(self.path))

    def do_POST(self) -> None:
        try:
            body = self._body()
            if self.path.rstrip("/") != "/v1/chat/completions":
                raise _no_such_path(self.path)
            self._send(200, _completion(body, self.models))
        except _HttpError as problem:
            self._send_problem(problem)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send the errors of http.server in OpenAI's format."""
        self.close_connection = True
        text = explain or message or HTTPStatus(code).phrase
        self._send_problem(_HttpError(code, "invalid_request", text))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MAX_BODY_BYTES:
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
        f"unknown path {path}; expected GET /v1/models or POST /v1/chat/completions",
    )


def _completion(body: bytes, recordings: Mapping[str, Recording]) -> dict[str, Any]:
    try:
        request = json.loads(body)
        model, messages = request["model"], request["messages"]
        contents = [_content(m["content"]) for m in messages]
        user = [c for c, m in zip(contents, messages, strict=True) if m["role"] == "user"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _HttpError(400, "invalid_request", f"not a chat request: {error!r}") from error
    if request.get("stream"):
        raise _HttpError(400, "unsupported_value", "streaming is not supported")
    recording = recordings.get(model) if isinstance(model, str) else None
    if recording is None:
        available = ", ".join(recordings)
        raise _HttpError(
            404, "model_not_found", f"no recording {model!r}; expected one of {available}"
        )
    recorded = recording.find(user[-1]) if user else None
    if recorded is None:
        raise _HttpError(
            422,
            "reply_not_recorded",
            f"{model} has no recorded reply to the text at the end of the last user message",
        )
    return _response(model, contents, recorded, bool(request.get("logprobs")))


def _content(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content if part.get("type") == "text")


def _response(
    model: str, contents: list[str], recorded: RecordedReply, with_logprobs: bool
) -> dict[str, Any]:
    logprobs = recorded.logprobs if with_logprobs else None
    prompt_tokens = _tokens(sum(map(len, contents)))
    completion_tokens = _tokens(len(recorded.reply))
    digest = hashlib.sha256("\0".join([model, *contents]).encode("utf-8", "replace")).hexdigest()
    return {
        "id": f"chatcmpl-replay-{digest[:24]}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": recorded.reply, "refusal": None},
                "logprobs": logprobs and logprobs_content(logprobs, recorded.reply),
                "finish_reason": recorded.finish_reason,
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def _tokens(characters: int) -> int:
    """Return the estimated number of tokens: about four characters of English per token."""
    return -(-characters // _CHARACTERS_PER_TOKEN)
