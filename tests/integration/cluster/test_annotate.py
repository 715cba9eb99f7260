"""Annotation on a cluster against a real server; nodes are killed and added."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from tests.integration.cluster.conftest import CONFIG, Nodes
from tests.integration.teacher.conftest import Answer, FaultServer, Seen
from tests.integration.teacher.conftest import server as server  # noqa: PLC0414

from vermeil.cluster.annotate.job import request_sender_for
from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherStoppedError
from vermeil.jobs.annotate import AnnotateJob, AnnotateReport, annotate, annotate_job
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.engine import SendRequests
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import max_usage

pytestmark = pytest.mark.cluster

EACH = 12
"""Tokens that the server counts for a reply."""


def documents(number: int) -> list[Document]:
    """Return documents with different texts, and one with the text of the first."""
    different = [Document(f"d{i}", f"Text number {i} mentions Oslo.") for i in range(number)]
    return [*different, Document("twin", different[0].text)]


def annotate_on(
    sender: SendRequests,
    found: list[Document],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
) -> AnnotateReport:
    """Request the missing replies with the workers of a cluster."""
    return annotate_job(AnnotateJob(found, task, teacher, store), sender=sender)


def rows(store: Path, query: str) -> list[tuple[int, ...]]:
    with closing(sqlite3.connect(store)) as db:
        return db.execute(query).fetchall()


def test_nodes_leave_and_join(
    nodes: Nodes, server: FaultServer, task: Task, tmp_path: Path
) -> None:
    """One node is killed with requests in flight, one joins: every document has one reply."""
    teacher = TeacherConfig(base_url=server.base_url, model="m", concurrency=4, retry_delay=0.01)
    number, store = 160, tmp_path / "replies.sqlite"

    def script(asked: int, _seen: Seen) -> Answer:
        if asked == 30:
            # In a thread, because this response may be for the killed node
            Thread(target=nodes.kill).start()
        if asked == 50:
            nodes.add()
        return Answer('{"entities": [{"text": "Oslo", "label": "LOC"}]}', stall=0.03)

    server.script = script
    report = annotate_on(request_sender_for(CONFIG), documents(number), task, teacher, store)
    assert len(nodes.workers) == 2
    assert dict(report.states) == {State.DONE: number + 1}
    assert report.ask_report.sent + report.ask_report.reused == number + 1
    assert server.most_at_once <= teacher.concurrency
    # Only requests of the killed node were sent twice: less than one chunk.
    twice = [line for line, times in Counter(server.asked).items() if times > 1]
    assert len(twice) <= CONFIG.chunk_documents
    assert len(server.seen) <= number + CONFIG.chunk_documents

    alone = tmp_path / "alone.sqlite"
    server.script = lambda asked, seen: Answer('{"entities": [{"text": "Oslo", "label": "LOC"}]}')
    annotate(documents(number), task, teacher, alone)
    replies = "SELECT key, model, prompt, sample, reply, tokens FROM attempts WHERE reply NOTNULL"
    assert sorted(rows(store, replies)) == sorted(rows(alone, replies))
    [(attempts, tokens)] = rows(store, "SELECT COUNT(*), SUM(tokens) FROM attempts")
    assert rows(store, "SELECT attempts, tokens FROM spending") == [(attempts, tokens)]
    # Requests in flight on the killed node were sent again, and may have been charged twice.
    assert rows(store, "SELECT COUNT(*) FROM reservations") == [(0,)]
    assert rows(store, "SELECT COUNT(*) FROM lost_reservations") == [(0,)]
    possible = report.spent.possible_attempts
    assert possible <= CONFIG.chunk_documents
    assert report.spent.possible.tokens <= possible * EACH
    assert rows(store, "SELECT COUNT(*) FROM answered") == [(number,)]

    # A second run sends no request.
    before = len(server.seen)
    again = annotate_on(request_sender_for(CONFIG), documents(number), task, teacher, store)
    assert (again.ask_report.sent, again.ask_report.reused) == (0, number + 1)
    assert len(server.seen) == before


def test_one_spending_limit_for_all_workers(
    nodes: Nodes, server: FaultServer, task: Task, tmp_path: Path
) -> None:
    small = TeacherConfig(base_url=server.base_url, model="m", concurrency=4, max_tokens=20)
    found, fit = documents(40), 25
    most = max(max_usage(request).total for request in make_requests(found, task, small))
    limit = (fit - 1) * EACH + most
    limited = small.model_copy(update={"max_tokens_total": limit})
    store = tmp_path / "replies.sqlite"
    report = annotate_on(request_sender_for(CONFIG), found, task, limited, store)
    assert report.states[State.EMPTY] >= fit
    assert report.states[State.OVER_BUDGET] == len(found) - report.states[State.EMPTY]
    assert len(server.seen) == fit
    with ReplyStore(store) as replies:
        assert replies.spent().total.tokens == fit * EACH <= limit
    raised = limited.model_copy(update={"max_tokens_total": None})
    report = annotate_on(request_sender_for(CONFIG), found, task, raised, store)
    assert dict(report.states) == {State.EMPTY: len(found)}
    assert len(server.seen) == len(found) - 1


def test_all_workers_stop_when_the_first_requests_fail_in_the_same_way(
    nodes: Nodes, server: FaultServer, task: Task, tmp_path: Path
) -> None:
    """The failures of all workers are counted together, over several chunks."""
    limit, number, store = 20, 120, tmp_path / "replies.sqlite"
    teacher = TeacherConfig(
        base_url=server.base_url, model="m", concurrency=4, stop_after_failures=limit
    )
    send = request_sender_for(CONFIG)
    assert limit > CONFIG.chunk_documents
    server.script = lambda asked, seen: Answer("Nothing to report.")
    with pytest.raises(TeacherStoppedError) as caught:
        annotate_on(send, documents(number), task, teacher, store)
    assert caught.value.failures == {"unparsable": limit}
    assert len(server.seen) == limit
    assert rows(store, "SELECT COUNT(*) FROM answered") == [(limit,)]

    # The same command continues; a usable reply, wherever it is stored, prevents the next stop.
    useful = Answer('{"entities": [{"text": "Oslo", "label": "LOC"}]}')
    server.script = lambda asked, seen: useful
    last = documents(number)[-10:-5]
    annotate(last, task, teacher, store)
    server.script = lambda asked, seen: Answer("Nothing to report.")
    report = annotate_on(send, documents(number), task, teacher, store)
    assert dict(report.states) == {State.DONE: 5, State.UNPARSABLE: number + 1 - 5}
    assert report.usable == 5
    assert len(server.seen) == number


def test_one_rejected_document_fails_alone(
    nodes: Nodes, server: FaultServer, task: Task, tmp_path: Path
) -> None:
    """A worker whose first request is rejected learns that the teacher answered other workers."""
    found, store = documents(40), tmp_path / "replies.sqlite"
    teacher = TeacherConfig(base_url=server.base_url, model="m", concurrency=4)
    bad = {found[number].text for number in (3, 20, 33)}

    def script(_asked: int, seen: Seen) -> Answer:
        if seen.last_line in bad:
            return Answer("blocked", status=403)
        return Answer('{"entities": []}', stall=0.02)

    server.script = script
    annotate(found[1:3], task, teacher, store)
    job = AnnotateJob(found, task, teacher, store)
    report = annotate_job(job, sender=request_sender_for(CONFIG))
    assert dict(report.states) == {State.EMPTY: len(found) - 3, State.FAILED: 3}
