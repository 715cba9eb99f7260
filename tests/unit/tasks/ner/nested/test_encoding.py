from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.nested_toys import nested_task

from vermeil.data.document import Annotation, Document, LabelAbstention, Span
from vermeil.data.example import IGNORED, Target
from vermeil.errors import ConfigError, DataError

TASK = nested_task()
TEXT = "Ann left Leeds City Council"
WORDS = ((0, 3), (4, 8), (9, 14), (15, 19), (20, 27))
PERSON, CITY, COUNCIL = Span(0, 3, "PER"), Span(9, 14, "LOC"), Span(9, 27, "ORG")
ORG, LOC, PER = 0, 1, 2


def encode(*spans: Span, weight: Any = None, **abstentions: Any) -> Target:
    annotation = Annotation(spans, **abstentions)
    return TASK.encode(Document("d", TEXT, annotation=annotation, weight=weight), WORDS)


def test_every_label_has_tags_of_its_own() -> None:
    assert TASK.classes[:4] == ("O-ORG", "B-ORG", "I-ORG", "O-LOC")
    target = encode(PERSON, CITY, COUNCIL)
    assert target.classes[:, ORG].tolist() == [0, 0, 1, 2, 2]
    assert target.classes[:, LOC].tolist() == [0, 0, 1, 0, 0]
    assert target.classes[:, PER].tolist() == [1, 0, 0, 0, 0]
    assert target.encoding_losses == {}
    assert target.soft is None
    assert target.weights.dtype == np.float32
    assert target.weights.tolist() == [[1.0] * 3] * 5


def test_a_weight_belongs_to_the_label_of_its_span() -> None:
    target = encode(Span(9, 14, "LOC", weight=0.5), COUNCIL, weight=0.5)
    assert target.weights[:, LOC].tolist() == [0.5, 0.5, 0.25, 0.5, 0.5]
    assert target.weights[:, ORG].tolist() == [0.5] * 5


def test_an_abstention_spares_the_labels_of_spans_and_one_of_labels_the_others() -> None:
    target = encode(CITY, COUNCIL, abstain=((9, 14),))
    assert target.classes[2].tolist() == [1, 1, IGNORED]
    unknown = (LabelAbstention(("LOC",), 0, 8), LabelAbstention(("PER",)))
    target = encode(CITY, abstain_labels=unknown)
    assert target.classes[:, LOC].tolist() == [IGNORED, IGNORED, 1, 0, 0]
    assert target.classes[:, PER].tolist() == [IGNORED] * 5
    assert target.classes[:, ORG].tolist() == [0] * 5


def test_overlaps_within_a_label_are_counted_and_the_outer_span_stays() -> None:
    target = encode(COUNCIL, Span(15, 27, "ORG"), Span(15, 19, "LOC"))
    assert target.classes[:, ORG].tolist() == [0, 0, 1, 2, 2]
    assert target.encoding_losses == {"same_label": 1}


def test_soft_labels_are_a_probability_for_each_of_their_labels() -> None:
    span = Span(9, 14, "LOC", soft={"LOC": 0.6, "PER": 0.3})
    soft = encode(span, COUNCIL).soft
    assert soft is not None
    assert soft[2].tolist() == [
        [0, 1, 0],
        pytest.approx([0.4, 0.6, 0]),
        pytest.approx([0.7, 0.3, 0]),
    ]
    assert soft[:, :, 0].sum() == pytest.approx(3 * 5 - 3 - 0.6 - 0.3)
    assert (soft.sum(axis=-1) == 1).all()


def test_the_check_accepts_overlaps_but_no_span_twice() -> None:
    TASK.check(Document("d", TEXT, annotation=Annotation((CITY, COUNCIL, Span(12, 19, "PER")))))
    with pytest.raises(DataError, match=r"'d': \[9, 14\) LOC 'Leeds' is there twice"):
        TASK.check(Document("d", TEXT, annotation=Annotation((CITY, CITY))))


def test_formats_and_schemes_that_hold_no_overlaps_are_refused() -> None:
    able = "json, json_occurrence, json_list, json_surfaces, json_labels, token_indices, lines"
    for name in ("token_lines", "html_spans", "markdown_links"):
        with pytest.raises(ConfigError, match=rf"task\.reply_format: {name} cannot .*{able}"):
            nested_task(reply_format=name)
    with pytest.raises(ConfigError, match=r"task\.scheme: bioes is not supported"):
        nested_task(scheme="bioes")
    with pytest.raises(ConfigError, match=r"task\.nested: supported by ner, not by class"):
        nested_task(name="classification")
