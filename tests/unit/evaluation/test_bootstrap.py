from __future__ import annotations

import random
import statistics

import numpy as np
import pytest
from numpy.typing import NDArray

from vermeil.evaluation.bootstrap import (
    f1_interval,
    paired_bootstrap,
    resampled_f1,
    score_intervals,
)


def counts(*seeds: list[tuple[int, int, int]]) -> np.ndarray:
    return np.array(seeds, dtype=np.int64)


def simulated(rate: float, seeds: int, groups: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    gold = np.random.default_rng(99).integers(1, 8, (1, groups)).repeat(seeds, axis=0)
    correct = rng.binomial(gold, rate)
    predicted = correct + rng.binomial(gold, 1 - rate)
    return np.stack([correct, predicted, gold], axis=2)


def literal_bootstrap(
    system: NDArray[np.int64], baseline: NDArray[np.int64], resamples: int
) -> tuple[float, float]:
    """The same interval, written as the definition reads, with draws of its own."""
    rng = random.Random(3)
    seeds, groups, _ = system.shape
    found = []
    for _ in range(resamples):
        drawn_groups = rng.choices(range(groups), k=groups)
        differences = []
        for s in range(seeds):
            f1 = []
            for one in (system, baseline):
                c, p, g = (sum(int(one[s, i, k]) for i in drawn_groups) for k in range(3))
                f1.append(2 * c / (p + g))
            differences.append(f1[0] - f1[1])
        mean = statistics.fmean(differences)
        drawn = statistics.fmean(rng.choices(differences, k=seeds))
        found.append(mean + (drawn - mean) * (seeds / (seeds - 1)) ** 0.5)
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def test_difference_is_the_mean_over_seeds_of_micro_f1_differences() -> None:
    system = counts([(3, 4, 4), (1, 2, 2)], [(4, 4, 4), (2, 2, 2)])
    baseline = counts([(2, 4, 4), (1, 2, 2)], [(3, 4, 4), (1, 2, 2)])
    result = paired_bootstrap(system, baseline, 100, 0)
    assert result.per_seed == pytest.approx((4 / 6 - 3 / 6, 6 / 6 - 4 / 6))
    assert result.difference == pytest.approx(statistics.fmean(result.per_seed))
    assert (result.groups, result.resamples) == (2, 100)


def test_interval_and_p_value_of_two_groups_are_those_of_all_possible_draws() -> None:
    # A wins by much, B loses by little: the draws AA, AB, BA are above zero, BB (1 in 4) is below.
    system = counts([(9, 10, 10), (4, 10, 10)])
    baseline = counts([(1, 10, 10), (5, 10, 10)])
    result = paired_bootstrap(system, baseline, 20_000, 0)
    assert result.p_value == pytest.approx(2 / 4, abs=0.02)
    assert (result.low, result.high) == pytest.approx((-0.1, 0.8))


def test_seeds_are_drawn_too() -> None:
    # One group: only the seeds differ, by .1 and .5: .2 from their mean, stretched by √2.
    system = counts([(6, 10, 10)], [(10, 10, 10)])
    baseline = counts([(5, 10, 10)], [(5, 10, 10)])
    result = paired_bootstrap(system, baseline, 500, 0)
    assert (result.low, result.high) == pytest.approx((0.3 - 0.2 * 2**0.5, 0.3 + 0.2 * 2**0.5))


def test_interval_has_the_width_of_the_standard_error_where_f1_is_a_plain_mean() -> None:
    # As many predicted and gold items in every group make F1 the mean of the groups' hit rates.
    rng = np.random.default_rng(1)
    size = np.full(400, 10)
    system = np.stack([rng.binomial(10, 0.8, 400), size, size], axis=1)[None]
    baseline = np.stack([rng.binomial(10, 0.7, 400), size, size], axis=1)[None]
    by_group = (system[0, :, 0] - baseline[0, :, 0]) / 10
    error = by_group.std() / 20
    result = paired_bootstrap(system, baseline, 8000, 0)
    assert result.low == pytest.approx(result.difference - 1.96 * error, abs=0.1 * error)
    assert result.high == pytest.approx(result.difference + 1.96 * error, abs=0.1 * error)


def test_agrees_with_the_definition_in_plain_loops() -> None:
    system, baseline = simulated(0.80, 3, 40, 1), simulated(0.77, 3, 40, 2)
    result = paired_bootstrap(system, baseline, 4000, 0)
    low, high = literal_bootstrap(system, baseline, 1500)
    width = high - low
    assert result.low == pytest.approx(low, abs=0.1 * width)
    assert result.high == pytest.approx(high, abs=0.1 * width)


def test_more_groups_than_fit_at_once_are_resampled_in_parts() -> None:
    system, baseline = simulated(0.80, 2, 5000, 1), simulated(0.78, 2, 5000, 2)
    result = paired_bootstrap(system, baseline, 1000, 0)
    assert result.low < result.difference < result.high
    assert result.high - result.low < 0.03
    assert result.p_value < 0.05


def test_the_same_seed_gives_the_same_numbers() -> None:
    system, baseline = simulated(0.80, 3, 50, 1), simulated(0.78, 3, 50, 2)
    first, again = (paired_bootstrap(system, baseline, 300, 7) for _ in range(2))
    assert first == again
    assert first != paired_bootstrap(system, baseline, 300, 8)


def test_intervals_of_unlike_seeds_stay_in_the_range_of_f1() -> None:
    """The rescaled spread of two seeds reaches beyond the best and the worst seed."""
    seeds = counts([(10, 10, 10)] * 9, [(4, 10, 10)] * 9)
    assert f1_interval(seeds, 200, 0)[1] == 1
    nothing_right = seeds * np.array([0, 1, 1])
    assert paired_bootstrap(seeds, nothing_right, 200, 0).high == 1
    assert paired_bootstrap(nothing_right, seeds, 200, 0).low == -1
    assert f1_interval(counts([(6, 10, 10)] * 9, [(0, 10, 10)] * 9), 200, 0)[0] == 0


def test_p_value_is_never_zero() -> None:
    system, baseline = counts([(10, 10, 10)] * 30), counts([(1, 10, 10)] * 30)
    assert paired_bootstrap(system, baseline, 999, 0).p_value == pytest.approx(2 / 1000)


def test_without_any_items_f1_is_zero() -> None:
    empty = counts([(0, 0, 0), (0, 0, 0)])
    result = paired_bootstrap(empty, empty, 100, 0)
    assert (result.difference, result.p_value) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("system", "baseline"),
    [
        (counts([(1, 1, 1)]), counts([(1, 1, 1)], [(1, 1, 1)])),
        (np.zeros((2, 0, 3), dtype=np.int64), np.zeros((2, 0, 3), dtype=np.int64)),
        (np.zeros((4, 3), dtype=np.int64), np.zeros((4, 3), dtype=np.int64)),
    ],
)
def test_wrong_shapes_are_refused(system: NDArray[np.int64], baseline: NDArray[np.int64]) -> None:
    with pytest.raises(ValueError, match="shape"):
        paired_bootstrap(system, baseline, 100, 0)


def test_no_resamples_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one resample"):
        paired_bootstrap(counts([(1, 1, 1)]), counts([(1, 1, 1)]), 0, 0)


def test_interval_of_one_system_surrounds_its_f1() -> None:
    groups = simulated(0.8, 1, 200, 1)[0]
    correct, predicted, gold = groups.sum(axis=0)
    low, high = f1_interval(groups, 2000, 0)
    assert low < 2 * correct / (predicted + gold) < high
    assert 0.01 < high - low < 0.1


def test_interval_takes_seeds_as_well() -> None:
    groups = simulated(0.8, 1, 50, 1)
    assert f1_interval(groups[0], 500, 0) == f1_interval(groups, 500, 0)


def test_interval_of_a_faultless_system_is_one_point() -> None:
    assert f1_interval(np.full((12, 3), 4), 200, 0) == (1.0, 1.0)


def test_intervals_of_kinds_agree_with_the_interval_of_each_alone() -> None:
    groups = simulated(0.8, 1, 150, 1)[0]
    others = simulated(0.6, 1, 150, 2)[0]
    both = score_intervals(np.stack([groups, others], axis=1), 1500, 0)
    assert both.shape == (2, 3, 2)
    for number, one in enumerate((groups, others)):
        correct, predicted, gold = one.sum(axis=0)
        scores = (correct / predicted, correct / gold, 2 * correct / (predicted + gold))
        for (low, high), score in zip(both[number], scores, strict=True):
            assert low < score < high
        assert tuple(both[number, 2]) == pytest.approx(f1_interval(one, 1500, 7), abs=0.01)


def test_a_kind_that_never_occurs_has_intervals_of_zero() -> None:
    nothing = np.zeros((5, 1, 3), dtype=np.int64)
    assert (score_intervals(nothing, 50, 0) == 0).all()


def test_the_level_is_kept_where_nothing_differs() -> None:
    wrong = 0
    for number in range(200):
        system, baseline = (simulated(0.8, 3, 40, 1000 + 2 * number + i) for i in range(2))
        wrong += paired_bootstrap(system, baseline, 300, number).p_value < 0.05
    assert wrong <= 0.05 * 200 + 9


def test_other_draws_of_many_systems_are_those_of_the_paired_bootstrap() -> None:
    """Differences of two systems' draws have the interval that `paired_bootstrap` gives."""
    one, two = simulated(0.7, 3, 30, 1), simulated(0.8, 3, 30, 2)
    drawn = resampled_f1(np.stack([one, two]), 2000, seed=5)
    expected = paired_bootstrap(two, one, 2000, seed=5)
    low, high = np.quantile(drawn[:, 1] - drawn[:, 0], (0.025, 0.975))
    assert (low, high) == pytest.approx((expected.low, expected.high))
    assert drawn.min() >= 0
    assert drawn.max() <= 1
