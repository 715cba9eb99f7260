from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.evaluation.discrimination import auarc, auroc

# Few different scores, so that many are tied.
items = st.lists(st.tuples(st.integers(0, 4).map(float), st.booleans()), max_size=12)


def test_a_perfect_a_reversed_and_a_constant_score() -> None:
    correct = [True, True, False, False]
    assert auroc([0.9, 0.8, 0.2, 0.1], correct) == 1
    assert auroc([0.1, 0.2, 0.8, 0.9], correct) == 0
    assert auroc([0.5] * 4, correct) == 0.5


def test_accuracy_and_rejection_by_hand() -> None:
    # Kept 1, 2, 3: accuracies 1, 1/2, 2/3.
    assert auarc([3, 2, 1], [True, False, True]) == pytest.approx((1 + 1 / 2 + 2 / 3) / 3)
    # All tied: whichever are kept, two thirds are right.
    assert auarc([1, 1, 1], [True, False, True]) == pytest.approx(2 / 3)


def test_without_both_kinds_of_items_there_is_no_auroc() -> None:
    assert auroc([], []) is None
    assert auroc([0.1, 0.2], [True, True]) is None
    assert auroc([0.1, 0.2], [False, False]) is None
    assert auarc([], []) is None
    assert auarc([0.1, 0.2], [False, False]) == 0


@given(items)
def test_auroc_counts_pairs(found: list[tuple[float, bool]]) -> None:
    right = [s for s, is_right in found if is_right]
    wrong = [s for s, is_right in found if not is_right]
    value = auroc([s for s, _ in found], [c for _, c in found])
    if not right or not wrong:
        assert value is None
        return
    won = sum((a > b) + (a == b) / 2 for a, b in product(right, wrong))
    assert value == pytest.approx(won / (len(right) * len(wrong)))


@given(items.filter(bool))
def test_auarc_is_the_mean_over_every_number_kept(found: list[tuple[float, bool]]) -> None:
    accuracies = []
    for kept in range(1, len(found) + 1):
        # Of those tied at the border, each is kept with the same probability.
        border = sorted((s for s, _ in found), reverse=True)[kept - 1]
        above = [c for s, c in found if s > border]
        tied = [c for s, c in found if s == border]
        rights = sum(above) + (kept - len(above)) * sum(tied) / len(tied)
        accuracies.append(rights / kept)
    value = auarc([s for s, _ in found], [c for _, c in found])
    assert value == pytest.approx(sum(accuracies) / len(accuracies))


@given(items, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_scale_of_the_scores_does_not_matter(
    found: list[tuple[float, bool]], scale: float, shift: float
) -> None:
    scores, correct = [s for s, _ in found], [c for _, c in found]
    moved = [s * scale + shift for s in scores]
    assert auroc(moved, correct) == auroc(scores, correct)
    assert auarc(moved, correct) == auarc(scores, correct)
