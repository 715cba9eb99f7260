"""Program of the GLiNER process: answers chat completions on loopback until its parent ends.

The file runs with the interpreter of ``teacher.gliner.python``, which needs gliner2 and no Vermeil:
nothing of Vermeil is imported here.

The first line of standard input is a JSON object: folder of the model, threads and key. Standard
input then stays open until the parent ends. The first line of standard output is a JSON object with
the port.

A request is a chat completion whose last message is the text. The labels are the choices of
``label`` in the JSON schema of ``response_format``. The field ``gliner`` holds
`GlinerConfig.parameters`. The answer is ``{"entities": [{"text", "label", "occurrence"}]}``. The
log-probability of each "text" is the logarithm of the model's score, that of all else is 0.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"
_PARENT_POLL_SECONDS = 1.0
_MIN_SCORE = 1e-9
_OVERLAP = 6
"""Each part of a long text shares a sixth of its words with the next one, as by default."""

Token = tuple[str, float]
"""A piece of the reply and its log-probability."""


def main() -> int:
    """Serve until the parent ends; return the exit status."""
    settings = json.loads(sys.stdin.readline())
    _end_with(os.getppid())
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print is no answer
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    os.environ.update(offline, OMP_NUM_THREADS=str(settings["threads"]))
    from gliner2 import AutoExtractor

    model = AutoExtractor.from_pretrained(settings["model"], map_location="cpu")
    model.eval()
    server = ThreadingHTTPServer((HOST, 0), _handler(model, settings["key"]))
    server.daemon_threads = True
    print(json.dumps({"port": server.server_address[1]}), file=answers, flush=True)
    server.serve_forever()
    return 0


def answer(model: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Return the chat completion for the body of a request.

    Raises:
        LookupError, TypeError: the body has another form.
    """
    text = body["messages"][-1]["content"]
    schema = body["response_format"]["json_schema"]["schema"]
    labels = schema["properties"]["entities"]["items"]["properties"]["label"]["enum"]
    given = body["gliner"]
    names = {given["names"].get(label, label): label for label in labels}
    entities = []
    if text.strip():
        found = model.extract_entities_long(
            text,
            list(names),
            chunk_size=given["words"],
            chunk_overlap=given["words"] // _OVERLAP,
            threshold=given["threshold"],
            include_confidence=True,
            include_spans=True,
        )["entities"]
        entities = [
            {**one, "label": label}
            for name, label in names.items()
            for one in found.get(name, ())
            if one["start"] < one["end"]
        ]
    if not given["nested"]:
        entities = _without_overlaps(entities)
    entities.sort(key=lambda one: (one["start"], one["end"], labels.index(one["label"])))
    tokens = _reply(text, entities)
    usage = {"prompt_tokens": len(model.processor.tokenizer(text)["input_ids"])}
    content = [{"token": token, "logprob": value} for token, value in tokens]
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": "".join(token for token, _ in tokens)},
        "logprobs": {"content": content},
    }
    return {"choices": [choice], "usage": {**usage, "completion_tokens": 0}}


def _without_overlaps(entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entities that overlap none with a higher score."""
    kept: list[dict[str, Any]] = []
    for one in sorted(entities, key=lambda entity: -entity["confidence"]):
        if all(one["end"] <= other["start"] or other["end"] <= one["start"] for other in kept):
            kept.append(one)
    return kept


def _reply(text: str, entities: list[dict[str, Any]]) -> list[Token]:
    """Return the tokens of the answer; together they are one line of JSON."""
    tokens: list[Token] = [('{"entities": [', 0.0)]
    for number, one in enumerate(entities):
        surface = text[one["start"] : one["end"]]
        score = min(max(float(one["confidence"]), _MIN_SCORE), 1.0)
        tokens.append((', {"text": ' if number else '{"text": ', 0.0))
        tokens.append((json.dumps(surface, ensure_ascii=False), math.log(score)))
        rest = {"label": one["label"], **_occurrence(text, surface, one["start"])}
        tokens.append((", " + json.dumps(rest, ensure_ascii=False)[1:], 0.0))
    return [*tokens, ("]}", 0.0)]


def _occurrence(text: str, surface: str, start: int) -> dict[str, int]:
    """Return the number of an entity among equal words; nothing if it is the only one."""
    # Whole words, which may overlap: the reader of the reply counts them in the same way.
    pattern = rf"(?<![^\W_])(?={re.escape(surface)}(?![^\W_]))"
    starts = [match.start() for match in re.finditer(pattern, text)]
    return {"occurrence": starts.index(start) + 1} if len(starts) > 1 and start in starts else {}


def _handler(model: Any, key: str) -> type[BaseHTTPRequestHandler]:
    busy = threading.Lock()  # one request has all threads

    class GlinerHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(200, {"status": "ok"})

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") != f"Bearer {key}":
                self._send(401, _error("wrong API key"))
                return
            try:
                with busy:
                    self._send(200, answer(model, json.loads(content)))
            except (LookupError, TypeError, ValueError) as error:
                self._send(400, _error(f"{type(error).__name__}: {error}"))
            except RuntimeError as error:  # of PyTorch, for example for lack of memory
                self._send(500, _error(str(error)))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def _send(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return GlinerHandler


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message}}


def _end_with(parent: int) -> None:
    """End this process when the parent has ended."""

    def wait_for_end_of_input() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        os._exit(0)

    def wait_for_parent() -> None:
        # A process that the parent has forked may hold its end of the pipe.
        while os.getppid() == parent:
            time.sleep(_PARENT_POLL_SECONDS)
        os._exit(0)

    for watch in (wait_for_end_of_input, wait_for_parent):
        threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
