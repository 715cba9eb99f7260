"""Relations and abstentions of pairs, and their indices in an annotation."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.document import Annotation, Span
from vermeil.data.relation import PairAbstention, Relation
from vermeil.errors import DataError

ANN, ROME, IBM = Span(0, 3, "PER"), Span(12, 16, "LOC"), Span(20, 23, "ORG")


@pytest.mark.parametrize("order", list(itertools.permutations((ANN, ROME, IBM))))
def test_relations_point_at_the_same_spans_after_sorting(order: tuple[Span, ...]) -> None:
    head, tail = order.index(ANN), order.index(IBM)
    annotation = Annotation(
        order,
        relations=(Relation(head, tail, "works_for", 0.5),),
        abstain_pairs=(PairAbstention(order.index(ROME), None, "in"), PairAbstention(None, head)),
    )
    assert annotation.spans == (ANN, ROME, IBM)
    assert annotation.relations == (Relation(0, 2, "works_for", 0.5),)
    assert annotation.abstain_pairs == (PairAbstention(None, 0), PairAbstention(1, None, "in"))


@given(st.permutations(range(6)), st.lists(st.tuples(*[st.integers(0, 5)] * 2), unique=True))
def test_any_order_of_spans_gives_the_same_annotation(
    order: list[int], pairs: list[tuple[int, int]]
) -> None:
    spans = [Span(n // 2, n // 2 + 1 + n % 2, "X") for n in range(6)]
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    expected = Annotation(tuple(spans), relations=tuple(Relation(*p, "r") for p in pairs))
    shuffled = tuple(spans[n] for n in order)
    place = {old: new for new, old in enumerate(order)}
    moved = tuple(Relation(place[head], place[tail], "r") for head, tail in pairs)
    assert Annotation(shuffled, relations=moved) == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Relation(0, 0, "r"), "relation 'r' has span 0 as head and as tail"),
        (lambda: Relation(-1, 0, "r"), "relation 'r' names span -1; expected an index from 0"),
        (lambda: Relation(0, 1, ""), "relation from span 0 to span 1 has no label"),
        (lambda: Relation(0, 1, "r", 1.5), r"score 1.5, not in \[0, 1\]"),
        (lambda: PairAbstention(1, 1), "abstention of a pair has span 1 as head and as tail"),
        (lambda: PairAbstention(0, 1, ""), "empty label; leave the label out"),
        (
            lambda: Annotation((ANN, ROME), relations=(Relation(0, 2, "r"),)),
            "relation 'r' names span 2; there are 2 spans",
        ),
        (
            lambda: Annotation(relations=(Relation(0, 1, "r"),)),
            "relation 'r' names span 1; there are 0 spans",
        ),
        (
            lambda: Annotation((ANN,), abstain_pairs=(PairAbstention(1),)),
            "abstention of a pair None names span 1; there are 1 spans",
        ),
        (
            lambda: Annotation((ANN, ROME), relations=(Relation(0, 1, "r"),) * 2),
            "relation 'r' from span 0 to span 1 occurs twice",
        ),
    ],
)
def test_an_invalid_relation_is_an_error(make: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make()


@pytest.mark.parametrize(
    ("abstention", "covered"),
    [
        (PairAbstention(), {(0, 1), (1, 0), (1, 2)}),
        (PairAbstention(0), {(0, 1)}),
        (PairAbstention(None, 0), {(1, 0)}),
        (PairAbstention(1, 2, "r"), {(1, 2)}),
    ],
)
def test_an_abstention_covers_the_pairs_of_its_ends(
    abstention: PairAbstention, covered: set[tuple[int, int]]
) -> None:
    pairs = {(0, 1), (1, 0), (1, 2)}
    assert {pair for pair in pairs if abstention.covers(*pair)} == covered
    assert {pair for pair in pairs if abstention.covers(*pair, label="r")} == covered
    other = {pair for pair in pairs if abstention.covers(*pair, label="other")}
    assert other == (covered if abstention.label is None else set())
