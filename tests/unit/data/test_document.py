from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from vermeil.data.document import UNANNOTATED, Annotation, Document, Span
from vermeil.errors import DataError


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((0, 0, "A"), r"span \[0, 0\) is empty or negative; expected 0 <= start < end"),
        ((3, 2, "A"), r"span \[3, 2\) is empty"),
        ((-1, 2, "A"), r"span \[-1, 2\) is empty or negative"),
        ((0, 1, ""), r"span \[0, 1\) has an empty label"),
        ((0, 1, "A", 1.5), r"has score 1.5, not in \[0, 1\]"),
        ((0, 1, "A", float("nan")), r"has score nan"),
        ((0, 1, "A", None, -0.5), "has the loss weight -0.5; expected a number from 0 to"),
        ((0, 1, "A", None, float("nan")), "has the loss weight nan"),
        ((0, 1, "A", None, float("inf")), "has the loss weight inf"),
        (
            (0, 1, "A", None, 1e38),
            r"has the loss weight 1e\+38; expected a number from 0 to 1e\+15",
        ),
    ],
)
def test_a_wrong_span_cannot_be_made(fields: tuple[Any, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Span(*fields)


def test_score_weight_and_origin_do_not_matter_to_strict_scoring() -> None:
    assert Span(0, 1, "A", 0.5, 2.0, origin="silver").key == Span(0, 1, "A").key


def test_spans_are_put_in_order() -> None:
    spans = (Span(4, 5, "B"), Span(0, 5, "B"), Span(0, 5, "A"), Span(0, 2, "C"))
    ordered = Annotation(spans=spans).spans or ()
    assert [s.key for s in ordered] == [(0, 2, "C"), (0, 5, "A"), (0, 5, "B"), (4, 5, "B")]


def test_an_empty_annotation_differs_from_no_annotation() -> None:
    assert UNANNOTATED.is_empty
    assert Annotation(abstain=((0, 1),)).is_empty
    for annotation in (Annotation(spans=()), Annotation(labels=()), Annotation(relations=())):
        assert not annotation.is_empty
        assert annotation != UNANNOTATED


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"id": ""}, "document without an id"),
        ({"annotation": Annotation(spans=(Span(1, 4, "A"),))}, "'d': span .* ends beyond the text"),
        (
            {"annotation": Annotation(abstain=((2, 4),))},
            r"'d': abstention \[2, 4\) is out of range",
        ),
        ({"annotation": Annotation(abstain=((1, 1),))}, r"abstention \[1, 1\)"),
        ({"tokens": ((0, 1), (0, 2))}, r"'d': token \[0, 2\) is empty, out of order"),
        ({"tokens": ((1, 1),)}, r"token \[1, 1\)"),
        ({"tokens": ((2, 4),)}, r"token \[2, 4\) .* the text has 3 characters"),
    ],
)
def test_a_wrong_document_cannot_be_made(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Document(**({"id": "d", "text": "abc"} | fields))


def test_offsets_count_code_points() -> None:
    text = "\U0001f600e\u0301"
    document = Document("d", text, annotation=Annotation(spans=(Span(1, 3, "A"),)))
    assert document.text[1:3] == "e\u0301"
    with pytest.raises(DataError, match="which has 3 characters"):
        Document("d", text, annotation=Annotation(spans=(Span(1, 4, "A"),)))


def test_a_document_without_group_is_a_group_of_one() -> None:
    assert Document("d", "x").group_or_id == "d"
    assert Document("d", "x", "g").group_or_id == "g"
    assert Document("d", "x", "").group_or_id == ""


def test_documents_cannot_be_changed_but_marked_anew() -> None:
    document = Document("d", "abc", "g", ((0, 3),), weight=2.0, meta={"k": 1})
    with pytest.raises(dataclasses.FrozenInstanceError):
        document.text = "other"  # type: ignore[misc]
    marked = document.with_annotation(Annotation(spans=(Span(0, 3, "A"),), labels=("l",)))
    assert (marked.spans, marked.labels) == ((Span(0, 3, "A"),), ("l",))
    assert marked.with_annotation(UNANNOTATED) == document
