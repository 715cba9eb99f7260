"""Token counts of a server that cannot be: charges are estimated, and limits hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.requests import make_requests
from vermeil.teacher.tokens import max_usage

EMPTY = '{"entities": []}'


def with_usage(usage: str, content: str = EMPTY) -> Answer:
    choices = json.dumps([{"message": {"content": content}, "finish_reason": "stop"}])
    return Answer(body=f'{{"choices": {choices}, "usage": {usage}}}'.encode())


def counts(prompt: str, completion: str) -> str:
    return f'{{"prompt_tokens": {prompt}, "completion_tokens": {completion}}}'


IMPOSSIBLE = {
    "huge": counts("1" + 30 * "0", "2"),
    "larger than 64 bits": counts("7", str(2**64)),
    "at 63 bits": counts(str(2**63 - 1), str(2**63 - 1)),
    "billions": counts("5000000000", "2"),
    "negative": counts("-5000", "-900"),
    "one negative": counts("10", "-1"),
    "text": counts('"10"', '"2"'),
    "fraction": counts("10.5", "2"),
    "not a number": counts("NaN", "2"),
    "infinite": counts("Infinity", "2"),
    "boolean": counts("true", "2"),
    "list": counts("[10]", "2"),
    "not an object": "[10, 2]",
    "a number": "12",
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_counts_are_replaced_by_the_estimate_and_reported(
    name: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: with_usage(IMPOSSIBLE[name])
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.EMPTY: 10}
    requests = list(make_requests(documents, task, teacher))
    expected = sum(max_usage(r).prompt_tokens + len(EMPTY) + 1 for r in requests)
    assert report.ask_report.spent.charged.tokens == expected
    assert report.ask_report.usage.total == 0
    (warning,) = report.as_dict()["warnings"]
    assert warning.startswith("10 replies")


@pytest.mark.parametrize("name", ["negative", "huge"])
def test_limits_hold(
    name: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: with_usage(IMPOSSIBLE[name])
    small = teacher.model_copy(update={"max_tokens": 20, "concurrency": 1})
    most = max(max_usage(request).total for request in make_requests(documents, task, small))
    limited = small.model_copy(update={"max_tokens_total": 3 * most})
    report = annotate(documents, task, limited, store)
    assert report.states == {State.EMPTY: 3, State.OVER_BUDGET: 7}
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    "usage", ['{"prompt_tokens": 10}', '{"completion_tokens": 2}', "null", "{}"]
)
def test_missing_counts_do_no_harm(
    usage: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: with_usage(usage)
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.EMPTY: 10}
    assert report.ask_report.spent.charged.tokens >= 20


@pytest.mark.parametrize("cached", ["-5", "11", '"3"', "true", "1e400", "[1]"])
def test_impossible_cached_tokens_have_the_full_price(
    cached: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    details = f'{{"cached_tokens": {cached}}}'
    usage = f'{counts("10", "2")[:-1]}, "prompt_tokens_details": {details}}}'
    server.script = lambda number, seen: with_usage(usage)
    prices = {"m": {"input": 1.0, "output": 100.0, "cached_input": 0.0}}
    settings = {**teacher.model_dump(), "prices": prices}
    report = annotate(documents[:1], task, TeacherConfig.model_validate(settings), store)
    assert report.ask_report.cost_usd == pytest.approx(210e-6)


def test_counts_of_an_error_are_checked_too(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    body = f'{{"error": {{"code": 502, "message": "x"}}, "usage": {IMPOSSIBLE["negative"]}}}'
    server.first(Answer(body=body.encode()))
    report = annotate(documents[:1], task, teacher, store)
    assert report.states == {State.EMPTY: 1}
    assert report.ask_report.spent.charged.tokens == 12


def test_empty_reply_with_impossible_counts_is_charged(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    server.script = lambda number, seen: with_usage(IMPOSSIBLE["huge"], content="")
    report = annotate(documents[:1], task, teacher, store)
    (request,) = make_requests(documents[:1], task, teacher)
    assert report.ask_report.spent.charged.tokens > max_usage(request).prompt_tokens


def test_reasoning_without_counts_is_charged_in_full(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    message = {"content": "", "reasoning": "The names are"}
    choices = [{"message": message, "finish_reason": "stop"}]
    server.script = lambda number, seen: Answer(body=json.dumps({"choices": choices}).encode())
    report = annotate(documents[:1], task, teacher, store)
    (request,) = make_requests(documents[:1], task, teacher)
    assert report.ask_report.spent.charged.tokens == max_usage(request).total


@pytest.mark.parametrize("value", [10**30, -4, "10", 1.5, True])
def test_counts_of_anthropic_are_checked_too(
    value: bool | float | str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    message = {
        "type": "message",
        "content": [{"type": "text", "text": EMPTY}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 5, "cache_read_input_tokens": value, "output_tokens": 2},
    }
    server.script = lambda number, seen: Answer(body=json.dumps(message).encode())
    claude = teacher.model_copy(update={"backend": "anthropic"})
    report = annotate(documents[:2], task, claude, store)
    assert report.states == {State.EMPTY: 2}
    assert report.ask_report.estimated_charges == 2
