"""Log-probabilities over the wire: asked for, stored, and made into scores of silver spans."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.teacher.batch_server import BatchServer, Item, batch_teacher
from tests.integration.teacher.conftest import Answer, FaultServer, Seen

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.locate import LocateReport, locate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.store.store import ReplyStore

TOKENS = (
    ('{"entities', -0.01),
    ('": [{"', -0.01),
    ("text", 0.0),
    ('": "', 0.0),
    ("O", -0.125),
    ("slo", -0.25),
    ('", "', -0.5),
    ("label", 0.0),
    ('": "', 0.0),
    ("LOC", -0.0625),
    ('"}]}', -1.0),
)
REPLY = "".join(token for token, _ in TOKENS)
SURE = math.exp(-0.125 - 0.25 - 0.5 - 0.0625)
"""The name with the quote that ends it, and the label."""


@pytest.fixture
def teacher(teacher: TeacherConfig) -> TeacherConfig:
    return teacher.model_copy(update={"logprobs": True})


@pytest.fixture
def answer(server: FaultServer) -> Answer:
    """An answer with log-probabilities, which the server gives from now on."""
    made = Answer(content=REPLY, tokens=TOKENS)
    server.script = lambda number, seen: made
    return made


def scores(report: LocateReport) -> list[float | None]:
    return [span.score for document in report.documents for span in document.spans or ()]


def test_each_span_of_silver_has_its_confidence_as_score(
    answer: Answer,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    assert answer.tokens
    assert annotate(documents, task, teacher, store).states == {State.DONE: 10}
    assert all(seen.body["logprobs"] is True for seen in server.seen)
    report = locate(documents, task, teacher, store)
    assert scores(report) == [pytest.approx(SURE)] * 10
    assert not report.notes


def test_they_are_not_requested_by_default(
    answer: Answer,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    without = teacher.model_copy(update={"logprobs": False})
    server.script = lambda number, seen: replace(answer, tokens=None)
    annotate(documents, task, without, store)
    assert not any("logprobs" in seen.body for seen in server.seen)
    report = locate(documents, task, without, store)
    assert (scores(report), report.notes) == ([None] * 10, {})


def test_replies_from_before_stay_readable_and_are_not_paid_again(
    answer: Answer,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    without = teacher.model_copy(update={"logprobs": False})
    server.script = lambda number, seen: replace(
        answer, tokens=TOKENS if "logprobs" in seen.body else None
    )
    annotate(documents[:4], task, without, store)
    report = annotate(documents, task, teacher, store)
    assert (report.ask_report.sent, report.ask_report.reused) == (6, 4)
    silver = locate(documents, task, teacher, store)
    assert scores(silver) == [None] * 4 + [pytest.approx(SURE)] * 6
    assert silver.notes == {"without_logprobs": 4}
    assert annotate(documents, task, without, store).ask_report.sent == 0


def test_tokens_of_another_text_are_dropped_and_counted(
    answer: Answer,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: replace(answer, tokens=(("{", 0.0), *TOKENS[1:]))
    annotate(documents, task, teacher, store)
    report = locate(documents, task, teacher, store)
    assert scores(report) == [None] * 10
    assert report.notes == {"without_logprobs": 10}


def test_several_samples_have_votes_as_scores(
    answer: Answer,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    assert server.script(0, Seen("", {}, {}, 0.0)) is answer
    twice = teacher.model_copy(update={"samples": 2, "temperature": 1.0})
    annotate(documents, task, twice, store)
    assert scores(locate(documents, task, twice, store)) == [1.0] * 10


def test_documents_in_one_request_have_each_their_own(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, answer: Answer
) -> None:
    packed = teacher.model_copy(update={"documents_per_request": 2})
    documents = [Document("a", "Oslo is cold."), Document("b", "So is Rome.")]

    def script(number: int, seen: Seen) -> Answer:
        assert number == 0
        lines = seen.body["messages"][-1]["content"].splitlines()
        marks = [line.split('"id": "')[1][:8] for line in lines if line.startswith('{"id"')]
        tokens = [("Answers:", -3.0)]
        for mark, name, value in zip(marks, ("Oslo", "Rome"), (-0.5, -2.0), strict=True):
            tokens += [(f'\n{{"id": "{mark}", "entities": [{{"text": "', -0.1), (name, value)]
            tokens += [('", "label": "', 0.0), ("LOC", 0.0), ('"}]}', -0.1)]
        content = "".join(token for token, _ in tokens)
        return replace(answer, content=content, tokens=tuple(tokens))

    server.script = script
    annotate(documents, task, packed, store)
    report = locate(documents, task, packed, store)
    assert scores(report) == [pytest.approx(math.exp(-0.5)), pytest.approx(math.exp(-2.0))]


def test_a_server_that_cannot_stops_the_run_and_names_the_setting(
    server: FaultServer,
    answer: Answer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    message = "'logprobs' is not supported with this model."
    server.script = lambda number, seen: replace(answer, content=message, status=400)
    with pytest.raises(TeacherError, match=r"set teacher\.logprobs to false"):
        annotate(documents, task, teacher, store)


def test_a_text_about_logprobs_is_no_complaint_about_them(
    server: FaultServer, answer: Answer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    documents = [Document("d", "The logprobs of Oslo."), Document("e", "Oslo.")]

    def script(number: int, seen: Seen) -> Answer:
        if "logprobs" in seen.last_line:
            return replace(answer, content=f"bad text: {seen.last_line}", status=400)
        return answer

    server.script = script
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.DONE: 1, State.FAILED: 1}


def test_batches_bring_them_too(
    api: BatchServer, task: Task, store: Path, documents: list[Document]
) -> None:
    logprobs = {"content": [{"token": token, "logprob": value} for token, value in TOKENS]}
    api.faults.script = lambda text: Item(content=REPLY, logprobs=logprobs)
    teacher = batch_teacher(api, "openai").model_copy(update={"logprobs": True})
    annotate(documents, task, teacher, store)
    assert all(body["logprobs"] is True for made in api.made.values() for _, body in made.items)
    assert scores(locate(documents, task, teacher, store)) == [pytest.approx(SURE)] * 10


def test_a_batch_without_a_chance_names_the_setting(
    api: BatchServer, task: Task, store: Path, documents: list[Document]
) -> None:
    complaint = "logprobs are not supported with this model"
    api.faults.script = lambda text: Item("error", complaint)
    teacher = batch_teacher(api, "openai").model_copy(update={"logprobs": True})
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.FAILED: 10}
    assert "set teacher.logprobs to false" in report.ask_report.problems[0].message


def test_the_store_holds_them_in_few_bytes(
    answer: Answer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    annotate(documents[:1], task, teacher, store)
    with ReplyStore(store) as replies, replies.transaction() as db:
        ((size,),) = db.execute("SELECT length(logprobs) FROM attempts").fetchall()
    assert answer.tokens
    assert size < 8 * len(TOKENS)
