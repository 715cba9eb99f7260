"""Faults of a teacher, through real sockets."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer, Seen

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.engine import send_requests
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.store import ReplyStore

# Long enough that a good answer never takes it, on a busy machine either.
PATIENCE = 3.0
OSLO = '{"entities": [{"text": "Oslo", "label": "LOC"}]}'


def rows(store: Path, columns: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(store)) as db:
        return db.execute(f"SELECT {columns} FROM attempts ORDER BY rowid").fetchall()


def faults(answer: type[Answer]) -> dict[str, Answer]:
    return {
        "rate limit": answer(status=429, headers={"Retry-After": "0"}, content="slow down"),
        "server error": answer(status=500, content="oh no"),
        "overloaded": answer(status=529, content="busy"),
        "time-out": answer(stall=30),
        "a slow drip": answer(drip=0.1),
        "no Unicode": answer(body=b'{"choices": "\xff"}'),
        "deep nesting": answer(body=b"[" * 200_000),
        "cut before the answer": answer(cut="before"),
        "cut in the answer": answer(cut="within"),
        "no JSON": answer(body=b'{"choices": [{"mess'),
        "a page": answer(body=b"<html>hello</html>", headers={"Content-Type": "text/html"}),
        "no choices": answer(body=b'{"choices": []}'),
        "null choices": answer(body=b'{"choices": null}'),
        "an error with status 200": answer(body=b'{"error": {"message": "upstream died"}}'),
        "a list": answer(body=b"[]"),
        "a number as content": answer(content=7),
    }


NAMES = list(faults(Answer))


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.mark.parametrize("name", NAMES)
def test_passing_fault_is_tried_again_and_both_attempts_are_stored(
    name: str,
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.first(faults(answer)[name], answer(content=OSLO))
    teacher = teacher.model_copy(update={"timeout": PATIENCE})
    report = annotate(documents[:1], task, teacher, store)
    assert report.states == {State.DONE: 1}
    assert report.ask_report.attempts == 2
    (first, second) = rows(store, "attempt, reply, error")
    assert first[:2] == (1, None)
    assert first[2]
    assert second == (2, OSLO, None)


@pytest.mark.parametrize("name", NAMES)
def test_fault_that_stays_ends_in_failed_and_is_asked_again_next_time(
    name: str,
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    fault = faults(answer)[name]
    bad = documents[3].text
    server.script = lambda number, seen: fault if seen.last_line == bad else answer()
    teacher = teacher.model_copy(update={"timeout": PATIENCE, "retries": 1})
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.EMPTY: 9, State.FAILED: 1}
    assert [p.document_id for p in report.ask_report.problems] == ["d3"]
    server.seen.clear()
    server.script = lambda number, seen: answer()
    again = annotate(documents, task, teacher, store)
    assert again.states == {State.EMPTY: 10}
    assert server.asked == [bad]
    assert rows(store, "attempt")[-1] == (3,)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_rejected_request_fails_without_a_second_attempt(
    status: int,
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(status=status, content="too long")
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.FAILED: 10}
    assert len(server.seen) == 10
    assert "too long" in report.ask_report.problems[0].message


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (401, "invalid_api_key", "OPENAI_API_KEY"),
        (402, None, "credit"),
        (403, None, "denies access"),
        (404, "model_not_found", "teacher.model"),
        (429, "insufficient_quota", "credit"),
        (400, "unsupported_value", "[teacher]"),
        (307, None, "redirects"),
    ],
)
def test_hopeless_teacher_stops_the_run_with_advice(
    status: int,
    code: str | None,
    advice: str,
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    body = json.dumps({"error": {"message": "no", "code": code}}).encode()
    elsewhere = {"Location": "http://127.0.0.1:1/v1/chat/completions"} if status == 307 else {}
    server.script = lambda number, seen: answer(status=status, body=body, headers=elsewhere)
    with pytest.raises(TeacherError) as caught:
        annotate(documents, task, teacher, store)
    assert advice in str(caught.value)
    assert len(server.seen) <= teacher.concurrency
    assert caught.value.exit_code == 4


def test_an_unreachable_server_stops_at_once(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    server.stop()
    with pytest.raises(TeacherError, match=r"127\.0\.0\.1:\d+/v1 \(Connection refused\); is"):
        annotate(documents, task, teacher, store)
    assert len(rows(store, "key")) <= teacher.concurrency


def test_host_without_a_name_stops_at_once(
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    nowhere = teacher.model_copy(
        update={"base_url": "http://nowhere.invalid/v1", "allow_remote": True}
    )
    with pytest.raises(TeacherError, match=r"cannot reach the teacher at http://nowhere\.invalid"):
        annotate(documents, task, nowhere, store)


def test_server_that_dies_midway_stops_the_run_and_a_later_run_goes_on(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    teacher = teacher.model_copy(update={"concurrency": 1})

    def dies_after_four(number: int, seen: Seen) -> Answer:
        if number == 4:
            assert server._server is not None
            server._server.socket.close()
            return answer(cut="before")
        return answer()

    server.script = dies_after_four
    with pytest.raises(TeacherError, match="4 replies were received and stored"):
        annotate(documents, task, teacher, store)
    server.stop()
    server.script = lambda number, seen: answer()
    server.seen.clear()
    server.start()
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.EMPTY: 10}
    assert server.asked == [d.text for d in documents[4:]]


def test_server_that_restarts_midway_is_waited_for(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    teacher = teacher.model_copy(update={"concurrency": 1, "retries": 8, "retry_delay": 0.05})

    def restarts(number: int, seen: Seen) -> Answer:
        if number == 4:
            assert server._server is not None
            server._server.socket.close()
            server._server.shutdown()
            server.start()
            return answer(cut="before")
        return answer()

    server.script = restarts
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.EMPTY: 10}
    assert report.ask_report.attempts >= 11


def test_pause_that_the_server_asks_for_holds_for_every_worker(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    pause = answer(status=429, headers={"Retry-After": "0.4"})
    server.script = lambda number, seen: answer(stall=0.1) if number else pause
    teacher = teacher.model_copy(update={"concurrency": 2})
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.EMPTY: 10}
    # A lower bound, so no slow machine can break it: what was not in flight already waited.
    asked_at = server.seen[0].moment
    early = [s for s in server.seen if s.moment < asked_at + 0.4]
    assert len(early) <= len(documents) - 2
    assert report.ask_report.attempts == 11


def test_pause_of_hours_stops_the_run(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.first(answer(status=429, headers={"Retry-After": "7200"}, content="daily limit"))
    teacher = teacher.model_copy(update={"concurrency": 1})
    with pytest.raises(TeacherError, match="wait 7200 s"):
        annotate(documents, task, teacher, store)
    assert len(server.seen) == 1


def test_attempts_before_a_stop_are_in_the_store_when_the_error_comes(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(status=401)
    requests = make_requests(documents, task, teacher)
    with ReplyStore(store) as replies:
        with pytest.raises(TeacherError):
            send_requests(requests, teacher, replies, task.read)
        assert rows(store, "error")


def test_json_under_another_content_type_is_read(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(headers={"Content-Type": "text/plain"})
    assert annotate(documents, task, teacher, store).states == {State.EMPTY: 10}


def test_answer_that_is_delivered_twice_is_never_taken_for_another_s(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    def own(number: int, seen: Seen) -> Answer:
        content = json.dumps({"entities": [{"text": seen.last_line, "label": "LOC"}]})
        return answer(content=content, again=0.0)

    server.script = own
    # The next request goes out when the second answer is there.
    teacher = teacher.model_copy(update={"concurrency": 1, "requests_per_minute": 60})
    report = annotate(documents[:3], task, teacher, store)
    assert report.states == {State.DONE: 3}
    stored = {name: reply for name, reply in rows(store, "document_id, reply") if reply}
    assert all(document.text in stored[document.id] for document in documents[:3])


def test_server_s_own_limit_is_heeded(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    headers = {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "400ms",
        "x-ratelimit-limit-requests": "1",
    }
    server.script = lambda number, seen: answer(headers={} if number else headers)
    report = annotate(documents, task, teacher.model_copy(update={"concurrency": 1}), store)
    assert report.states == {State.EMPTY: 10}
    # A lower bound, so no slow machine can break it.
    assert server.seen[1].moment - server.seen[0].moment >= 0.39
