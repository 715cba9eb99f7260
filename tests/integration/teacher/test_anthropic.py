"""Anthropic's messages, through its SDK, over real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import ConsentError, TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.locate import locate
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.registry import list_models
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.store.store import ReplyStore

KEY = "sk-ant-very-secret-0123456789"


@pytest.fixture
def answer(server: FaultServer) -> type[Answer]:
    return Answer


@pytest.fixture
def claude(teacher: TeacherConfig, monkeypatch: pytest.MonkeyPatch) -> TeacherConfig:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    return teacher.model_copy(update={"backend": "anthropic", "concurrency": 1})


def message(text: str, stop: str = "end_turn", **usage: int) -> bytes:
    body = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": text}],
        "stop_reason": stop,
        "usage": {"input_tokens": 10, "output_tokens": 2, **usage},
    }
    return json.dumps(body).encode()


def problem(status: int, kind: str, words: str) -> dict[str, Any]:
    error = {"type": "error", "error": {"type": kind, "message": words}}
    return {"status": status, "body": json.dumps(error).encode()}


def test_the_request_has_anthropics_shape(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    claude: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(body=message('{"entities": []}'))
    assert annotate(documents, task, claude, store).states == {State.EMPTY: 10}
    body = server.seen[0].body
    assert set(body) == {"model", "messages", "system", "max_tokens", "temperature"}
    assert [m["role"] for m in body["messages"]] == ["user"]
    assert "PER" in body["system"]
    assert server.seen[0].headers["anthropic-version"]
    assert set(server.paths) == {"/v1/messages"}
    assert locate(documents, task, claude, store).states == {State.EMPTY: 10}


@pytest.mark.parametrize(
    ("stop", "text", "state"),
    [
        ("end_turn", '{"entities": [{"text": "Oslo", "label": "LOC"}]}', State.DONE),
        ("stop_sequence", '{"entities": []}', State.EMPTY),
        ("max_tokens", '{"entities": [{"te', State.TRUNCATED),
        ("model_context_window_exceeded", "", State.TRUNCATED),
        ("refusal", "", State.REFUSED),
        ("end_turn", "Sure!", State.UNPARSABLE),
    ],
)
def test_every_reason_to_stop_ends_in_its_state(
    stop: str,
    text: str,
    state: State,
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    claude: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(body=message(text, stop))
    assert annotate(documents[:1], task, claude, store).states == {state: 1}


def test_all_tokens_are_counted_cached_ones_too(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    claude: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(
        body=message('{"entities": []}', cache_read_input_tokens=5, cache_creation_input_tokens=7)
    )
    usage = annotate(documents[:1], task, claude, store).ask_report.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (22, 2)


def test_a_schema_is_sent_as_output_config(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    claude: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(body=message('{"entities": []}'))
    held = claude.model_copy(update={"structured": "json_schema"})
    annotate(documents[:1], task, held, store)
    form = server.seen[0].body["output_config"]["format"]
    assert form == {"type": "json_schema", "schema": task.schema("standard")}


@pytest.mark.parametrize("structured", ["json_object", "vllm", "llama_cpp"])
def test_ways_to_hold_replies_that_anthropic_lacks_are_configuration_errors(
    structured: str,
) -> None:
    with pytest.raises(ValueError, match=r"json_schema"):
        TeacherConfig(backend="anthropic", structured=structured)


def test_overload_and_rate_limits_pass(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    claude: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    good = answer(body=message('{"entities": []}'))
    bad = [
        answer(**problem(529, "overloaded_error", "Overloaded")),
        answer(**problem(429, "rate_limit_error", "slow"), headers={"Retry-After": "0"}),
    ]
    server.script = lambda number, seen: bad[number] if number < 2 else good
    report = annotate(documents[:1], task, claude, store)
    assert report.states == {State.EMPTY: 1}
    assert report.ask_report.attempts == 3


@pytest.mark.parametrize(
    ("status", "kind", "words", "expected"),
    [
        (401, "authentication_error", "invalid key", "ANTHROPIC_API_KEY"),
        (404, "not_found_error", "model: nope", "teacher.model"),
        (400, "invalid_request_error", "Your credit balance is too low", "no credit left"),
        (400, "invalid_request_error", "`temperature` is not supported", 'temperature = "none"'),
        (400, "invalid_request_error", "output_config: not supported", "teacher.structured"),
    ],
)
def test_what_no_request_can_survive_stops_the_run_with_advice(
    status: int,
    kind: str,
    words: str,
    expected: str,
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    claude: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(**problem(status, kind, words))
    held = claude.model_copy(update={"structured": "json_schema"})
    with pytest.raises(TeacherError) as caught:
        annotate(documents, task, held, store)
    assert expected in str(caught.value)
    assert len(server.seen) == 1


def test_a_text_that_is_turned_down_is_one_failure(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    claude: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    hostile = Document("h", "The temperature and the credit balance are low.")
    server.script = lambda number, seen: (
        answer(**problem(400, "invalid_request_error", f"bad: {seen.last_line}"))
        if seen.last_line == hostile.text
        else answer(body=message('{"entities": []}'))
    )
    report = annotate([hostile, *documents], task, claude, store)
    assert report.states == {State.FAILED: 1, State.EMPTY: 10}


def test_the_key_is_sent_and_stands_nowhere_else(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    claude: TeacherConfig,
    store: Path,
    documents: list[Document],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-other-one")
    caplog.set_level("DEBUG")
    good = answer(body=message('{"entities": []}'))
    bad = answer(**problem(500, "api_error", f"your key {KEY} is fine"))
    server.script = lambda number, seen: bad if number == 0 else good
    report = annotate(documents, task, claude.model_copy(update={"retries": 0}), store)
    assert report.states == {State.FAILED: 1, State.EMPTY: 9}
    assert all(KEY in str(s.headers) for s in server.seen)
    assert not any("sk-the-other-one" in str(s.headers) for s in server.seen)
    server.script = lambda number, seen: answer(**problem(403, "permission_error", f"no: {KEY}"))
    rejected = annotate([Document("new", "New.")], task, claude, store)
    assert rejected.states == {State.FAILED: 1}
    other = store.with_name("other.sqlite")
    with pytest.raises(TeacherError) as caught:
        annotate([Document("new", "New.")], task, claude, other)
    outputs = [json.dumps(report.as_dict()), json.dumps(rejected.as_dict()), str(caught.value)]
    outputs += [caplog.text, *capfd.readouterr()]
    with ReplyStore(store) as replies:
        outputs += [str(replies.attempts(d.id, "")) for d in documents]
    assert not any(KEY in text for text in outputs)
    assert not any(KEY.encode() in p.read_bytes() for p in store.parent.iterdir())


def test_no_key_means_no_authorization_header(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    claude: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(body=message('{"entities": []}'))
    annotate(documents[:1], task, claude, store)
    assert not {"authorization", "x-api-key"} & server.seen[0].headers.keys()


def test_an_answer_of_another_kind_is_an_attempt(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    claude: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(body=b'{"completion": "no"}')
    assert annotate(documents[:1], task, claude, store).states == {State.FAILED: 1}


def test_text_goes_to_no_other_machine_without_consent(
    task: Task, claude: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    remote = claude.model_copy(update={"base_url": "https://api.anthropic.invalid"})
    with pytest.raises(ConsentError, match=r"api\.anthropic\.invalid"):
        annotate(documents, task, remote, store)


def test_a_server_that_is_not_there_is_reported(
    task: Task, claude: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    gone = claude.model_copy(update={"base_url": "http://127.0.0.1:9"})
    with pytest.raises(TeacherError, match="cannot reach"):
        annotate(documents, task, gone, store)
    with pytest.raises(TeacherError, match="cannot reach"):
        list_models(gone)


def test_without_the_sdk_the_command_that_installs_it_is_reported() -> None:
    script = (
        "import sys\n"
        "sys.modules['anthropic'] = None\n"
        "from vermeil.teacher.backends.registry import open_backend\n"
        "from vermeil.teacher.config import TeacherConfig\n"
        "from vermeil.errors import ConfigError\n"
        "try:\n    open_backend(TeacherConfig(backend='anthropic'))\n"
        "except ConfigError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert 'pip install ".[anthropic]"' in done.stdout
