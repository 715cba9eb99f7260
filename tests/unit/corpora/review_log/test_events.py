"""The decision log: its lines, the state that follows from them, and refused lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.documents import documents as any_documents

from vermeil.corpora.review_log.events import (
    ReviewLog,
    decision_event,
    document_event,
    is_review_log,
    read_review_log,
    settlement_event,
)
from vermeil.corpora.review_log.items import (
    DOCUMENT,
    annotation_of,
    check_items,
    document_item,
    suggested_items,
)
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation
from vermeil.errors import DataError

SPANS = (Span(0, 3, "PER", score=0.5), Span(9, 13, "LOC"))
TEXT = "Ann left Rome."
SUGGESTED = suggested_items([("silver", Annotation(spans=SPANS))])
BEGIN = document_event("a", TEXT, ["spans"], SUGGESTED)


def decision(before: Any, after: Any, action: str = "accept", **values: Any) -> dict[str, Any]:
    event = decision_event("ann", "a", action, values.pop("seconds", 2.0), settles=False)
    return {**event, "before": before, "after": after, **values}


def accepted(key: str) -> dict[str, Any]:
    item = SUGGESTED[key]
    return decision({key: item}, {key: {**item, "status": "accepted"}})


def log_of(*events: dict[str, Any]) -> ReviewLog:
    log = ReviewLog()
    for event in events:
        log.add(json.loads(json.dumps(event)))
    return log


def test_decisions_change_items_and_add_up_time() -> None:
    log = log_of(BEGIN, accepted("s0"), accepted("s1"))
    session = log.texts["a"].sessions["ann"]
    assert [session.items[key]["status"] for key in ("s0", "s1")] == ["accepted", "accepted"]
    assert (session.seconds, session.decisions, session.annotators) == (4.0, 2, ["ann"])
    assert log.texts["a"].suggestions == SUGGESTED


def test_undone_decisions_can_be_redone_until_another_one() -> None:
    first = accepted("s0")
    undo = decision(first["after"], first["before"], "undo")
    session = log_of(BEGIN, first, undo).texts["a"].sessions["ann"]
    assert (len(session.undoable), len(session.redoable)) == (0, 1)
    assert session.items == SUGGESTED
    session = log_of(BEGIN, first, undo, accepted("s1")).texts["a"].sessions["ann"]
    assert (len(session.undoable), len(session.redoable)) == (1, 0)


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ({"event": "decision"}, "vermeil_review"),
        ({**BEGIN, "sha256": "0"}, "does not match its sha256"),
        ({**accepted("s0"), "id": "b"}, "precedes the text"),
        ({**accepted("s0"), "event": "poem"}, "expected document, settlement or decision"),
        (decision({"s0": None}, {"s0": None}), "does not continue"),
        (decision({"s0": SUGGESTED["s0"]}, {}), "other items"),
        (decision({DOCUMENT: SUGGESTED[DOCUMENT]}, {DOCUMENT: None}), "removes the state"),
        (decision({"n0": None}, {"n0": {"kind": "poem"}}), "has the kind"),
        (
            decision({"n0": None}, {"n0": {**SUGGESTED["s0"], "end": 15}}),
            "out of range; the text has 14 characters",
        ),
        (decision({"n0": None}, {"n0": {**SUGGESTED["s0"], "x": 1}}), "unknown key"),
        (decision({"n0": None}, {"n0": {**SUGGESTED["s0"], "status": "x"}}), "valid"),
        (
            decision(
                {"m0": None},
                {"m0": {**SUGGESTED["s0"], "kind": "relation", "head": "s0", "tail": "s9"}},
            ),
            "unknown key",
        ),
        (settlement_event("a", {"s0": SUGGESTED["s0"]}), "have no 'document'"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_and_changes_nothing(
    event: dict[str, Any], problem: str
) -> None:
    log = log_of(BEGIN)
    with pytest.raises(DataError, match=problem):
        log.add(event)
    assert log.texts["a"].sessions == {}


def test_a_relation_needs_two_spans_of_the_document() -> None:
    relation = {"kind": "relation", "head": "s0", "tail": "s9", "label": "r", "status": "accepted"}
    with pytest.raises(DataError, match="the tail of relation 'm0' is no span"):
        check_items({**SUGGESTED, "m0": {**relation, "source": "person"}}, TEXT)


def test_another_text_of_a_reviewed_document_is_kept_apart() -> None:
    later = document_event("a", "Ann left Oslo.", ["spans"], {DOCUMENT: document_item()})
    log = log_of(BEGIN, accepted("s0"), later)
    assert log.texts["a"].text == "Ann left Oslo."
    assert [text.text for text in log.earlier] == [TEXT]


def test_an_invalid_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in (BEGIN, {**BEGIN, "sha256": "0"})))
    assert is_review_log(path)
    with pytest.raises(DataError, match=r"decisions\.jsonl:2"):
        read_review_log(path)


def test_sources_of_equal_spans_are_merged() -> None:
    silver = Annotation(spans=SPANS[:1])
    student = Annotation(spans=(SPANS[1], Span(0, 3, "PER", score=0.9)))
    items = suggested_items([("silver", silver), ("student", student)])
    spans = [item for item in items.values() if item["kind"] == "span"]
    assert [(one["source"], one["by"], one.get("score")) for one in spans] == [
        ("silver", ["silver", "student"], 0.5),
        ("student", ["student"], None),
    ]


@given(any_documents())
def test_accepted_suggestions_are_the_suggested_annotation(document: Document) -> None:
    items = suggested_items([("silver", document.annotation)])
    check_items(items, document.text)
    done = {key: {**item, "status": "accepted"} for key, item in items.items() if key != DOCUMENT}
    kinds = ("spans", "labels", "relations")
    found = annotation_of({DOCUMENT: items[DOCUMENT], **done}, "ann", kinds)
    given_spans = document.annotation.spans or ()
    assert {span.key for span in found.spans or ()} == {span.key for span in given_spans}
    assert set(found.labels or ()) == set(document.labels or ())

    def places(annotation: Annotation) -> set[tuple[Any, ...]]:
        spans = annotation.spans or ()
        return {(spans[r.head].key, spans[r.tail].key, r.label) for r in annotation.relations or ()}

    assert places(found) == places(document.annotation)


@given(st.permutations(range(3)))
def test_relations_follow_their_spans_in_any_order(order: list[int]) -> None:
    spans = tuple(Span(2 * i, 2 * i + 1, "A") for i in range(3))
    annotation = Annotation(spans=spans, relations=(Relation(order[0], order[1], "r"),))
    items = suggested_items([("silver", annotation)])
    (relation,) = [item for item in items.values() if item["kind"] == "relation"]
    assert items[relation["head"]]["start"] == spans[order[0]].start
    assert items[relation["tail"]]["start"] == spans[order[1]].start
