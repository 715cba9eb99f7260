"""Settings of docs/servers.md: each reaches a server on loopback that is as strict as its kind."""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import vermeil

PAGE = Path(__file__).resolve().parents[3] / "docs" / "servers.md"
KEY = "sk-of-the-test"


@dataclass(frozen=True)
class Kind:
    """What a server of one kind expects.

    Args:
        path: path of the request.
        header: name of the header with the key; None: no key.
        query: parameters of the address.
        fields: fields of the body that must be there, with their values; None: any value.
    """

    path: str
    header: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


NO_THINKING = {"chat_template_kwargs": {"enable_thinking": False}}
KINDS = {
    "LiteLLM proxy": [Kind("/v1/chat/completions", "Authorization", fields={"model": "my-model"})],
    "OpenRouter": [
        Kind(
            "/api/v1/chat/completions",
            "Authorization",
            fields={"provider": {"data_collection": "deny", "require_parameters": True}},
        )
    ],
    "Azure OpenAI": [
        Kind("/openai/v1/chat/completions", "Authorization", fields={"model": "my-deployment"}),
        Kind(
            "/openai/deployments/my-deployment/chat/completions",
            "api-key",
            {"api-version": "2024-10-21"},
        ),
    ],
    "vLLM": [
        Kind(
            "/v1/chat/completions",
            "Authorization",
            fields={"structured_outputs": None, **NO_THINKING},
        )
    ],
    "SGLang": [Kind("/v1/chat/completions", fields={"response_format": None, **NO_THINKING})],
    "Ollama": [Kind("/v1/chat/completions", fields={"response_format": None})],
    "llama.cpp": [Kind("/v1/chat/completions", fields={"grammar": None})],
    "LM Studio": [Kind("/v1/chat/completions", fields={"response_format": None})],
}


def sections() -> dict[str, list[dict[str, Any]]]:
    """Return the settings of each heading of the page."""
    parts = re.split(r"^## (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {
        title: [
            tomllib.loads(block)["teacher"]
            for block in re.findall(r"^```toml\n(.*?)^```", body, re.MULTILINE | re.DOTALL)
        ]
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


SECTIONS = sections()
CASES = [(name, i) for name, kinds in KINDS.items() for i in range(len(kinds))]


@contextmanager
def serve(kind: Kind) -> Iterator[tuple[str, list[str]]]:
    """Serve one kind; yield its address without a path, and the problems of its requests."""
    problems: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            found = problem_of(kind, self, json.loads(self.rfile.read(size)))
            problems.extend(found)
            content = json.dumps({"entities": [{"text": "Ann", "label": "PER"}]})
            message = {"role": "assistant", "content": content}
            answer = {
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 9, "completion_tokens": 5},
            }
            body = json.dumps({"error": {"message": "; ".join(found)}} if found else answer)
            self.send_response(400 if found else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", problems
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def problem_of(kind: Kind, request: BaseHTTPRequestHandler, body: dict[str, Any]) -> list[str]:
    """Return what a server of this kind would reject."""
    parts = urlsplit(request.path)
    found = [] if parts.path == kind.path else [f"path {parts.path}"]
    if {k: v[0] for k, v in parse_qs(parts.query).items()} != dict(kind.query):
        found.append(f"query {parts.query}")
    keys = {name: request.headers.get(name) for name in ("Authorization", "api-key")}
    sent = {name: value for name, value in keys.items() if value}
    expected = {
        None: {},
        "Authorization": {"Authorization": f"Bearer {KEY}"},
        "api-key": {"api-key": KEY},
    }[kind.header]
    if sent != expected:
        found.append(f"key in {', '.join(sent) or 'no header'}")
    for name, value in kind.fields.items():
        if name not in body or (value is not None and body[name] != value):
            found.append(f"field {name}: {body.get(name)}")
    return found


def test_every_section_has_a_case() -> None:
    assert {name: len(blocks) for name, blocks in SECTIONS.items()} == {
        name: len(kinds) for name, kinds in KINDS.items()
    }


@pytest.mark.parametrize(("name", "number"), CASES)
def test_the_settings_reach_their_server(
    name: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    kind, settings = KINDS[name][number], SECTIONS[name][number]
    given = vermeil.TeacherConfig.model_validate(settings)
    if given.api_key_env is not None:
        monkeypatch.setenv(given.api_key_env, KEY)
    task = vermeil.make_task(vermeil.TaskConfig(labels={"PER": vermeil.LabelConfig()}))
    with serve(kind) as (address, problems):
        here = address + urlsplit(given.base_url).path
        teacher = given.model_copy(update={"base_url": here, "retries": 0})
        report = vermeil.annotate(["Ann left."], task, teacher, tmp_path / "replies.sqlite")
    assert problems == []
    assert {str(state): n for state, n in report.states.items()} == {"done": 1}


@pytest.mark.parametrize(("name", "number"), CASES)
def test_text_leaves_the_machine_only_with_consent(name: str, number: int) -> None:
    settings = SECTIONS[name][number]
    is_local = urlsplit(settings["base_url"]).hostname == "127.0.0.1"
    assert settings.get("allow_remote", False) is not is_local
