from __future__ import annotations

import pytest

from vermeil.evaluation.correction import holm


def test_holm_multiplies_step_by_step_and_keeps_the_order_given() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.6, 0.7]) == (1.0, 1.0)
    assert holm([]) == ()
