from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.blending.config import BlendingConfig
from vermeil.blending.plan import make_plan
from vermeil.data.example import BatchPlan
from vermeil.errors import TrainingError

BLENDS = ["pooled", "simple_mix", "reverse_mix", "schedule"]
REGIMENS = ["gold_only", "silver_only", *BLENDS]

rng = np.random.default_rng(5)
GOLD, SILVER = rng.integers(4, 60, 250), rng.integers(4, 60, 2000)


def plan(regimen: str, seed: int = 0, schedule: str = "sigmoid", **budget: object) -> BatchPlan:
    section = {"regimen": regimen, "schedule": schedule, "budget": budget}
    return make_plan(GOLD, SILVER, BlendingConfig.model_validate(section), seed)


def seen(made: BatchPlan) -> Counter[int]:
    return Counter(np.concatenate(made.batches).tolist())


@pytest.mark.parametrize("regimen", BLENDS)
def test_with_epochs_every_blend_sees_each_example_as_often_as_it_has_passes(regimen: str) -> None:
    times = seen(plan(regimen, name="epochs", gold_epochs=5, silver_epochs=2))
    gold = [times[i] for i in range(len(GOLD))]
    silver = [times[i] for i in range(len(GOLD), len(GOLD) + len(SILVER))]
    assert set(silver) <= {1, 2, 3}
    assert np.mean(silver) == pytest.approx(2, abs=0.01)
    assert max(gold) - min(gold) <= 1
    assert np.mean(gold) == pytest.approx(5, abs=0.1)


def test_equal_budgets_have_the_same_steps_and_wordpieces() -> None:
    plans = [plan(r, name="equal", gold_epochs=5, silver_epochs=2) for r in REGIMENS]
    assert len({p.steps for p in plans}) == 1
    totals = [p.total_wordpieces for p in plans]
    assert max(totals) / min(totals) < 1.01
    asked = 5 * GOLD.sum() + 2 * SILVER.sum()
    assert totals[0] == pytest.approx(asked, rel=0.01)


def test_an_equal_budget_can_be_named_in_wordpieces() -> None:
    for regimen in REGIMENS:
        made = plan(regimen, name="equal", wordpieces=20_000, batch_wordpieces=400)
        assert made.total_wordpieces == pytest.approx(20_000, rel=0.01)
        assert made.steps == 50


def test_batches_are_of_even_size_with_little_padding() -> None:
    sizes = np.concatenate([GOLD, SILVER])
    made = plan("pooled", name="epochs", gold_epochs=4, silver_epochs=2)
    assert made.wordpieces.max() < 512 * 1.3
    assert made.wordpieces.min() > 512 * 0.7
    padded = sum(int(sizes[b].max()) * len(b) for b in made.batches)
    assert padded / made.total_wordpieces < 1.15


def test_simple_mix_is_silver_and_then_gold() -> None:
    share = plan("simple_mix").realised_share
    turn = int(np.argmax(share > 0))
    assert set(share[:turn]) == {0.0}
    assert set(share[turn:]) == {1.0}
    reverse = plan("reverse_mix").realised_share
    assert reverse[0] == 1
    assert reverse[-1] == 0


@pytest.mark.parametrize("schedule", ["constant", "linear", "sigmoid", "power"])
def test_the_realised_share_follows_the_planned_one(schedule: str) -> None:
    made = plan("schedule", schedule=schedule, gold_epochs=6, silver_epochs=2)
    smooth = np.ones(32) / 32
    planned = np.convolve(made.planned_share, smooth, "valid")
    realised = np.convolve(made.realised_share, smooth, "valid")
    assert np.abs(planned - realised).max() < 0.06


def test_a_plan_is_a_function_of_its_seed() -> None:
    one, again, other = plan("pooled", 1), plan("pooled", 1), plan("pooled", 2)
    same = zip(one.batches, again.batches, strict=True)
    assert all(np.array_equal(a, b) for a, b in same)
    assert any(not np.array_equal(a, b) for a, b in zip(one.batches, other.batches, strict=False))


@pytest.mark.parametrize(("regimen", "missing"), [("gold_only", "gold"), ("pooled", "gold")])
def test_a_regimen_without_its_origin_is_refused(regimen: str, missing: str) -> None:
    config = BlendingConfig.model_validate({"regimen": regimen})
    with pytest.raises(TrainingError, match=f"needs {missing} documents"):
        make_plan(np.zeros(0, np.int64), SILVER, config, 0)


@given(
    gold=st.lists(st.integers(3, 300), min_size=1, max_size=40),
    silver=st.lists(st.integers(3, 300), min_size=1, max_size=80),
    regimen=st.sampled_from(REGIMENS),
    epochs=st.tuples(st.floats(0.1, 4), st.floats(0.1, 4)),
    seed=st.integers(0, 5),
)
def test_any_plan_spends_its_budget_evenly(
    gold: list[int], silver: list[int], regimen: str, epochs: tuple[float, float], seed: int
) -> None:
    budget = {"gold_epochs": epochs[0], "silver_epochs": epochs[1], "batch_wordpieces": 64}
    config = BlendingConfig.model_validate({"regimen": regimen, "budget": budget})
    made = make_plan(np.array(gold), np.array(silver), config, seed)
    spent = {
        "gold": 0 if regimen == "silver_only" else epochs[0] * sum(gold),
        "silver": 0 if regimen == "gold_only" else epochs[1] * sum(silver),
    }
    assert abs(made.total_wordpieces - sum(spent.values())) <= 300
    assert all(len(b) for b in made.batches)
    times = Counter(i for b in made.batches for i in b.tolist())
    for first, sizes in ((0, gold), (len(gold), silver)):
        counts = [times[first + i] for i in range(len(sizes))]
        assert max(counts) - min(counts) <= 1
