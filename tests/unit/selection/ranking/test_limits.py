"""Limits on documents, tokens, dollars and minutes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.selection.ranking.choice import RankedChoice
from vermeil.selection.ranking.limits import CostLimit, RankLimits


def choices(number: int) -> list[RankedChoice]:
    return [RankedChoice(index, 0.0, "") for index in range(number)]


def taken(limits: RankLimits, number: int) -> list[int]:
    return [choice.index for choice in limits.take(choices(number))]


def test_without_limits_every_document_is_taken() -> None:
    assert taken(RankLimits(), 4) == [0, 1, 2, 3]
    assert RankLimits().places(4) == 4


def test_a_document_that_does_not_fit_is_passed_over() -> None:
    limits = RankLimits(costs={"tokens": CostLimit(6, np.array([4.0, 5.0, 2.0, 1.0]))})
    assert taken(limits, 4) == [0, 2]
    assert limits.places(4) == 2


def test_every_limit_holds() -> None:
    costs = {
        "tokens": CostLimit(10, np.array([1.0, 1.0, 9.0, 1.0])),
        "usd": CostLimit(3, np.array([1.0, 2.0, 0.5, 0.5])),
    }
    assert taken(RankLimits(costs=costs), 4) == [0, 1]
    assert taken(RankLimits(1, costs), 4) == [0]


@given(
    st.lists(st.floats(0.1, 9), min_size=1, max_size=15),
    st.floats(0.05, 40),
    st.none() | st.integers(1, 15),
)
def test_the_sum_keeps_the_limit_and_no_document_that_fits_is_missed(
    costs: list[float], most: float, documents: int | None
) -> None:
    limits = RankLimits(documents, {"minutes": CostLimit(most, np.array(costs))})
    found = taken(limits, len(costs))
    spent, passed = 0.0, []
    for index, cost in enumerate(costs):
        if index in found:
            spent += cost
            assert spent <= most
        else:
            passed.append((index, spent + cost > most))
    assert documents is None or len(found) <= documents
    if documents is None or len(found) < documents:
        assert all(was_too_expensive for _, was_too_expensive in passed)


def test_the_order_is_not_read_beyond_the_limit() -> None:
    read = []

    def endless() -> object:
        for choice in choices(1000):
            read.append(choice.index)
            yield choice

    limits = RankLimits(costs={"minutes": CostLimit(3.5, np.ones(1000))})
    assert len(list(limits.take(endless()))) == 3  # type: ignore[arg-type]
    assert len(read) == 3
    assert limits.places(1000) == pytest.approx(3)
