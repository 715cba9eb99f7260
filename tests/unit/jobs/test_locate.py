"""Stored replies -> silver documents, with every document and mention accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.mention import Status
from vermeil.data.records import document_to_record
from vermeil.data.reply import Reply, State
from vermeil.errors import DataError
from vermeil.jobs.locate import LocateReport, locate
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.teacher.config import TeacherConfig, VotesConfig
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.store import ReplyStore

TASK = make_task(TaskConfig(labels={"PER": LabelConfig(), "LOC": LabelConfig()}))
TEACHER = TeacherConfig(base_url="http://127.0.0.1:1/v1")
OSLO = Annotation((Span(3, 7, "LOC"),))


def document(number: int, annotation: Annotation = OSLO) -> Document:
    return Document(f"d{number}", f"In Oslo {number}", "g", annotation=annotation)


def entities(*pairs: tuple[str, str]) -> Reply:
    return Reply(json.dumps({"entities": [{"text": t, "label": n} for t, n in pairs]}))


REPLIES = {
    0: entities(("Oslo", "LOC")),
    1: entities(),
    2: Reply("I'm sorry, but I can't help with that."),
    3: Reply('{"entities": [{"text": "Os', finish_reason="length"),
    4: Reply("no idea"),
    5: entities(("Oslo", "PER"), ("Bergen", "LOC"), ("Oslo", "CITY")),
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "replies.sqlite"
    with ReplyStore(path) as store:
        for number, reply in REPLIES.items():
            (request,) = make_requests([document(number)], TASK, TEACHER)
            store.add(request, reply)
        (request,) = make_requests([document(6)], TASK, TEACHER)
        store.add(request, error="HTTP 500: oh no")
    return path


def test_every_document_and_mention_is_accounted_for(store: Path) -> None:
    documents = [document(n) for n in range(8)]
    report = locate(iter(documents), TASK, TEACHER, store)
    assert [d.id for d in report.documents] == [d.id for d in documents]
    assert [d.group for d in report.documents] == ["g"] * 8
    assert report.states == {
        State.DONE: 2,
        State.EMPTY: 1,
        State.REFUSED: 1,
        State.TRUNCATED: 1,
        State.UNPARSABLE: 1,
        State.FAILED: 1,
        State.PENDING: 1,
    }
    annotated = [i for i, d in enumerate(report.documents) if not d.annotation.is_empty]
    assert annotated == [0, 1, 5]
    assert report.documents[0].spans == (Span(3, 7, "LOC", status="exact", origin="silver"),)
    assert report.documents[1].spans == ()
    assert report.mentions == {Status.EXACT: 2, Status.NOT_FOUND: 1, Status.OFF_SCHEMA: 1}
    words = {p.document_id: p.message for p in report.problems}
    assert words["d6"] == "HTTP 500: oh no"
    assert "annotate" in words["d7"]


def test_answers_that_cannot_be_used_count_against_the_teacher_and_silence_does_not(
    store: Path,
) -> None:
    report = locate([document(n) for n in range(8)], TASK, TEACHER, store)
    assert report.against_gold is not None
    assert report.against_gold.counts.documents == 6
    overall = report.against_gold.counts.overall
    assert (overall.correct, overall.predicted, overall.gold) == (1, 2, 6)
    shown = report.as_dict()
    assert shown["against_gold"]["overall"]["support"] == 6
    assert shown["documents"] == sum(shown["states"].values()) == 8
    json.dumps(shown)


def test_without_gold_there_is_nothing_to_score_against(store: Path) -> None:
    report = locate([document(0, Annotation())], TASK, TEACHER, store)
    assert report.against_gold is None
    assert report.as_dict()["against_gold"] is None


def test_other_settings_are_other_replies(store: Path) -> None:
    other = TEACHER.model_copy(update={"temperature": 0.7})
    assert locate([document(0)], TASK, other, store).states == {State.PENDING: 1}


def test_first_sample_makes_the_annotation(store: Path) -> None:
    three = TEACHER.model_copy(update={"samples": 3})
    report = locate([document(0), document(1)], TASK, three, store)
    assert report.states == {State.DONE: 1, State.EMPTY: 1}


def test_missing_store_is_a_data_error_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="vermeil annotate"):
        locate([document(0)], TASK, TEACHER, tmp_path / "none.sqlite")
    assert list(tmp_path.iterdir()) == []


def stored(
    tmp_path: Path,
    *replies: Reply,
    samples: int = 1,
    keep: str = "majority",
    minority: str = "drop",
) -> LocateReport:
    """Return the report on document 0 with one reply per sample."""
    teacher = TEACHER.model_copy(
        update={"samples": samples, "votes": VotesConfig(keep=keep, minority=minority)}
    )
    path = tmp_path / f"{keep}-{minority}.sqlite"
    with ReplyStore(path) as store:
        requests = list(make_requests([document(0)], TASK, teacher))
        for request, reply in zip(requests, replies, strict=True):
            store.add(request, reply)
    return locate([document(0)], TASK, teacher, path)


LOST = entities(("Bergen", "LOC"), ("Voss", "CITY"))


def test_a_document_whose_mentions_are_all_lost_is_unplaced_and_not_annotated(
    tmp_path: Path,
) -> None:
    report = stored(tmp_path, LOST)
    assert report.states == report.answers == {State.UNPLACED: 1}
    assert report.documents[0].annotation.is_empty
    assert "spans" not in document_to_record(report.documents[0])
    assert report.mentions == {Status.NOT_FOUND: 1, Status.OFF_SCHEMA: 1}
    assert report.as_dict()["states"] == {"unplaced": 1}
    assert [problem.document_id for problem in report.problems] == ["d0"]
    assert report.against_gold is not None
    assert report.against_gold.counts.overall.gold == 1


@pytest.mark.parametrize(
    ("replies", "keep", "minority", "state"),
    [
        ((LOST, LOST, LOST), "majority", "drop", State.UNPLACED),
        ((LOST, LOST, entities()), "majority", "drop", State.UNPLACED),
        ((LOST, entities(), entities()), "majority", "drop", State.EMPTY),
        ((LOST, entities(), entities()), "majority", "abstain", State.UNPLACED),
        ((LOST, entities(), entities()), "any", "drop", State.UNPLACED),
        ((LOST, LOST, entities()), "unanimous", "drop", State.EMPTY),
        ((LOST, LOST, entities(("Oslo", "LOC"))), "majority", "drop", State.DONE),
        ((entities(), entities(), entities()), "any", "abstain", State.EMPTY),
    ],
)
def test_lost_mentions_count_as_votes_against_a_negative(
    tmp_path: Path, replies: tuple[Reply, ...], keep: str, minority: str, state: State
) -> None:
    report = stored(tmp_path, *replies, samples=3, keep=keep, minority=minority)
    assert report.states == {state: 1}
    assert report.documents[0].annotation.is_empty == (state is State.UNPLACED)


def test_a_vote_that_drops_all_spans_is_no_negative_if_most_replies_are_unplaced(
    tmp_path: Path,
) -> None:
    others = [LOST, LOST, LOST, entities(), entities(("Oslo", "LOC"))]
    report = stored(tmp_path, *others, samples=5)
    assert report.states == {State.UNPLACED: 1}
    assert report.problems[0].message.startswith("the mentions of 3 of 5 replies")
