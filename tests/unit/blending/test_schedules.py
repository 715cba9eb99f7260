from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.blending.config import BlendingConfig, ScheduleName
from vermeil.blending.schedules import SCHEDULES, sigmoid, sigmoid_midpoint

PROGRESS = np.linspace(0, 1, 2001)


@given(gold_part=st.floats(0.02, 0.98), name=st.sampled_from(sorted(SCHEDULES)))
def test_every_schedule_is_a_rising_share_that_spends_golds_part(
    gold_part: float, name: ScheduleName
) -> None:
    schedule = SCHEDULES[name](BlendingConfig(), gold_part)
    shares = np.array([schedule(t) for t in PROGRESS])
    assert shares.min() >= 0
    assert shares.max() <= 1
    assert (np.diff(shares) >= -1e-12).all()
    spent = float(((shares[1:] + shares[:-1]) / 2).mean())
    assert spent == pytest.approx(gold_part, abs=0.02)


def test_a_sigmoid_is_half_gold_at_its_midpoint() -> None:
    share = sigmoid(0.3, 12)
    assert share(0.3) == 0.5
    assert share(0.0) < 0.03
    assert share(1.0) > 0.99


@pytest.mark.parametrize(("part", "share"), [(0.0, 0.0), (1.0, 1.0)])
def test_a_sigmoid_without_one_origin_stays_away_from_it(part: float, share: float) -> None:
    schedule = sigmoid(sigmoid_midpoint(part, 10), 10)
    assert [round(schedule(t), 3) for t in (0.0, 0.5, 1.0)] == [share] * 3


def test_parameters_of_the_user_are_taken() -> None:
    config = BlendingConfig(share=0.9, midpoint=0.1, steepness=50, exponent=2)
    assert SCHEDULES["constant"](config, 0.2)(0.5) == 0.9
    assert SCHEDULES["sigmoid"](config, 0.2)(0.1) == 0.5
    assert SCHEDULES["power"](config, 0.2)(0.5) == 0.25
