from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vermeil.data.document import Annotation, Document, LabelAbstention, Span
from vermeil.data.example import IGNORED, Target
from vermeil.errors import DataError
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask

TASK = NerTask(TaskConfig(labels={"PER": {}, "LOC": {}}))
TEXT = "Ann Lee saw New York today"
WORDS = ((0, 3), (4, 7), (8, 11), (12, 15), (16, 20), (21, 26))
SPANS = (Span(0, 7, "PER"), Span(12, 20, "LOC"))


def encode(spans: Any = SPANS, weight: Any = None, abstain: Any = (), words: Any = WORDS) -> Target:
    document = Document("d", TEXT, annotation=Annotation(spans, abstain=abstain), weight=weight)
    return TASK.encode(document, words)


def test_classes_are_o_then_b_and_i_in_label_order() -> None:
    assert TASK.classes == ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def test_spans_become_iob2_classes_with_weight_one() -> None:
    target = encode()
    assert target.classes.tolist() == [1, 2, 0, 3, 4, 0]
    assert target.weights.tolist() == [1.0] * 6
    assert target.classes.dtype == np.int64
    assert target.weights.dtype == np.float32
    assert target.encoding_losses == {}


def test_weights_of_document_and_span_are_multiplied() -> None:
    spans = (Span(0, 7, "PER", weight=0.5), Span(12, 20, "LOC", weight=0.0))
    assert encode(spans, weight=0.5).weights.tolist() == [0.25, 0.25, 0.5, 0.0, 0.0, 0.5]


def test_words_that_touch_an_abstention_are_ignored() -> None:
    target = encode(abstain=((5, 9), (18, 20)))
    assert target.classes.tolist() == [1, IGNORED, IGNORED, 3, IGNORED, 0]


def test_an_unannotated_document_is_ignored_and_an_empty_one_is_not() -> None:
    assert encode(spans=None).classes.tolist() == [IGNORED] * 6
    assert encode(spans=()).classes.tolist() == [0] * 6


def test_what_tags_cannot_hold_is_counted() -> None:
    spans = (Span(0, 1, "PER"), Span(2, 3, "LOC"), Span(7, 8, "PER"))
    target = encode(spans)
    assert target.classes.tolist() == [1, 0, 0, 0, 0, 0]
    assert target.encoding_losses == {"cut_token": 1, "overlap": 1, "no_token": 1}


def test_of_two_spans_in_one_word_the_kept_one_weighs() -> None:
    target = encode((Span(0, 1, "PER", weight=2.0), Span(2, 3, "LOC", weight=5.0)))
    assert target.weights.tolist() == [2.0, 1, 1, 1, 1, 1]


def test_a_document_without_words_has_an_empty_target() -> None:
    target = encode(words=(), abstain=((0, 3),))
    assert target.classes.shape == target.weights.shape == (0,)
    assert target.encoding_losses == {"no_token": 2}


def test_soft_labels_keep_a_words_place_in_the_span_and_leave_the_rest_to_o() -> None:
    task = NerTask(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))
    span = Span(0, 7, "PER", soft={"PER": 0.5, "LOC": 0.25})
    document = Document("d", "aaa bbb ccc ddd", annotation=Annotation((span, Span(8, 11, "LOC"))))
    target = task.encode(document, ((0, 3), (4, 7), (8, 11), (12, 15)))
    assert target.soft is not None
    assert target.soft.tolist() == [
        [0.25, 0.5, 0, 0.25, 0],
        [0.25, 0, 0.5, 0, 0.25],
        [0, 0, 0, 1, 0],
        [1, 0, 0, 0, 0],
    ]
    assert target.classes.tolist() == [1, 2, 3, 0]


def test_soft_labels_leave_the_words_of_a_span_that_was_not_kept_to_o() -> None:
    target = encode((Span(0, 5, "PER", soft={"PER": 0.5}), Span(6, 11, "LOC")))
    assert target.encoding_losses["overlap"] == 1
    assert target.soft is not None
    assert target.soft[:3].tolist() == [[0.5, 0.5, 0, 0, 0], [0.5, 0, 0.5, 0, 0], [1, 0, 0, 0, 0]]


@pytest.mark.parametrize(
    "soft", [{"PER": 0.9, "LOC": 0.2}, {"PER": -0.1}, {"DAY": 0.5}], ids=["sum", "negative", "name"]
)
def test_soft_labels_that_cannot_be_are_refused(soft: dict[str, float]) -> None:
    task = NerTask(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))
    span = Span(0, 3, "PER", soft=soft)
    with pytest.raises(DataError, match="document 'd'"):
        task.check(Document("d", "aaa", annotation=Annotation((span,))))


def test_words_outside_of_spans_may_have_a_label_that_was_not_annotated() -> None:
    unknown = (LabelAbstention(("LOC",)),)
    annotation = Annotation((Span(0, 7, "PER"),), abstain_labels=unknown)
    target = TASK.encode(Document("d", TEXT, annotation=annotation), WORDS)
    assert target.unknown is not None
    assert target.classes.tolist() == [1, 2, 0, 0, 0, 0]
    assert not target.unknown[:2].any()
    assert target.unknown[2:].tolist() == [[False, False, False, True, True]] * 4
    part = Annotation((), abstain_labels=(LabelAbstention(("PER", "LOC"), 12, 20),))
    within = TASK.encode(Document("d", TEXT, annotation=part), WORDS).unknown
    assert within is not None
    assert within.any(axis=1).tolist() == [False, False, False, True, True, False]
    assert encode().unknown is None


def test_gold_that_abstains_from_a_label_does_not_score_it() -> None:
    gold = Annotation((Span(0, 7, "PER"),), abstain_labels=(LabelAbstention(("LOC",), 8),))
    predicted = Annotation((*SPANS, Span(21, 26, "PER")))
    overall = TASK.count(gold, predicted).overall
    assert (overall.correct, overall.predicted, overall.gold) == (1, 2, 1)
    scored = TASK.scored_labels(gold, Annotation((Span(12, 20, "LOC", score=0.5),)))
    assert list(scored) == []
