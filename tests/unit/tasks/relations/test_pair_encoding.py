"""Pairs of spans as training targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.relation_toys import related, relations_task

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.example import PairTarget
from vermeil.data.relation import PairAbstention, Relation
from vermeil.data.words import words_of

TASK = relations_task()


def encoded(document: Document) -> PairTarget:
    pairs = TASK.encode(document, words_of(document)).pairs
    assert pairs is not None
    return pairs


def known(pairs: PairTarget, right: set[tuple[int, ...]]) -> dict[tuple[int, int], str]:
    """Return the class of every pair of annotated spans, by their first words."""
    heads, tails = pairs.words.heads.tolist(), pairs.words.tails.tolist()
    return {
        (head[0], tail[0]): TASK.pair_classes[number]
        for head, tail, number in zip(heads, tails, pairs.classes.tolist(), strict=True)
        if tuple(head) in right and tuple(tail) in right
    }


BO, AL, ROME = (0, 1, 0), (2, 3, 0), (4, 5, 1)
TEXT = "Bo knows Al in Rome"
SPANS = (Span(0, 2, "PER"), Span(9, 11, "PER"), Span(15, 19, "LOC"))


def document(
    *relations: Relation, abstain: tuple[PairAbstention, ...] = (), **fields: float
) -> Document:
    annotation = Annotation(spans=SPANS, relations=relations, abstain_pairs=abstain)
    return Document("d", TEXT, annotation=annotation, **fields)  # type: ignore[arg-type]


def test_every_allowed_pair_has_a_class() -> None:
    pairs = encoded(document(Relation(0, 1, "leads"), Relation(0, 2, "born_in")))
    assert known(pairs, {BO, AL, ROME}) == {
        (0, 2): "leads",
        (2, 0): "none",
        (0, 4): "born_in",
        (2, 4): "none",
    }


def test_a_symmetric_relation_holds_in_both_directions() -> None:
    classes = known(encoded(document(Relation(0, 1, "knows"))), {BO, AL})
    assert classes == {(0, 2): "knows", (2, 0): "knows"}


def test_unknown_pairs_are_left_out() -> None:
    abstain = (PairAbstention(0, 1, "leads"), PairAbstention(tail=2, label="born_in"))
    classes = known(encoded(document(Relation(1, 2, "born_in"), abstain=abstain)), {BO, AL, ROME})
    assert classes == {(2, 0): "none", (2, 4): "born_in"}
    without_direction = encoded(document(abstain=(PairAbstention(0, 1, "knows"),)))
    assert known(without_direction, {BO, AL}) == {}


def test_a_pair_with_an_end_in_an_abstention_is_left_out() -> None:
    one = document(Relation(0, 1, "knows"))
    one = one.with_annotation(replace(one.annotation, abstain=((9, 11),)))
    pairs = encoded(one)
    assert known(pairs, {BO, AL, ROME}) == {(0, 4): "none"}
    ends = np.concatenate([pairs.words.heads, pairs.words.tails])
    assert not ((ends[:, 0] <= 2) & (ends[:, 1] > 2)).any()


def test_weights_are_those_of_the_document_and_the_weaker_end() -> None:
    spans = (replace(SPANS[0], weight=0.5), *SPANS[1:])
    one = Document("d", TEXT, weight=2, annotation=Annotation(spans=spans, relations=()))
    pairs = encoded(one)
    is_bo = (pairs.words.heads == BO).all(axis=1) | (pairs.words.tails == BO).all(axis=1)
    right = np.array([tuple(h) in {BO, AL, ROME} for h in pairs.words.heads.tolist()])
    right &= np.array([tuple(t) in {BO, AL, ROME} for t in pairs.words.tails.tolist()])
    assert set(pairs.weights[is_bo & right].tolist()) == {1.0}
    assert set(pairs.weights[~is_bo & right].tolist()) == {2.0}


def test_losses_are_counted() -> None:
    one = document(Relation(0, 1, "leads"), Relation(0, 1, "knows"))
    target = TASK.encode(one, words_of(one))
    assert target.encoding_losses == {"second_relation": 1}
    one = document(Relation(2, 0, "born_in"))
    assert TASK.encode(one, words_of(one)).encoding_losses == {"relation_off_schema": 1}


def test_wrong_spans_are_negative_and_the_same_in_every_run() -> None:
    for one in related(20):
        pairs, again = encoded(one), encoded(one)
        for left, right in zip(pairs.arrays(), again.arrays(), strict=True):
            np.testing.assert_array_equal(left, right)
        starts = {start: n for n, (start, _) in enumerate(words_of(one))}
        right_spans = {
            (starts[s.start], starts[s.start] + 1, TASK.labels.index(s.label))
            for s in one.annotation.spans or ()
        }
        heads, tails = pairs.words.heads.tolist(), pairs.words.tails.tolist()
        wrong = [
            number
            for head, tail, number in zip(heads, tails, pairs.classes.tolist(), strict=True)
            if not {tuple(head), tuple(tail)} <= right_spans
        ]
        assert set(wrong) <= {0}
        assert len(set(zip(map(tuple, heads), map(tuple, tails), strict=True))) == len(heads)
