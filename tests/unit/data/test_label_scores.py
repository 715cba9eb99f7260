"""Scores of spans and of labels of texts: minimum scores and abstentions from labels."""

from __future__ import annotations

import pytest

from vermeil.data.annotation_spans import (
    abstain_below,
    scores,
    uncertainties,
    without_abstained,
    without_low_scores,
)
from vermeil.data.document import Annotation, Document, LabelAbstention, Span
from vermeil.errors import DataError

TOPICS = Annotation(labels=("a", "b"), label_scores={"a": 0.9, "b": 0.4, "c": 0.1})
SPANS = Annotation(spans=(Span(0, 2, "P", score=0.3), Span(3, 5, "Q"), Span(6, 8, "P", score=0.7)))


def test_labels_below_the_minimum_are_left_out_or_unknown() -> None:
    assert without_low_scores(TOPICS, 0.5).labels == ("a",)
    assert [s.start for s in without_low_scores(SPANS, 0.5).spans or ()] == [3, 6]
    masked = abstain_below(TOPICS, 0.5)
    assert (masked.labels, masked.unknown_labels) == (("a",), {"b"})
    assert abstain_below(TOPICS, 0.1) == TOPICS
    assert abstain_below(SPANS, 0.5).abstain == ((0, 2),)


def test_scores_and_uncertainties_are_of_given_labels_only() -> None:
    assert scores(TOPICS) == [0.9, 0.4]
    assert scores(SPANS) == [0.3, 0.7]
    found = uncertainties(Document("d", "text", annotation=TOPICS))
    assert found == {(0, 4, "a"): pytest.approx(0.1), (0, 4, "b"): pytest.approx(0.6)}


def test_what_gold_does_not_know_is_not_scored() -> None:
    unknown = (LabelAbstention(("P",), 0, 4), LabelAbstention(("b",)))
    assert [s.start for s in without_abstained(SPANS, unknown).spans or ()] == [3, 6]
    assert without_abstained(TOPICS, unknown).labels == ("a",)
    assert without_abstained(SPANS, ()) is SPANS


def test_abstentions_and_scores_are_checked() -> None:
    with pytest.raises(DataError, match="without labels"):
        LabelAbstention(())
    with pytest.raises(DataError, match="empty or negative"):
        LabelAbstention(("P",), 4, 4)
    with pytest.raises(DataError, match=r"label 'a' has score 1\.5"):
        Annotation(labels=("a",), label_scores={"a": 1.5})
    outside = Annotation(abstain_labels=(LabelAbstention(("P",), 0, 9),))
    with pytest.raises(DataError, match=r"abstention \[0, 9\) from P ends beyond the text"):
        Document("d", "text", annotation=outside)
