"""Errors in responses with HTTP 200, content filters, and replies without content."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.store.store import ReplyStore

OSLO = '{"entities": [{"text": "Oslo", "label": "LOC"}]}'
GOOD = Answer(OSLO)
USAGE = {"prompt_tokens": 70, "completion_tokens": 5, "total_tokens": 75}


def ok(value: object, **headers: str) -> Answer:
    return Answer(body=json.dumps(value).encode(), headers=headers)


def choice(message: object, reason: object = "stop", **more: object) -> Answer:
    return ok({"choices": [{"message": message, "finish_reason": reason, **more}], "usage": USAGE})


def events(*values: object) -> Answer:
    lines = [f"data: {json.dumps(value)}\n\n" for value in values]
    body = "".join([": waiting\n\n", *lines, "data: [DONE]\n\n"]).encode()
    return Answer(body=body, headers={"Content-Type": "text/event-stream"})


TEMPORARY = {
    "rate limit": ok({"error": {"message": "Provider is busy", "code": 429}}),
    "code as text": ok({"error": {"message": "slow down", "code": "429"}}),
    "by its type": ok({"error": {"type": "overloaded_error", "message": "Overloaded"}}),
    "by its words": ok({"error": "Too many requests"}),
    "beside choices": ok({"choices": [], "error": {"message": "upstream", "code": 502}}),
    "of the choice": choice({"content": "half a"}, "error", error={"code": 502, "message": "x"}),
    "finish reason": choice({"content": ""}, "error"),
    "in a list": ok([{"error": {"code": 503, "status": "UNAVAILABLE", "message": "later"}}]),
    "without error key": ok({"detail": "upstream timed out"}),
    "event with an error": events({"error": {"message": "later", "code": 429}}),
    "stream": events({"choices": [{"delta": {"content": "{"}}]}, {"choices": [], "usage": USAGE}),
    "page": Answer(body=b"<html>Sign in</html>", headers={"Content-Type": "text/html"}),
    "text": Answer(body=b"upstream connect error", headers={"Content-Type": "text/plain"}),
    "nothing": Answer(body=b""),
}


@pytest.mark.parametrize("name", TEMPORARY)
def test_temporary_error_is_retried(
    name: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.first(TEMPORARY[name], GOOD)
    report = annotate(documents[:1], task, teacher, store)
    assert report.states == {State.DONE: 1}
    assert report.ask_report.attempts == 2


@pytest.mark.parametrize(
    ("name", "charged"),
    [("rate limit", 0), ("page", 0), ("finish reason", 75), ("of the choice", 75), ("stream", 75)],
)
def test_error_is_charged_what_the_server_counted(
    name: str,
    charged: int,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.first(TEMPORARY[name], GOOD)
    report = annotate(documents[:1], task, teacher, store)
    assert report.ask_report.spent.charged.tokens == charged + 12


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (Answer(body=b"<html>\x1b[2J Sign \x9bin" + b"x" * 900), "<html>\\x1b[2J Sign"),
        (events({"choices": [{"delta": {"content": "Hi"}}]}), 'data: {"choices"'),
        (ok({"model": "m", "output": "\u202eabc"}), '{"model": "m", "output":'),
        (Answer(body=b"\x00\x07no json"), "\\x00\\x07no json"),
    ],
)
def test_message_shows_the_beginning_of_the_body_without_control_characters(
    fault: Any,
    shown: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: fault
    once = teacher.model_copy(update={"retries": 0})
    report = annotate(documents[:1], task, once, store)
    assert report.states == {State.FAILED: 1}
    message = report.ask_report.problems[0].message
    assert shown in message
    assert message.isprintable()
    assert "x" * 201 not in message


@pytest.mark.parametrize(
    "error",
    [
        {"message": "No auth credentials found", "code": 401},
        {"message": "bad", "code": "invalid_api_key"},
        {"message": "Invalid API key provided"},
        {"message": "Insufficient credits", "code": 402},
    ],
)
def test_key_or_credit_that_is_refused_stops_the_run(
    error: dict[str, int | str],
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: ok({"error": error})
    with pytest.raises(TeacherError) as caught:
        annotate(documents, task, teacher, store)
    assert caught.value.exit_code == 4
    assert len(server.seen) <= teacher.concurrency
    with ReplyStore(store) as replies:
        assert replies.spent().charged.tokens == 0


def test_quoted_words_of_a_document_stop_nothing(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    text = "The clerk wrote: unauthorized, insufficient credits, invalid key."
    fault = ok({"error": {"message": f"cannot process: {text}"}})
    server.script = lambda number, seen: fault if seen.last_line == text else GOOD
    report = annotate([Document("odd", text), *documents], task, teacher, store)
    assert report.states == {State.FAILED: 1, State.DONE: 10}


def test_delay_in_the_body_is_kept(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    error = {"message": "busy", "code": 429, "metadata": {"retry_after": 0.4}}
    server.first(ok({"error": error}))
    started = time.monotonic()
    report = annotate(documents[:1], task, teacher, store)
    assert report.states == {State.EMPTY: 1}
    assert time.monotonic() - started >= 0.4  # a lower bound


FILTERED = {
    "gateway": Answer(
        status=400,
        body=json.dumps(
            {
                "error": {
                    "message": "BadRequestError: ContentPolicyViolationError: the response was "
                    "filtered by the content management policy",
                    "code": "400",
                }
            }
        ).encode(),
    ),
    "inner code": Answer(
        status=400,
        body=b'{"error": {"message": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}',
    ),
    "code": Answer(status=400, body=b'{"error": {"message": "x", "code": "content_filter"}}'),
    "in success": ok({"error": {"message": "x", "code": "content_filter"}}),
    "prompt": ok(
        {
            "choices": [],
            "prompt_filter_results": [
                {"content_filter_results": {"hate": {"filtered": True, "severity": "high"}}}
            ],
        }
    ),
    "no message": choice(None, "content_filter"),
    "refusal": choice({"content": None, "refusal": "I will not."}),
    **{
        reason: choice({"content": ""}, reason)
        for reason in ("content_filter", "SAFETY", "RECITATION", "refusal", "contentFilter")
    },
}


@pytest.mark.parametrize("name", FILTERED)
def test_filtered_document_is_refused_and_not_sent_again(
    name: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: FILTERED[name]
    assert annotate(documents[:1], task, teacher, store).states == {State.REFUSED: 1}
    annotate(documents[:1], task, teacher, store)
    assert len(server.seen) == 1


@pytest.mark.parametrize("reason", ["length", "max_tokens", "MAX_TOKENS", "maxTokens"])
def test_reply_at_the_length_limit_is_truncated(
    reason: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: choice({"content": OSLO[:20]}, reason)
    assert annotate(documents[:1], task, teacher, store).states == {State.TRUNCATED: 1}


@pytest.mark.parametrize("reason", [None, "stop", "STOP", "eos", "tool_calls"])
def test_other_reasons_leave_the_answer_as_it_is(
    reason: str | None,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: choice({"content": OSLO}, reason)
    assert annotate(documents[:1], task, teacher, store).states == {State.DONE: 1}


@pytest.mark.parametrize(
    "message",
    [
        {"content": "", "reasoning": "The names are Oslo"},
        {"content": None, "reasoning_content": "The names are Oslo"},
        {"content": [{"type": "thinking", "thinking": "Oslo"}]},
    ],
)
def test_reasoning_without_an_answer_is_explained(
    message: dict[str, list[dict[str, str]] | str | None],
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: choice(message)
    report = annotate(documents[:1], task, teacher, store)
    assert report.states == {State.UNPARSABLE: 1}
    problem = report.ask_report.problems[0].message
    assert "only reasoned" in problem
    assert "teacher.max_tokens" in problem
    assert "teacher.extra" in problem


def test_time_outs_name_the_setting_and_end_with_a_hint(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    server.script = lambda number, seen: Answer(stall=2)
    quick = teacher.model_copy(update={"timeout": 0.2, "retries": 1})
    report = annotate(documents[:3], task, quick, store)
    assert report.states == {State.FAILED: 3}
    assert "no reply within 0.2 s (teacher.timeout)" in report.ask_report.problems[0].message
    (hint,) = report.warnings
    assert hint.startswith("6 of 6 attempts")
    assert "teacher.concurrency" in hint


def test_a_model_that_is_being_loaded_is_explained(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    body = b'{"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}'
    server.script = lambda number, seen: Answer(status=503, body=body)
    report = annotate(documents[:1], task, teacher, store)
    assert "still loading the model" in report.ask_report.problems[0].message
