from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vermeil.evaluation.thresholds import HIGHEST, LOWEST, at_temperature, best_threshold


def f1_at(threshold: float, scores: np.ndarray, correct: np.ndarray) -> float:
    found = scores >= threshold
    return 2 * float((found & correct).sum()) / float(found.sum() + correct.sum())


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=10, max_size=60))
def test_no_other_threshold_in_the_range_has_a_higher_f1(items: list[tuple[float, bool]]) -> None:
    scores = np.array([score for score, _ in items])
    correct = np.array([one for _, one in items])
    best = best_threshold(scores, correct)
    if best is None:
        return
    assert LOWEST <= best <= HIGHEST
    reached = f1_at(best, scores, correct)
    others = [t for t in np.linspace(LOWEST, HIGHEST, 60) if abs(scores - t).min() > 2e-4]
    tolerance = 1e-9 if abs(scores - best).min() > 1e-4 else 1.0  # rounding of the threshold
    assert all(f1_at(t, scores, correct) <= reached + tolerance for t in others)


def test_few_positives_have_no_threshold() -> None:
    scores = np.linspace(0, 1, 20)
    assert best_threshold(scores, scores > 0.75) is not None
    assert best_threshold(scores, scores > 0.9) is None


@given(st.floats(0.05, 0.95), st.floats(0.5, 5), st.floats(0.5, 5))
def test_a_threshold_keeps_its_logit_at_another_temperature(
    threshold: float, before: float, after: float
) -> None:
    there = at_temperature(threshold, before, after)
    assume(1e-11 < there < 1 - 1e-11)  # the function returns no value nearer to 0 or 1
    assert at_temperature(there, after, before) == pytest.approx(threshold, rel=1e-2)
    assert at_temperature(0.5, before, after) == 0.5
