from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.counts import Counts, MatchCounts, sum_counts

NUMBERS = st.integers(0, 50)
TALLIES = st.builds(MatchCounts, NUMBERS, NUMBERS, NUMBERS)
LABELS = st.sampled_from(["A", "B", "O"])
COUNTS = st.builds(
    Counts,
    st.dictionaries(LABELS, TALLIES),
    st.none() | TALLIES,
    st.dictionaries(st.tuples(LABELS, LABELS), NUMBERS),
    NUMBERS,
    NUMBERS,
)


@pytest.mark.parametrize(
    ("tally", "precision", "recall", "f1"),
    [
        (MatchCounts(), 0.0, 0.0, 0.0),
        (MatchCounts(0, 3, 0), 0.0, 0.0, 0.0),
        (MatchCounts(0, 0, 3), 0.0, 0.0, 0.0),
        (MatchCounts(1, 2, 4), 0.5, 0.25, 1 / 3),
        (MatchCounts(4, 4, 4), 1.0, 1.0, 1.0),
    ],
)
def test_precision_recall_and_f1(
    tally: MatchCounts, precision: float, recall: float, f1: float
) -> None:
    assert (tally.precision, tally.recall) == (precision, recall)
    assert tally.f1 == pytest.approx(f1)


def test_the_overall_counts_are_the_sum_over_labels_and_macro_f1_skips_absent_ones() -> None:
    counts = Counts({"A": MatchCounts(1, 1, 1), "B": MatchCounts(0, 1, 2), "ABSENT": MatchCounts()})
    assert counts.overall == MatchCounts(1, 2, 3)
    assert counts.macro_f1 == 0.5
    assert Counts().macro_f1 == 0.0


@given(st.lists(COUNTS, max_size=3))
def test_the_total_is_the_sum_in_any_order(many: list[Counts]) -> None:
    expected = Counts()
    for one in many:
        expected = expected + one
    for order in (many, many[::-1]):
        assert sum_counts(order).as_dict() == expected.as_dict()
        assert sum_counts(order).confusion == expected.confusion


def test_a_sum_without_spans_has_no_span_only() -> None:
    assert (Counts() + Counts()).span_only is None
    assert (Counts() + Counts(span_only=MatchCounts(1, 1, 1))).span_only == MatchCounts(1, 1, 1)
    assert (Counts(span_only=MatchCounts(1, 1, 1)) + Counts()).span_only == MatchCounts(1, 1, 1)


def test_adding_changes_neither_side() -> None:
    one, other = Counts({"A": MatchCounts(1, 1, 1)}), Counts({"A": MatchCounts(0, 1, 1)})
    assert (one + other).per_label == {"A": MatchCounts(1, 2, 2)}
    assert (one.per_label, other.per_label) == (
        {"A": MatchCounts(1, 1, 1)},
        {"A": MatchCounts(0, 1, 1)},
    )


def test_the_printed_shape() -> None:
    counts = Counts(
        {"B": MatchCounts(1, 2, 4), "A": MatchCounts()},
        MatchCounts(2, 2, 4),
        documents=3,
        truncated=1,
    )
    printed = counts.as_dict()
    assert list(printed) == [
        "overall",
        "macro_f1",
        "per_label",
        "span_only",
        "confusion",
        "errors",
        "documents",
        "truncated",
    ]
    assert list(printed["per_label"]) == ["A", "B"]
    assert printed["span_only"]["support"] == 4
    assert (printed["documents"], printed["truncated"]) == (3, 1)
