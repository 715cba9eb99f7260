"""Rejections of one document, and rejections of every request, over real sockets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer, Seen

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.store.store import ReplyStore

BLOCKED = b"<html><head><title>403</title></head>\x1b[31m Request blocked</html>"


def page(status: int) -> Answer:
    return Answer(status=status, body=BLOCKED, headers={"Content-Type": "text/html"})


@pytest.fixture
def many() -> list[Document]:
    return [Document(f"n{i}", f"Sentence {i} mentions Bergen.") for i in range(60)]


@pytest.mark.parametrize("status", [302, 403, 404, 407, 410])
def test_document_that_a_firewall_rejects_fails_alone_and_is_named(
    status: int,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    many: list[Document],
) -> None:
    bad = many[7].text
    server.script = lambda number, seen: page(status) if seen.last_line == bad else Answer()
    report = annotate(many, task, teacher, store)
    assert report.states == {State.EMPTY: 59, State.FAILED: 1}
    (problem,) = report.ask_report.problems
    assert problem.document_id == "n7"
    assert f"HTTP {status}: <html><head>" in problem.message
    assert "this document only" in problem.message
    assert "\x1b" not in problem.message
    assert server.asked.count(bad) == 1
    server.seen.clear()
    again = annotate(many, task, teacher, store)
    assert again.states == report.states
    assert server.asked == [bad]


@pytest.mark.parametrize("concurrency", [2, 4, 16])
def test_first_document_may_be_the_one_that_is_rejected(
    concurrency: int,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    many: list[Document],
) -> None:
    bad = many[0].text
    server.script = lambda number, seen: page(403) if seen.last_line == bad else Answer(stall=0.05)
    several = teacher.model_copy(update={"concurrency": concurrency})
    report = annotate(many, task, several, store)
    assert report.states == {State.EMPTY: 59, State.FAILED: 1}


def test_a_single_request_in_flight_that_is_rejected_stops_the_run(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, many: list[Document]
) -> None:
    bad = many[0].text
    server.script = lambda number, seen: page(403) if seen.last_line == bad else Answer()
    one_by_one = teacher.model_copy(update={"concurrency": 1})
    with pytest.raises(TeacherError, match="denies access"):
        annotate(many, task, one_by_one, store)
    assert server.asked == [bad]
    assert annotate(many[1:], task, one_by_one, store).states == {State.EMPTY: 59}
    # The store holds replies of this model now.
    with_stored = annotate(many, task, one_by_one, store)
    assert with_stored.states == {State.EMPTY: 59, State.FAILED: 1}


@pytest.mark.parametrize("status", [403, 404])
def test_no_more_requests_than_are_in_flight_are_sent_when_all_are_rejected(
    status: int,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    many: list[Document],
) -> None:
    server.script = lambda number, seen: Answer("no", status=status, stall=0.02)
    with pytest.raises(TeacherError, match=r"teacher\.model") as caught:
        annotate(many, task, teacher, store)
    assert len(server.seen) <= teacher.concurrency
    assert "only" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, None), (403, "invalid_api_key"), (402, None), (429, "insufficient_quota")],
)
def test_key_or_credit_that_ends_midway_stops_the_run_at_once(
    status: int,
    code: str | None,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    many: list[Document],
) -> None:
    body = json.dumps({"error": {"message": "no", "code": code}}).encode()
    server.script = lambda number, seen: (
        Answer() if number < 20 else Answer(status=status, body=body)
    )
    with pytest.raises(TeacherError) as caught:
        annotate(many, task, teacher, store)
    assert caught.value.exit_code == 4
    assert len(server.seen) <= 20 + teacher.concurrency


@pytest.mark.parametrize("status", [403, 404])
def test_access_that_ends_midway_stops_the_run_after_many_rejections_in_a_row(
    status: int,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    many: list[Document],
) -> None:
    server.script = lambda number, seen: Answer() if number < 20 else Answer("gone", status=status)
    with pytest.raises(TeacherError, match="check"):
        annotate(many, task, teacher, store)
    assert 40 <= len(server.seen) <= 40 + 2 * teacher.concurrency
    with ReplyStore(store) as replies, replies.transaction() as db:
        (stored,) = db.execute("SELECT COUNT(*) FROM attempts WHERE reply IS NOT NULL").fetchone()
    assert stored == 20


def test_rejections_with_answers_in_between_do_not_stop_the_run(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, many: list[Document]
) -> None:
    one_by_one = teacher.model_copy(update={"concurrency": 1})
    server.script = lambda number, seen: page(403) if number % 2 else Answer()
    report = annotate(many, task, one_by_one, store)
    assert report.states == {State.EMPTY: 30, State.FAILED: 30}


BLOCKING = {
    "firewall": page(403),
    "too long": Answer("too long", status=413),
    "filter": Answer(status=400, body=b'{"error": {"code": "content_filter", "message": "no"}}'),
}


@pytest.mark.parametrize("name", BLOCKING)
def test_documents_of_a_rejected_shared_request_are_sent_singly(
    name: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    many: list[Document],
) -> None:
    def script(number: int, seen: Seen) -> Answer:
        texts = [json.loads(line) for line in _lines(seen)]
        if any(one["text"] == many[5].text for one in texts):
            return BLOCKING[name]
        return Answer("\n".join(json.dumps({"id": one["id"], "entities": []}) for one in texts))

    server.script = script
    shared = teacher.model_copy(update={"documents_per_request": 4, "concurrency": 8})
    report = annotate(many, task, shared, store)
    state = State.REFUSED if name == "filter" else State.FAILED
    assert report.states == {State.EMPTY: 59, state: 1}
    assert 60 // 4 + 4 <= len(server.seen) < 40  # how documents are grouped depends on timing


def test_counts_of_a_failed_shared_request_are_divided(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, many: list[Document]
) -> None:
    usage = {"prompt_tokens": 41, "completion_tokens": 2}
    body = json.dumps({"error": {"code": 502, "message": "x"}, "usage": usage}).encode()
    server.script = lambda number, seen: Answer(body=body)
    settings = {"documents_per_request": 4, "concurrency": 4, "retries": 0}
    report = annotate(many[:4], task, teacher.model_copy(update=settings), store)
    assert report.states == {State.FAILED: 4}
    assert report.ask_report.spent.charged.tokens == 43


def _lines(seen: Seen) -> list[str]:
    question: str = seen.body["messages"][-1]["content"]
    return question.partition("\n\nTexts:\n")[2].splitlines()
