"""Verification of relations over real sockets: requested once, applied and counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer, Seen
from tests.relation_section import SECTION

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.jobs.annotate import annotate
from vermeil.jobs.locate import locate
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import AdditionalTeacherConfig, TeacherConfig

DOCUMENTS = [Document("a", "Ann of IBM met Bob."), Document("b", "Ann left IBM.")]
ENTITIES = [{"text": name, "label": label} for name, label in (("Ann", "PER"), ("IBM", "ORG"))]
WORKS = {"head": "Ann", "label": "works_for", "tail": "IBM"}


def script(number: int, seen: Seen) -> Answer:
    """Answer with a relation of text a that only the first model finds, and check it."""
    text = seen.body["messages"][-1]["content"]
    if "Relations:\n" in text:
        assert json.dumps({"number": 1, "head": "Ann", "tail": "IBM", "label": "works_for"}) in text
        return Answer('{"relations": [{"number": 1, "label": null}]}')
    is_first = seen.body["model"] == "m" and "met" in text
    return Answer(json.dumps({"entities": ENTITIES, "relations": [WORKS] if is_first else []}))


@pytest.fixture
def task() -> Task:
    return make_task(TaskConfig.model_validate(SECTION))


def test_contested_relations_are_verified_once(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = script
    votes = teacher.votes.model_copy(update={"keep": "any"})
    others = (AdditionalTeacherConfig(model="n"),)
    careful = teacher.model_copy(update={"additional": others, "verify": True, "votes": votes})
    report = annotate(DOCUMENTS, task, careful, store)
    assert report.verify_report is not None
    assert report.verify_report.states == {State.DONE: 1}
    located = locate(DOCUMENTS, task, careful, store)
    assert located.verified == {State.DONE: 1}
    assert located.votes["relations_rejected"] == 1
    assert located.votes["relations_lost"] == 1
    assert [d.relations for d in located.documents] == [(), ()]
    seen = len(server.seen)
    again = annotate(DOCUMENTS, task, careful, store)
    assert again.verify_report is not None
    assert (again.verify_report.sent, len(server.seen)) == (0, seen)


def test_without_verification_the_vote_decides(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = script
    votes = teacher.votes.model_copy(update={"keep": "any"})
    others = (AdditionalTeacherConfig(model="n"),)
    both = teacher.model_copy(update={"additional": others, "votes": votes})
    annotate(DOCUMENTS, task, both, store)
    located = locate(DOCUMENTS, task, both, store)
    first, second = (d.relations or () for d in located.documents)
    assert [(r.label, r.score) for r in first] == [("works_for", 0.5)]
    assert second == ()
