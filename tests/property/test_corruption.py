"""Corrupted span keys stay valid annotations, and errors have the given rates."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.region import Candidate, SpanKey
from vermeil.selection.corruption import ErrorRates, corrupt, error_rates

LABELS = ("PER", "LOC", "ORG")
WORDS = tuple((4 * i, 4 * i + 3) for i in range(40))
"""Words of three letters separated by spaces."""

NONE = ErrorRates(0, 0, 0, 0)


def key(first: int, end: int, label: str) -> SpanKey:
    return (WORDS[first][0], WORDS[end - 1][1], label)


@st.composite
def span_keys(draw: st.DrawFn) -> Candidate:
    cuts = sorted(draw(st.sets(st.integers(0, len(WORDS)), max_size=14)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return tuple(key(a, b, draw(st.sampled_from(LABELS))) for a, b in pairs)


@given(span_keys(), st.tuples(*[st.floats(0, 0.3)] * 3), st.floats(0, 2), st.integers(0, 99))
def test_keys_stay_whole_words_in_order(
    keys: Candidate, rates: tuple[float, float, float], spurious: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    found = corrupt(keys, WORDS, LABELS, ErrorRates(*rates, spurious), random)
    starts, ends = {a for a, _ in WORDS}, {b for _, b in WORDS}
    assert all(a in starts and b in ends and label in LABELS for a, b, label in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))


@given(span_keys(), st.integers(0, 99))
def test_zero_rates_change_nothing(keys: Candidate, seed: int) -> None:
    assert corrupt(keys, WORDS, LABELS, NONE, np.random.default_rng(seed)) == keys


def test_errors_have_the_given_rates() -> None:
    rates = ErrorRates(missed=0.1, relabelled=0.2, moved=0.15, spurious=0.25)
    true = tuple(key(i, i + 2, "PER") for i in range(1, 38, 6))
    random = np.random.default_rng(0)
    corrupted = [corrupt(true, WORDS, LABELS, rates, random) for _ in range(2000)]
    counted = error_rates((true, one) for one in corrupted)
    # A spurious span may overlap a missed or moved one.
    assert counted.missed == pytest.approx(0.1, abs=0.02)
    assert counted.relabelled == pytest.approx(0.2, abs=0.02)
    assert counted.moved == pytest.approx(0.15, abs=0.02)
    assert counted.spurious == pytest.approx(0.25, abs=0.03)


def test_no_error_rate_is_zero() -> None:
    true = tuple(key(i, i + 1, "PER") for i in range(9))
    assert error_rates([(true, true)]) == ErrorRates(0.1, 0.1, 0.1, 0.1)
    silent = error_rates([(true, ())])
    assert silent.missed == pytest.approx(10 / 12)
    assert silent.missed + silent.relabelled + silent.moved <= 1
