from __future__ import annotations

import numpy as np
import pytest

from vermeil.blending.config import BlendingConfig
from vermeil.blending.plan import make_plan
from vermeil.blending.weighting import apply_origin_weights
from vermeil.data.example import TrainingExample


def examples(gold: int, silver: int, words: int) -> list[TrainingExample]:
    ids = np.arange(words)
    ones = np.ones(words, np.float32)
    return [
        TrainingExample(ids, None, ids, ones, "gold" if i < gold else "silver", ids)
        for i in range(gold + silver)
    ]


def test_each_step_has_its_share_of_the_loss() -> None:
    made = examples(6, 18, 10)
    sizes = [np.full(6, 10), np.full(18, 10)]
    config = BlendingConfig.model_validate(
        {
            "regimen": "schedule",
            "schedule": "linear",
            "mode": "weighting",
            "budget": {"gold_epochs": 4, "silver_epochs": 4, "batch_wordpieces": 80},
        }
    )
    plan = make_plan(sizes[0], sizes[1], config, 0)
    weighted, plain = apply_origin_weights(made, plan)
    assert plain.origin_weights is None
    assert [len(batch) for batch in plain.batches] == [len(batch) for batch in plan.batches]
    for step, batch in enumerate(plain.batches):
        ours = [weighted[i] for i in batch]
        assert [e.origin for e in ours] == [made[i].origin for i in plan.batches[step]]
        gold, all_ = (
            sum(float(e.weights.sum()) for e in ours if e.origin in origins)
            for origins in (("gold",), ("gold", "silver"))
        )
        assert gold / all_ == pytest.approx(plan.realised_share[step], abs=1e-6)
        assert all_ == pytest.approx(10 * len(ours), rel=1e-5)


def test_a_plan_without_weights_is_left_alone() -> None:
    made = examples(3, 3, 5)
    plan = make_plan(np.full(3, 5), np.full(3, 5), BlendingConfig(), 0)
    same, again = apply_origin_weights(made, plan)
    assert same is made
    assert again is plan
