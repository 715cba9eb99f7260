from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from vermeil.selection.judge import SignalMatrix, candidate_probabilities, cross_fit, fit, log_loss


def problem(
    seed: int = 0, regions: int = 40, width: int = 4, scale: float = 1.0
) -> tuple[SignalMatrix, np.ndarray]:
    """Regions of one to five options, with random signals and right options."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, regions)
    values = rng.normal(size=(int(sizes.sum()), width)) * scale
    return SignalMatrix(values, np.cumsum([0, *sizes])), rng.integers(0, sizes)


def test_the_weights_are_those_that_a_general_optimiser_finds() -> None:
    signals, right = problem()
    prior = np.array([0.5, 0.0, -1.0, 0.0])
    for strength in (0.3, 3.0, 100.0):

        def loss(weights: np.ndarray, strength: float = strength) -> float:
            away = weights - prior
            fit = log_loss(signals, right, weights) * signals.region_count
            return float(fit + strength / 2 * away @ away)

        found = minimize(loss, np.zeros(4), method="L-BFGS-B", options={"ftol": 1e-14}).x
        np.testing.assert_allclose(fit(signals, right, prior, strength), found, atol=1e-4)


def test_the_slope_of_the_loss_is_none_at_the_fitted_weights() -> None:
    signals, right = problem(1)
    prior, strength = np.zeros(4), 2.0
    weights = fit(signals, right, prior, strength)
    for number in range(4):
        step = np.zeros(4)
        step[number] = 1e-5
        ends = [log_loss(signals, right, weights + s) * signals.region_count for s in (step, -step)]
        slope = (ends[0] - ends[1]) / 2e-5 + strength * weights[number]
        assert slope == pytest.approx(0, abs=1e-3)


def test_two_options_with_one_signal_by_hand() -> None:
    # P(first) = 1 / (1 + e^-w); three of four times it is right; without a prior w = log 3.
    signals = SignalMatrix(np.array([[1.0], [0.0]] * 4), np.arange(0, 9, 2))
    weights = fit(signals, np.array([0, 0, 0, 1]), np.zeros(1), 1e-9)
    assert weights[0] == pytest.approx(np.log(3), abs=1e-5)
    np.testing.assert_allclose(
        candidate_probabilities(signals, weights), [0.75, 0.25] * 4, atol=1e-5
    )


def test_large_signals_are_fitted_too() -> None:
    # Sums of log-probabilities reach hundreds: a right option may seem all but impossible.
    signals, right = problem(2, scale=60.0)
    prior, strength = np.full(4, 2.0), 1.0
    weights = fit(signals, right, prior, strength)
    chosen = signals.values[signals.starts[:-1] + right].sum(axis=0)
    probabilities = candidate_probabilities(signals, weights)
    gradient = probabilities @ signals.values - chosen + strength * (weights - prior)
    assert np.abs(gradient).max() < 0.05


def test_probabilities_of_a_region_sum_to_one_however_large_the_sums() -> None:
    signals, _ = problem(3, scale=1e4)
    probabilities = candidate_probabilities(signals, np.ones(4))
    np.testing.assert_allclose(np.add.reduceat(probabilities, signals.starts[:-1]), 1)
    assert (probabilities >= 0).all()


def test_a_strong_prior_stays_and_no_region_leaves_it_as_it_is() -> None:
    signals, right = problem()
    prior = np.array([1.0, 0.0, 2.0, 0.0])
    np.testing.assert_allclose(fit(signals, right, prior, 1e9), prior, atol=1e-5)
    empty = signals.select_regions(np.array([], np.int64))
    assert empty.region_count == 0
    assert fit(empty, right[:0], prior, 1.0).tolist() == prior.tolist()
    assert candidate_probabilities(empty, prior).shape == (0,)


def test_take_keeps_the_regions_options_together_and_in_the_order_asked_for() -> None:
    signals = SignalMatrix(np.arange(12.0).reshape(6, 2), np.array([0, 1, 3, 6]))
    taken = signals.select_regions(np.array([2, 0]))
    assert taken.starts.tolist() == [0, 3, 4]
    assert taken.values[:, 0].tolist() == [6, 8, 10, 0]


def test_a_group_never_judges_itself() -> None:
    # Each group has a signal of its own that gives the right option away, and nothing else. Who
    # learnt from the group is certain; who did not can only guess.
    groups, each = 10, 6
    rng = np.random.default_rng(0)
    right = rng.integers(0, 2, groups * each)
    values = np.zeros((2 * len(right), groups))
    for region, option in enumerate(right):
        values[2 * region + option, region // each] = 5.0
    signals = SignalMatrix(values, np.arange(0, 2 * len(right) + 1, 2))
    names = [f"g{region // each}" for region in range(len(right))]
    leaking = candidate_probabilities(signals, fit(signals, right, np.zeros(groups), 0.1))
    assert leaking[signals.starts[:-1] + right].min() > 0.9
    _, judged = cross_fit(signals, right, names, np.zeros(groups), [0.1])
    np.testing.assert_allclose(judged, 0.5)


def test_the_strength_is_the_one_that_does_best_out_of_group() -> None:
    # The prior is right and the signals of the data are noise: the strongest prior wins …
    rng = np.random.default_rng(0)
    values = rng.normal(size=(120, 6))
    values[:, 0] = np.tile([4.0, 0.0], 60)
    signals, right = SignalMatrix(values, np.arange(0, 121, 2)), np.zeros(60, np.int64)
    names = [f"g{n}" for n in range(60)]
    prior = np.array([1.0, 0, 0, 0, 0, 0])
    with_good_prior, _ = cross_fit(signals, right, names, prior, [0.01, 1.0, 1000.0])
    # … and where the prior is wrong, the weakest.
    with_wrong_prior, _ = cross_fit(signals, right, names, -prior, [0.01, 1.0, 1000.0])
    assert with_wrong_prior == 0.01
    assert with_good_prior != 1000.0 or with_good_prior > with_wrong_prior


def test_regions_with_an_unknown_answer_are_judged_and_teach_nothing() -> None:
    signals, right = problem(4, regions=30)
    names = [f"g{n % 10}" for n in range(30)]
    unknown = right.copy()
    unknown[names.index("g3")] = -1
    _, judged = cross_fit(signals, unknown, names, np.zeros(4), [1.0])
    np.testing.assert_allclose(np.add.reduceat(judged, signals.starts[:-1]), 1)
    changed = signals.values.copy()
    one = names.index("g3")
    changed[signals.starts[one] : signals.starts[one + 1]] = 9.0
    _, other = cross_fit(SignalMatrix(changed, signals.starts), unknown, names, np.zeros(4), [1.0])
    rest = np.ones(len(judged), bool)
    rest[signals.starts[one] : signals.starts[one + 1]] = False
    np.testing.assert_array_equal(judged[rest], other[rest])


def test_a_single_group_is_judged_by_the_prior() -> None:
    signals, right = problem(5, regions=3)
    strength, judged = cross_fit(signals, right, ["g"] * 3, np.ones(4), [3.0, 1.0])
    np.testing.assert_allclose(judged, candidate_probabilities(signals, np.ones(4)))
    assert strength == 3.0


def test_no_region_is_no_judgement() -> None:
    empty = SignalMatrix(np.zeros((0, 4)), np.zeros(1, np.int64))
    strength, judged = cross_fit(empty, np.zeros(0, np.int64), [], np.ones(4), [3.0, 1.0])
    assert (strength, judged.shape) == (3.0, (0,))
