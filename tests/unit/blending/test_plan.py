from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.blending.config import BlendingConfig, BudgetConfig, RegimenName
from vermeil.blending.plan import make_plan
from vermeil.blending.regimens import OriginBudget, make_phases, split_budget
from vermeil.data.example import BatchPlan
from vermeil.errors import ConfigError, TrainingError

BLENDS = ["pooled", "simple_mix", "reverse_mix", "alternate", "schedule"]
REGIMENS = ["gold_only", "silver_only", *BLENDS]

rng = np.random.default_rng(5)
GOLD, SILVER = rng.integers(4, 60, 250), rng.integers(4, 60, 2000)
PASSES = {"gold_epochs": 8, "silver_epochs": 3}


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


SMOOTH = ["constant", "linear", "cosine", "sigmoid", "power", "exponential", "step", "cyclic"]


@pytest.mark.parametrize("schedule", SMOOTH)
def test_the_realised_share_follows_the_planned_one(schedule: str) -> None:
    made = plan("schedule", schedule=schedule, gold_epochs=6, silver_epochs=2)
    smooth = np.ones(32) / 32
    planned = np.convolve(made.planned_share, smooth, "valid")
    realised = np.convolve(made.realised_share, smooth, "valid")
    assert np.abs(planned - realised).max() < 0.06


def made(gold: np.ndarray = GOLD, silver: np.ndarray = SILVER, **section: object) -> BatchPlan:
    section = {"budget": PASSES, **section}
    return make_plan(gold, silver, BlendingConfig.model_validate(section), 0)


def test_alternation_repeats_silver_and_gold() -> None:
    share = made(regimen="alternate", alternations=4).realised_share
    turns = np.flatnonzero(np.diff(share))
    assert len(turns) == 7
    assert (share[0], share[-1]) == (0, 1)


@pytest.mark.parametrize("regimen", BLENDS)
def test_a_gold_tail_ends_in_gold_and_costs_nothing(regimen: str) -> None:
    tailed = made(regimen=regimen, gold_tail=0.4)
    plain = made(regimen=regimen)
    length = int(np.argmax(tailed.realised_share[::-1] < 1))
    tail = tailed.wordpieces[len(tailed.batches) - length :].sum()
    assert tail >= 0.4 * 8 * GOLD.sum() * 0.98
    assert tailed.total_wordpieces == pytest.approx(plain.total_wordpieces, rel=0.01)
    times = tailed.times_seen(len(GOLD) + len(SILVER))
    assert times[: len(GOLD)].mean() == pytest.approx(8, abs=0.05)
    assert times[len(GOLD) :].mean() == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize(
    ("regimen", "gold", "silver"),
    [("pooled", 250, 750), ("simple_mix", 250, 750), ("gold_only", 1000, 0)],
)
def test_an_equal_budget_is_divided_by_its_gold_fraction(
    regimen: RegimenName, gold: float, silver: float
) -> None:
    budget = BudgetConfig(name="equal", wordpieces=1000, gold_fraction=0.25)
    assert split_budget(regimen, budget, 40, 4000) == OriginBudget(gold, silver)


@pytest.mark.parametrize("regimen", ["gold_only", "silver_only"])
def test_a_regimen_of_one_origin_has_one_phase_and_no_tail(regimen: str) -> None:
    config = BlendingConfig.model_validate({"regimen": regimen, "gold_tail": 0.4})
    budget = split_budget(config.regimen, config.budget, 1000, 2000)
    (phase,) = make_phases(config, budget)
    assert phase.wordpieces == budget.total


def test_decreasing_gold_is_the_schedule_backwards() -> None:
    rising = made(regimen="schedule", schedule="linear")
    falling = made(regimen="schedule", schedule="linear", direction="decreasing")
    assert falling.planned_share == pytest.approx(rising.planned_share[::-1])
    assert falling.total_wordpieces == pytest.approx(rising.total_wordpieces, rel=0.01)


@pytest.mark.parametrize(
    ("regimen", "schedule", "budget", "digest"),
    [
        ("gold_only", "sigmoid", "epochs", "c0d1c5f7c80c"),
        ("gold_only", "sigmoid", "equal", "af100ad55637"),
        ("silver_only", "sigmoid", "epochs", "e676c7474a3a"),
        ("silver_only", "sigmoid", "equal", "81215980e10c"),
        ("pooled", "sigmoid", "epochs", "b27d09696757"),
        ("pooled", "sigmoid", "equal", "b27d09696757"),
        ("simple_mix", "sigmoid", "epochs", "7723ba5c0356"),
        ("simple_mix", "sigmoid", "equal", "7723ba5c0356"),
        ("reverse_mix", "sigmoid", "epochs", "075c03c1fd4a"),
        ("reverse_mix", "sigmoid", "equal", "075c03c1fd4a"),
        ("schedule", "constant", "epochs", "b27d09696757"),
        ("schedule", "constant", "equal", "b27d09696757"),
        ("schedule", "linear", "epochs", "3721fe6eec4d"),
        ("schedule", "linear", "equal", "3721fe6eec4d"),
        ("schedule", "sigmoid", "epochs", "52f4deace5b8"),
        ("schedule", "sigmoid", "equal", "52f4deace5b8"),
        ("schedule", "power", "epochs", "b6bc478f7f06"),
        ("schedule", "power", "equal", "b6bc478f7f06"),
    ],
)
def test_plans_stay_what_they_are(regimen: str, schedule: str, budget: str, digest: str) -> None:
    """A changed plan makes finished cells of every study worthless: raise `cell.VERSION` then."""
    rng = np.random.default_rng(7)
    sizes = rng.integers(4, 60, 120), rng.integers(4, 60, 700)
    config = {"regimen": regimen, "schedule": schedule, "budget": {"name": budget, **PASSES}}
    found = hashlib.sha256()
    for batch in make_plan(*sizes, BlendingConfig.model_validate(config), 3).batches:
        found.update(batch.astype("<i8").tobytes() + b"|")
    assert found.hexdigest()[:12] == digest


def test_a_schedule_of_ones_own_is_followed() -> None:
    config = BlendingConfig.model_validate({"regimen": "schedule", "budget": PASSES})
    found = make_plan(GOLD, SILVER, config, 0, lambda t: 0.25 if t < 0.5 else 0.75)
    half = found.steps // 2
    assert set(found.planned_share[: half - 1]) == {0.25}
    assert found.realised_share[half + 1 :].mean() == pytest.approx(0.75, abs=0.03)
    assert found.total_wordpieces == pytest.approx(8 * GOLD.sum() + 3 * SILVER.sum(), rel=0.01)


@pytest.mark.parametrize("share", [1.2, -0.1, float("nan")])
def test_a_schedule_that_gives_no_share_is_refused(share: float) -> None:
    config = BlendingConfig.model_validate({"regimen": "schedule"})
    with pytest.raises(ConfigError, match=r"gold share of .* at progress 0\.\d+"):
        make_plan(GOLD, SILVER, config, 0, lambda _: share)


def test_a_schedule_beside_a_regimen_without_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="recommended does not accept a custom schedule"):
        make_plan(GOLD, SILVER, BlendingConfig(), 0, lambda _: 0.5)


def test_the_learning_rate_restarts_where_a_phase_begins() -> None:
    assert made(regimen="simple_mix").restarts == (0,)
    plan_ = made(regimen="simple_mix", restart_learning_rate=True)
    first_gold = int(np.argmax(plan_.realised_share > 0))
    assert plan_.restarts == (0, first_gold)
    assert len(made(regimen="alternate", restart_learning_rate=True).restarts) == 6
    assert made(regimen="pooled", restart_learning_rate=True).restarts == (0,)


@pytest.mark.parametrize("regimen", ["simple_mix", "schedule"])
def test_weighting_keeps_the_pooled_batches_and_weighs_their_loss(regimen: str) -> None:
    weighted, pooled = made(regimen=regimen, mode="weighting"), made(regimen="pooled")
    for one, other in zip(weighted.batches, pooled.batches, strict=True):
        assert np.array_equal(one, other)
    share = pooled.realised_share
    weights = weighted.origin_weights
    assert weights is not None
    ours = weights[:, 0] * share / (weights[:, 0] * share + weights[:, 1] * (1 - share))
    assert ours == pytest.approx(weighted.planned_share)
    assert weighted.realised_share == pytest.approx(weighted.planned_share)
    sampled = made(regimen=regimen)
    assert weighted.planned_share.mean() == pytest.approx(sampled.planned_share.mean(), abs=0.01)


def test_weighting_restarts_at_the_same_progress() -> None:
    settings: dict[str, Any] = {"regimen": "simple_mix", "restart_learning_rate": True}
    weighted, sampled = made(mode="weighting", **settings), made(**settings)
    assert weighted.restarts[1] == pytest.approx(sampled.restarts[1], abs=1)


def test_a_batch_of_one_origin_has_nothing_to_weigh() -> None:
    weighted = made(regimen="gold_only", mode="weighting")
    assert weighted.origin_weights is not None
    assert (weighted.origin_weights == 1).all()


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
    options=st.fixed_dictionaries(
        {
            "schedule": st.sampled_from(SMOOTH),
            "direction": st.sampled_from(["increasing", "decreasing"]),
            "gold_tail": st.sampled_from([0.0, 0.5]),
            "mode": st.sampled_from(["sampling", "weighting"]),
        }
    ),
    seed=st.integers(0, 5),
)
def test_any_plan_spends_its_budget_evenly(
    gold: list[int],
    silver: list[int],
    regimen: str,
    epochs: tuple[float, float],
    options: dict[str, object],
    seed: int,
) -> None:
    budget = {"gold_epochs": epochs[0], "silver_epochs": epochs[1], "batch_wordpieces": 64}
    config = BlendingConfig.model_validate({"regimen": regimen, "budget": budget, **options})
    found = make_plan(np.array(gold), np.array(silver), config, seed)
    spent = {
        "gold": 0 if regimen == "silver_only" else epochs[0] * sum(gold),
        "silver": 0 if regimen == "gold_only" else epochs[1] * sum(silver),
    }
    assert abs(found.total_wordpieces - sum(spent.values())) <= 300
    assert all(len(b) for b in found.batches)
    times = found.times_seen(len(gold) + len(silver))
    for part in (times[: len(gold)], times[len(gold) :]):
        assert part.max() - part.min() <= 1
