"""Annotation on a cluster, nodes of which are killed and added, against a real server."""

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
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import max_usage

pytestmark = pytest.mark.cluster

EACH = 12
"""Tokens that the server counts for a reply."""


def documents(number: int) -> list[Document]:
    """Different texts, and one more that is like the first."""
    different = [Document(f"d{i}", f"Text number {i} mentions Oslo.") for i in range(number)]
    return [*different, Document("twin", different[0].text)]


def rows(store: Path, query: str) -> list[tuple[int, ...]]:
    with closing(sqlite3.connect(store)) as db:
        return db.execute(query).fetchall()


def test_nodes_come_and_go(nodes: Nodes, server: FaultServer, task: Task, tmp_path: Path) -> None:
    """One is killed with requests in flight, one is added: everything once, all of it accounted."""
    teacher = TeacherConfig(base_url=server.base_url, model="m", concurrency=4, retry_delay=0.01)
    number, store = 160, tmp_path / "replies.sqlite"

    def script(asked: int, _seen: Seen) -> Answer:
        if asked == 30:
            # Beside this answer: it may be the killed node's, whose places are free from then on.
            Thread(target=nodes.kill).start()
        if asked == 50:
            nodes.add()
        return Answer('{"entities": [{"text": "Oslo", "label": "LOC"}]}', stall=0.03)

    server.script = script
    report = annotate(documents(number), task, teacher, store, sender=request_sender_for(CONFIG))
    assert len(nodes.workers) == 2
    assert dict(report.states) == {State.DONE: number + 1}
    assert report.ask_report.sent + report.ask_report.reused == number + 1
    assert server.most_at_once <= teacher.concurrency
    # What was asked more than once was in the hands of the node that died: less than its chunk.
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
    # What is still put aside is for what died in flight, and only that.
    [(aside,)] = rows(store, "SELECT COUNT(*) FROM reservations")
    assert aside <= CONFIG.chunk_documents
    assert rows(store, "SELECT COUNT(*) FROM answered") == [(number,)]

    # Once more: nothing is asked.
    before = len(server.seen)
    again = annotate(documents(number), task, teacher, store, sender=request_sender_for(CONFIG))
    assert (again.ask_report.sent, again.ask_report.reused) == (0, number + 1)
    assert len(server.seen) == before


def test_one_budget_for_all(nodes: Nodes, server: FaultServer, task: Task, tmp_path: Path) -> None:
    small = TeacherConfig(base_url=server.base_url, model="m", concurrency=4, max_tokens=20)
    found, fit = documents(40), 25
    most = max(max_usage(request).total for request in make_requests(found, task, small))
    limit = (fit - 1) * EACH + most
    limited = small.model_copy(update={"max_tokens_total": limit})
    store = tmp_path / "replies.sqlite"
    report = annotate(found, task, limited, store, sender=request_sender_for(CONFIG))
    assert report.states[State.EMPTY] >= fit
    assert report.states[State.OVER_BUDGET] == len(found) - report.states[State.EMPTY]
    assert len(server.seen) == fit
    with ReplyStore(store) as replies:
        assert replies.spent().total.tokens == fit * EACH <= limit
    raised = limited.model_copy(update={"max_tokens_total": None})
    report = annotate(found, task, raised, store, sender=request_sender_for(CONFIG))
    assert dict(report.states) == {State.EMPTY: len(found)}
    assert len(server.seen) == len(found) - 1
