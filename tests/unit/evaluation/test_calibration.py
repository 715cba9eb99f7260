from __future__ import annotations

import numpy as np
import pytest

from vermeil.evaluation.calibration import fit_temperature, log_loss, reliability


def test_scores_that_keep_their_word_have_no_error() -> None:
    found = reliability([0.75] * 4 + [0.25] * 4, [True] * 3 + [False] + [True] + [False] * 3)
    assert found.number == 8
    assert found.ece == pytest.approx(0)
    assert found.brier == pytest.approx(0.1875)


def test_the_error_is_the_mean_distance_of_bins() -> None:
    found = reliability([0.95, 0.95, 0.55], [True, False, False])
    assert found.ece == pytest.approx((2 * 0.45 + 0.55) / 3)
    filled = {round(b.low, 1): (b.number, b.correct) for b in found.bins if b.number}
    assert filled == {0.9: (2, 0.5), 0.5: (1, 0.0)}
    assert len(found.as_dict()["bins"]) == 10


def test_both_ends_have_a_bin_and_nothing_is_no_error() -> None:
    assert [b.number for b in reliability([0.0, 1.0], [False, True], bins=2).bins] == [1, 1]
    assert reliability([], []).ece == 0


@pytest.mark.parametrize("bins", [3, 7, 10])
def test_a_score_on_an_edge_is_in_the_lower_bin(bins: int) -> None:
    edges = [i / bins for i in range(1, bins + 1)]
    found = reliability(edges, [True] * bins, bins)
    assert [(b.number, b.score) for b in found.bins] == [(1, edge) for edge in edges]
    above = reliability([np.nextafter(edge, 2) for edge in edges[:-1]], [True] * (bins - 1), bins)
    assert [b.number for b in above.bins] == [0] + [1] * (bins - 1)


def test_the_temperature_of_overconfident_scores_is_found() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 20_000)
    correct = (rng.random(20_000) < 1 / (1 + np.exp(-logits))).tolist()

    def loss(temperature: float) -> float:
        return log_loss((1 / (1 + np.exp(-3 * logits / temperature))).tolist(), correct)

    assert fit_temperature(loss) == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize("best", [0.3, 0.6, 8.0])
def test_a_temperature_is_found_within_the_default_range(best: float) -> None:
    found = fit_temperature(lambda t: abs(float(np.log(t / best))))
    assert found == pytest.approx(best, rel=0.02)


def test_certain_and_wrong_is_a_finite_loss() -> None:
    assert 10 < log_loss([1.0], [False]) < 20
