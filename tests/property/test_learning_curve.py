"""Fitted learning curves: what must hold for all measurements."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vermeil.evaluation.learning_curve import DECAYS, RETURNS, WORTHS, Curves, fit_curves

GOLD = [100.0, 300.0, 900.0] * 3
SILVER = [0.0] * 3 + [1000.0] * 3 + [4000.0] * 3


def curve(top: float, scale: float, decay: float, worth: float, returns: float) -> Curves:
    """Return one curve; sizes are in units of 4,000 documents."""
    arrays = [np.array([value]) for value in (top, scale, decay, worth, returns)]
    return Curves(arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], unit=4000.0)


@given(st.lists(st.floats(0, 1), min_size=9, max_size=9))
@settings(max_examples=25, deadline=None)
def test_more_documents_never_score_less_and_none_above_one(scores: Any) -> None:
    curve = fit_curves(GOLD, SILVER, np.array([scores]))
    golds, silvers = np.geomspace(1, 1e6, 30), np.zeros(30)
    along_gold, along_silver = curve(golds, silvers)[0], curve(silvers + 10, golds)[0]
    assert (np.diff(along_gold) >= -1e-12).all()
    assert (np.diff(along_silver) >= -1e-12).all()
    assert max(along_gold.max(), along_silver.max()) <= 1 + 1e-12


@given(
    st.floats(0.5, 1),
    st.floats(0.5, 2),
    st.sampled_from(list(DECAYS)),
    st.sampled_from(list(WORTHS[1:])),
    st.sampled_from(list(RETURNS)),
)
@settings(max_examples=25, deadline=None)
def test_a_curve_is_fitted_by_itself(
    top: float, scale: float, decay: float, worth: float, returns: float
) -> None:
    truth = curve(top, scale, decay, worth * 4000, returns)
    measured = truth(np.array(GOLD), np.array(SILVER))
    fitted = fit_curves(GOLD, SILVER, measured)
    assert np.allclose(fitted(np.array(GOLD), np.array(SILVER)), measured, atol=1e-6)


def test_the_fit_is_that_of_brute_force() -> None:
    """On one candidate of the grid, top and scale are those of numpy's least squares."""
    rng = np.random.default_rng(1)
    scores = 0.5 + 0.03 * np.arange(9) + rng.normal(0, 0.01, 9)
    fitted = fit_curves(GOLD, SILVER, scores[None])
    x = fitted.effective_gold(np.array(GOLD), np.array(SILVER))[0] ** -fitted.decay[0]
    design = np.stack([np.ones(9), -x], axis=1)
    (top, scale), *_ = np.linalg.lstsq(design, scores, rcond=None)
    if top <= 1 and scale >= 0:
        assert np.isclose(fitted.asymptote[0], top)
        assert np.isclose(fitted.scale[0], scale)
    worst = scores - scores.mean()
    assert ((scores - fitted(np.array(GOLD), np.array(SILVER))[0]) ** 2).sum() < (worst**2).sum()


def test_scores_that_would_exceed_one_are_fitted_with_a_limit_of_one() -> None:
    """With the limit fixed, the scale is that of least squares through 1."""
    scores = np.array([0.2, 0.5, 0.95, 0.5, 0.7, 0.99, 0.6, 0.8, 1.0])
    fitted = fit_curves(GOLD, SILVER, scores[None])
    x = fitted.effective_gold(np.array(GOLD), np.array(SILVER))[0] ** -fitted.decay[0]
    design = np.stack([np.ones(9), -x], axis=1)
    (top, _), *_ = np.linalg.lstsq(design, scores, rcond=None)
    assert top > 1
    assert fitted.asymptote[0] == 1
    assert np.isclose(fitted.scale[0], x @ (1 - scores) / (x @ x))


def test_gold_for_is_the_inverse() -> None:
    truth = curve(0.9, 1.5, 0.4, 500.0, 0.5)
    silver = np.array([0.0, 1000.0, 4000.0])
    gold = truth.gold_needed(0.8, silver)
    assert np.allclose(
        truth(gold, silver).diagonal() if gold.ndim > 1 else truth(gold, silver)[0], 0.8
    )
    assert np.isinf(truth.gold_needed(0.95, silver)).all()
