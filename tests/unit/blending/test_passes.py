"""Passes that suit the sizes of gold and silver."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.blending.passes import GOLD_PASSES, SILVER_PASSES, PassRange, estimated_wordpieces
from vermeil.blending.plan import make_plan
from vermeil.blending.regimens import split_budget
from vermeil.data.document import Document


@pytest.mark.parametrize(
    ("size", "gold", "silver"),
    [
        (100, 30, 3),
        (1_600, 30, 3),
        (4_000, 16, 3),
        (16_000, 4, 3),
        (40_000, 3, 1.6),
        (10**7, 3, 1),
    ],
)
def test_little_text_gets_many_passes(size: int, gold: float, silver: float) -> None:
    budget = BudgetConfig()
    assert budget.gold_passes(size) == gold
    assert budget.silver_passes(size) == silver


@given(st.sampled_from([GOLD_PASSES, SILVER_PASSES]), st.floats(0, 1e9), st.floats(1, 10))
def test_more_text_is_never_trained_on_for_a_shorter_time(
    own: PassRange, size: float, factor: float
) -> None:
    passes, more = own.passes(size), own.passes(size * factor)
    assert own.least <= more <= passes <= own.most
    assert more * size * factor >= passes * size * (1 - 1e-9)


def test_given_passes_are_used_for_every_size() -> None:
    budget = BudgetConfig(gold_epochs=0.5, silver_epochs=7)
    assert {budget.gold_passes(size) for size in (1, 10**8)} == {0.5}
    assert {budget.silver_passes(size) for size in (1, 10**8)} == {7}


def test_each_origin_has_the_passes_of_its_own_size() -> None:
    found = split_budget("simple_mix", BudgetConfig(), gold=4_000, silver=64_000)
    assert (found.gold, found.silver) == (64_000, 64_000)
    alone = split_budget("gold_only", BudgetConfig(), gold=4_000, silver=64_000)
    assert (alone.gold, alone.silver) == (64_000, 0)
    both = split_budget("gold_only", BudgetConfig(name="equal"), gold=4_000, silver=64_000)
    assert both.gold == 128_000


def test_the_plan_of_a_small_corpus_has_many_steps() -> None:
    made = make_plan(np.full(50, 20), np.zeros(0, np.int64), BlendingConfig(regimen="gold_only"), 0)
    assert made.total_wordpieces == pytest.approx(30 * 1000, rel=0.02)


def test_wordpieces_are_estimated_from_the_characters() -> None:
    texts = [Document("a", "x" * 400), Document("b", "y" * 40)]
    assert estimated_wordpieces(texts) == 110
    assert estimated_wordpieces(()) == 0
