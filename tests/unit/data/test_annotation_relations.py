"""Relations when spans of an annotation are dropped."""

from __future__ import annotations

from vermeil.data.annotation_spans import (
    abstain_below,
    keep_spans,
    relation_counts,
    relation_records,
    with_origin,
)
from vermeil.data.document import Annotation, Span
from vermeil.data.relation import PairAbstention, Relation

SPANS = (Span(0, 3, "A", 0.9), Span(4, 7, "B", 0.2), Span(8, 11, "A", 0.8))
ANNOTATION = Annotation(
    SPANS,
    relations=(Relation(0, 1, "r", 0.9), Relation(0, 2, "r", 0.9), Relation(2, 0, "s", 0.1)),
    abstain_pairs=(PairAbstention(1, 2), PairAbstention(2, None, "r")),
)


def test_relations_of_dropped_spans_are_dropped_and_the_others_renumbered() -> None:
    kept = keep_spans(ANNOTATION, [2, 0])
    assert kept.spans == (SPANS[0], SPANS[2])
    assert kept.relations == (Relation(0, 1, "r", 0.9), Relation(1, 0, "s", 0.1))
    assert kept.abstain_pairs == (PairAbstention(1, None, "r"),)


def test_spans_and_relations_with_low_scores_become_abstentions() -> None:
    changed = abstain_below(ANNOTATION, 0.5)
    assert changed.spans == (SPANS[0], SPANS[2])
    assert changed.abstain == ((4, 7),)
    assert changed.relations == (Relation(0, 1, "r", 0.9),)
    assert changed.abstain_pairs == (PairAbstention(1, None, "r"), PairAbstention(1, 0, "s"))
    assert abstain_below(ANNOTATION, 0.0) is ANNOTATION


def test_an_origin_changes_no_relation() -> None:
    changed = with_origin(ANNOTATION, "silver")
    assert (changed.relations, changed.abstain_pairs) == (
        ANNOTATION.relations,
        ANNOTATION.abstain_pairs,
    )


def test_relations_are_counted_and_recorded_by_their_ends() -> None:
    assert relation_counts([ANNOTATION, Annotation()]) == {"r": 2, "s": 1}
    assert relation_records(Annotation(SPANS, None, (Relation(2, 1, "r"),))) == [
        {
            "head": {"start": 8, "end": 11, "label": "A"},
            "label": "r",
            "tail": {"start": 4, "end": 7, "label": "B"},
            "score": None,
        }
    ]
