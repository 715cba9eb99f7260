from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.blending.config import BlendingConfig, ScheduleName
from vermeil.blending.schedules import (
    SCHEDULES,
    backwards,
    cosine,
    cyclic,
    exponential,
    exponential_rate,
    piecewise,
    sigmoid,
    sigmoid_midpoint,
    step,
)
from vermeil.errors import ConfigError

PROGRESS = np.linspace(0, 1, 2001)
OF_ITS_OWN_MEAN = sorted(set(SCHEDULES) - {"piecewise"})


def shares_of(schedule: Any) -> np.ndarray:
    return np.array([schedule(t) for t in PROGRESS])


def mean(shares: np.ndarray) -> float:
    return float(((shares[1:] + shares[:-1]) / 2).mean())


@given(gold_fraction=st.floats(0.02, 0.98), name=st.sampled_from(OF_ITS_OWN_MEAN))
def test_every_schedule_is_a_share_that_spends_golds_part(
    gold_fraction: float, name: ScheduleName
) -> None:
    shares = shares_of(SCHEDULES[name].make(BlendingConfig(), gold_fraction))
    assert shares.min() >= 0
    assert shares.max() <= 1
    assert mean(shares) == pytest.approx(gold_fraction, abs=0.02)
    if name != "cyclic":
        assert (np.diff(shares) >= -1e-12).all()


@given(gold_fraction=st.floats(0.02, 0.98), name=st.sampled_from(OF_ITS_OWN_MEAN))
def test_backwards_gold_falls_and_spends_the_same(gold_fraction: float, name: ScheduleName) -> None:
    forwards = SCHEDULES[name].make(BlendingConfig(), gold_fraction)
    shares = shares_of(backwards(forwards))
    assert mean(shares) == pytest.approx(mean(shares_of(forwards)), abs=1e-9)
    assert shares[0] == pytest.approx(forwards(1.0))
    if name != "cyclic":
        assert (np.diff(shares) <= 1e-12).all()


def test_a_sigmoid_is_half_gold_at_its_midpoint() -> None:
    share = sigmoid(0.3, 12)
    assert share(0.3) == 0.5
    assert share(0.0) < 0.03
    assert share(1.0) > 0.99


@pytest.mark.parametrize(("part", "share"), [(0.0, 0.0), (1.0, 1.0)])
def test_a_sigmoid_without_one_origin_stays_away_from_it(part: float, share: float) -> None:
    schedule = sigmoid(sigmoid_midpoint(part, 10), 10)
    assert [round(schedule(t), 3) for t in (0.0, 0.5, 1.0)] == [share] * 3


def test_a_cosine_is_slow_at_both_ends() -> None:
    share = cosine(0.5)
    assert [round(share(t), 3) for t in (0, 0.25, 0.5, 1)] == [0, 0.146, 0.5, 1]


def test_an_exponential_by_hand_and_its_limits() -> None:
    share = exponential(2.0)
    assert share(0.5) == pytest.approx((math.e - 1) / (math.e**2 - 1))
    assert exponential(-2.0)(0.5) == pytest.approx((math.exp(-1) - 1) / (math.exp(-2) - 1))
    assert exponential(0.0)(0.3) == pytest.approx(0.3)
    assert exponential(5000.0)(0.99) < 1e-9  # nothing overflows
    assert exponential(5000.0)(1.0) == 1


@pytest.mark.parametrize("part", [0.01, 0.3, 0.4999, 0.5, 0.7, 0.99])
def test_the_rate_of_an_exponential_spends_golds_part(part: float) -> None:
    share = exponential(exponential_rate(part))
    assert mean(np.array([share(t) for t in np.linspace(0, 1, 20_001)])) == pytest.approx(
        part, abs=1e-3
    )


def test_steps_are_level_and_even() -> None:
    share = step(0.3, 3)
    assert [round(share(t), 3) for t in (0, 0.3, 0.34, 0.6, 0.67, 1)] == [0, 0, 0.3, 0.3, 0.6, 0.6]


def test_cycles_begin_anew_and_end_high() -> None:
    share = cyclic(0.5, 2)
    assert [round(share(t), 3) for t in (0, 0.25, 0.49, 0.5, 0.75, 1)] == [
        0, 0.5, 0.98, 0, 0.5, 1,
    ]  # fmt: skip


def test_a_table_is_joined_by_lines_jumps_and_is_held_at_its_ends() -> None:
    share = piecewise([(0.2, 0.1), (0.6, 0.5), (0.6, 0.9), (0.8, 0.2)])
    found = [round(share(t), 3) for t in (0, 0.2, 0.4, 0.6, 0.7, 0.8, 1)]
    assert found == [0.1, 0.1, 0.3, 0.9, 0.55, 0.2, 0.2]


def test_a_piecewise_schedule_needs_its_table() -> None:
    with pytest.raises(ConfigError, match=r"blending\.table: missing"):
        SCHEDULES["piecewise"].make(BlendingConfig(), 0.5)


@pytest.mark.parametrize("table", [[[0, 1.2]], [[-0.1, 0]], [[0.5]]])
def test_a_table_holds_shares_at_places_in_training(table: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="table"):
        BlendingConfig.model_validate({"table": table})


def test_parameters_of_the_user_are_taken() -> None:
    config = BlendingConfig(
        share=0.9, midpoint=0.1, steepness=50, exponent=2, rate=2, steps=2, cycles=4,
        table=((0.0, 0.25), (1.0, 0.75)),
    )  # fmt: skip
    assert SCHEDULES["constant"].make(config, 0.2)(0.5) == 0.9
    assert SCHEDULES["sigmoid"].make(config, 0.2)(0.1) == 0.5
    assert SCHEDULES["power"].make(config, 0.2)(0.5) == 0.25
    assert SCHEDULES["exponential"].make(config, 0.2)(0.5) == exponential(2)(0.5)
    assert SCHEDULES["step"].make(config, 0.2)(0.6) == pytest.approx(0.4)
    assert SCHEDULES["cyclic"].make(config, 0.2)(0.3) == pytest.approx(0.08)
    assert SCHEDULES["piecewise"].make(config, 0.2)(0.5) == 0.5
