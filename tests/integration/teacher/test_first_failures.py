"""Runs whose first requests all fail in the same way stop; partial failures are counted."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer, Seen

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherError, TeacherStoppedError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.locate import locate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.store.store import ReplyStore

LIMIT = 6
NUMBER = 60
OSLO = Answer('{"entities": [{"text": "Oslo", "label": "LOC"}]}')


def mentions(*pairs: tuple[str, str]) -> Answer:
    entities = [{"text": text, "label": label} for text, label in pairs]
    return Answer(json.dumps({"entities": entities}))


USELESS = {
    "server error": (Answer("broken", status=500), "failed", "HTTP 500: broken"),
    "rejected": (Answer("too long", status=413), "failed", "too long"),
    "no completion": (Answer(body=b'{"choices": []}'), "failed", ""),
    "chatter": (Answer("A lovely text, thank you."), "unparsable", ""),
    "empty": (Answer(""), "unparsable", ""),
    "another language": (Answer("<ner><x/></ner>"), "unparsable", ""),
    "reasoning only": (Answer("Let me think", finish_reason="length"), "truncated", "length"),
    "refusal": (Answer("I'm sorry, but I cannot help with that."), "refused", "declined"),
    "filtered": (Answer("", finish_reason="content_filter"), "refused", "declined"),
    "foreign labels": (mentions(("Oslo", "CITY"), ("Text", "WORD")), "off_schema", "CITY, WORD"),
    "invented names": (mentions(("Reykjavik", "LOC")), "unplaced", "in the text"),
}


@pytest.fixture
def many() -> list[Document]:
    return [Document(f"d{i}", f"Text number {i} mentions Oslo.") for i in range(NUMBER)]


@pytest.fixture
def careful(teacher: TeacherConfig) -> TeacherConfig:
    return teacher.model_copy(
        update={"stop_after_failures": LIMIT, "retries": 1, "retry_delay": 0.001}
    )


def stored_replies(store: Path) -> int:
    with ReplyStore(store) as replies, replies.transaction() as db:
        return int(
            db.execute("SELECT COUNT(*) FROM attempts WHERE reply IS NOT NULL").fetchone()[0]
        )


@pytest.mark.parametrize("name", USELESS)
def test_run_stops_when_its_first_requests_fail_in_the_same_way(
    name: str,
    server: FaultServer,
    task: Task,
    careful: TeacherConfig,
    store: Path,
    many: list[Document],
) -> None:
    answer, kind, problem = USELESS[name]
    server.script = lambda number, seen: answer
    with pytest.raises(TeacherStoppedError) as caught:
        annotate(many, task, careful, store)
    assert isinstance(caught.value, TeacherError)
    assert caught.value.exit_code == 4
    assert len(set(server.asked)) == LIMIT
    assert caught.value.failures == {kind: LIMIT}
    message = str(caught.value)
    for part in (kind, problem, "teacher.stop_after_failures = 6", "same command", "what to do"):
        assert part in message
    if kind != "failed":
        assert stored_replies(store) == len(server.seen)


def test_problems_that_differ_in_numbers_and_ids_are_one(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    server.script = lambda number, seen: Answer(
        f"request {number} of 3f9a77{number:04x}-aa01: no", status=422
    )
    with pytest.raises(TeacherStoppedError) as caught:
        annotate(many, task, careful, store)
    assert len(caught.value.problems) == 1
    assert sum(caught.value.problems.values()) == LIMIT


def test_a_zero_switches_the_stop_off(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    server.script = lambda number, seen: Answer("Nice.")
    report = annotate(many, task, careful.model_copy(update={"stop_after_failures": 0}), store)
    assert report.states == {State.UNPARSABLE: NUMBER}
    assert report.usable == 0
    assert len(server.seen) == NUMBER


def test_fewer_documents_than_the_limit_are_reported(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    server.script = lambda number, seen: Answer("no", status=500)
    report = annotate(many[: LIMIT - 1], task, careful, store)
    assert report.states == {State.FAILED: LIMIT - 1}
    shown = report.as_dict()
    assert (shown["usable"], shown["unusable"]) == (0, {"failed": LIMIT - 1})
    assert shown["most_frequent_problem"] == {"problem": "HTTP 500: no", "number": LIMIT - 1}


@pytest.mark.parametrize("first", [OSLO, Answer()], ids=["mention", "empty"])
def test_one_usable_reply_is_enough_to_go_on(
    first: Answer,
    server: FaultServer,
    task: Task,
    careful: TeacherConfig,
    store: Path,
    many: list[Document],
) -> None:
    one_by_one = careful.model_copy(update={"concurrency": 1})
    server.script = lambda number, seen: first if number == LIMIT - 2 else Answer("Hm.")
    report = annotate(many, task, one_by_one, store)
    assert report.usable == 1
    assert report.states[State.UNPARSABLE] == NUMBER - 1


def test_failures_of_different_kinds_do_not_add_up(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    kinds = [answer for answer, kind, _ in USELESS.values() if kind != "failed"]
    one_by_one = careful.model_copy(update={"concurrency": 1, "stop_after_failures": 30})
    server.script = lambda number, seen: kinds[number % len(kinds)]
    report = annotate(many, task, one_by_one, store)
    assert report.usable == 0
    assert len(report.as_dict()["unusable"]) == 5


def test_requests_in_flight_are_stored_and_can_save_the_run(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    """All fast replies are bad; the only good one is slow and in flight when the limit is hit."""
    slow = many[0].text

    def script(number: int, seen: Seen) -> Answer:
        if seen.last_line == slow:
            return Answer(OSLO.content, stall=0.5)
        return Answer("Nothing to report.")

    server.script = script
    report = annotate(many, task, careful, store)
    assert report.states[State.DONE] == 1
    assert report.states[State.UNPARSABLE] == NUMBER - 1
    assert len(server.seen) == NUMBER


def test_nothing_is_sent_while_requests_in_flight_are_awaited(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    slow, asked_meanwhile = many[0].text, []
    released = threading.Event()

    def script(number: int, seen: Seen) -> Answer:
        if seen.last_line == slow:
            released.wait(0.6)
            asked_meanwhile.append(len(server.seen))
            return Answer("Still nothing.")
        return Answer("Nothing.")

    server.script = script
    with pytest.raises(TeacherStoppedError):
        annotate(many, task, careful, store)
    assert len(server.seen) == asked_meanwhile[0] == LIMIT
    assert stored_replies(store) == len(server.seen)


def test_same_command_continues_after_the_server_is_repaired(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    server.script = lambda number, seen: Answer("Nothing.")
    with pytest.raises(TeacherStoppedError):
        annotate(many, task, careful, store)
    before = len(server.seen)
    server.script = lambda number, seen: OSLO
    report = annotate(many, task, careful, store)
    assert report.states == {State.DONE: NUMBER - before, State.UNPARSABLE: before}
    assert len(server.seen) == NUMBER


def test_failed_requests_are_sent_again_by_the_same_command(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    server.script = lambda number, seen: Answer("down", status=500)
    with pytest.raises(TeacherStoppedError):
        annotate(many, task, careful, store)
    server.script = lambda number, seen: OSLO
    assert annotate(many, task, careful, store).states == {State.DONE: NUMBER}


def test_stored_usable_replies_prevent_the_stop_wherever_they_are(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    server.script = lambda number, seen: OSLO
    annotate(many[-1:], task, careful, store)
    server.script = lambda number, seen: Answer("Nothing.")
    report = annotate(many, task, careful, store)
    assert report.states == {State.DONE: 1, State.UNPARSABLE: NUMBER - 1}


def test_stored_unusable_replies_do_not_prevent_it(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    server.script = lambda number, seen: Answer("Nothing.")
    annotate(many[-3:], task, careful, store)
    with pytest.raises(TeacherStoppedError):
        annotate(many, task, careful, store)
    assert len(server.seen) == 3 + LIMIT


def test_every_teacher_is_checked_by_itself(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    both = careful.model_validate({**careful.model_dump(), "additional": ({"model": "silent"},)})
    server.script = lambda number, seen: Answer("…") if seen.body["model"] == "silent" else OSLO
    with pytest.raises(TeacherStoppedError):
        annotate(many, task, both, store)
    assert sum(seen.body["model"] == "m" for seen in server.seen) == NUMBER
    assert sum(seen.body["model"] == "silent" for seen in server.seen) == LIMIT


def test_documents_that_share_requests_stop_too(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    shared = careful.model_copy(update={"documents_per_request": 2})
    server.script = lambda number, seen: Answer("None of these texts is of interest.")
    with pytest.raises(TeacherStoppedError):
        annotate(many, task, shared, store)
    assert len(server.seen) < NUMBER / 2


def test_a_limit_on_spending_is_no_failure_of_the_teacher(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    limited = careful.model_copy(update={"max_tokens_total": 1})
    report = annotate(many, task, limited, store)
    assert report.states == {State.OVER_BUDGET: NUMBER}
    assert server.seen == []
    assert "teacher.max_tokens_total" in report.ask_report.usability.describe("requests")


def test_reservations_are_released(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    server.script = lambda number, seen: Answer("Nothing.")
    with pytest.raises(TeacherStoppedError):
        annotate(many, task, careful, store)
    with ReplyStore(store) as replies, replies.transaction() as db:
        assert db.execute("SELECT COUNT(*) FROM reservations").fetchone() == (0,)


def test_locate_counts_documents_without_a_usable_reply(
    server: FaultServer, task: Task, careful: TeacherConfig, store: Path, many: list[Document]
) -> None:
    server.script = lambda number, seen: (
        OSLO if seen.last_line == many[0].text else mentions(("Oslo", "TOWN"))
    )
    off = careful.model_copy(update={"stop_after_failures": 0})
    annotate(many, task, off, store)
    usability = locate(many, task, off, store).usability
    assert (usability.usable, usability.failures) == (1, {"off_schema": NUMBER - 1})
    assert not usability.is_nothing_usable
    assert "labels outside the label set: TOWN" in usability.describe("documents")
