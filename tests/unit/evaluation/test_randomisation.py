from __future__ import annotations

import numpy as np
import pytest

from vermeil.evaluation.randomisation import randomisation_test


def counts(*seeds: list[tuple[int, int, int]]) -> np.ndarray:
    return np.array(seeds, dtype=np.int64)


def test_two_groups_have_four_ways_counted_by_hand() -> None:
    # Hits of ten: A 9 and 6, B 5 and 5. Differences of the four ways: +5, -3, +3, -5 of twenty.
    system, baseline = counts([(9, 10, 10), (6, 10, 10)]), counts([(5, 10, 10), (5, 10, 10)])
    result = randomisation_test(system, baseline, 100, 0)
    assert result.exact
    assert result.resamples == 4
    assert result.difference == pytest.approx(5 / 20)
    assert result.p_value == 2 / 4  # +5 and -5


def test_one_group_alone_can_show_nothing() -> None:
    assert randomisation_test(counts([(9, 9, 9)]), counts([(0, 9, 9)]), 50, 0).p_value == 1


def test_f1_is_recomputed_from_the_exchanged_counts() -> None:
    # Unequal groups: exchanging the second one alone gives 10/40 - 12/22 = -.295, the third way
    # its opposite; as found, 20/40 - 2/22 = +.409. So two of the four ways are as extreme.
    system = counts([(5, 10, 10), (5, 10, 10)])
    baseline = counts([(1, 1, 10), (0, 1, 10)])
    result = randomisation_test(system, baseline, 4, 0)
    assert result.difference == pytest.approx(20 / 40 - 2 / 22)
    assert result.p_value == 0.5


def test_all_groups_in_favour_leave_two_extreme_ways_of_all() -> None:
    system, baseline = counts([(8, 10, 10)] * 8), counts([(7, 10, 10)] * 8)
    assert randomisation_test(system, baseline, 256, 0).p_value == 2 / 256


def test_drawn_ways_approach_the_exact_value() -> None:
    rng = np.random.default_rng(4)
    gold = np.full((1, 12), 20)
    system, baseline = (
        np.stack([rng.binomial(gold, rate), gold, gold], axis=2) for rate in (0.75, 0.70)
    )
    exact = randomisation_test(system, baseline, 4096, 0)
    drawn = randomisation_test(system, baseline, 4000, 0)
    assert exact.exact
    assert not drawn.exact
    assert drawn.p_value == pytest.approx(exact.p_value, abs=0.03)


def test_a_group_is_exchanged_in_all_seeds_at_once() -> None:
    # The seeds repeat each other, so they add no evidence: the p-value is that of one seed.
    one, other = [(9, 10, 10), (7, 10, 10), (6, 10, 10)], [(5, 10, 10), (6, 10, 10), (6, 10, 10)]
    alone = randomisation_test(counts(one), counts(other), 100, 0)
    repeated = randomisation_test(counts(*[one] * 5), counts(*[other] * 5), 100, 0)
    assert alone.p_value == repeated.p_value


def test_the_level_is_kept_where_nothing_differs() -> None:
    rng = np.random.default_rng(11)
    p_values = []
    for number in range(400):
        gold = np.tile(rng.integers(1, 12, 25), (2, 1))
        hard = rng.beta(6, 2, 25)
        pair = []
        for _ in range(2):
            correct = rng.binomial(gold, hard)
            pair.append(np.stack([correct, correct + rng.binomial(gold, 0.2), gold], axis=2))
        p_values.append(randomisation_test(pair[0], pair[1], 199, number).p_value)
    wrong = sum(p <= 0.05 for p in p_values)
    assert 8 <= wrong <= 34  # 20 expected; outside 3 standard errors would be a fault


def test_wrong_shapes_and_no_resamples_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        randomisation_test(counts([(1, 1, 1)]), counts([(1, 1, 1)] * 2), 10, 0)
    with pytest.raises(ValueError, match="resample"):
        randomisation_test(counts([(1, 1, 1)]), counts([(1, 1, 1)]), 0, 0)
