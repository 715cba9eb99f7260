"""The table of strategies, and the strategies over regions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ranking_arrays import signals_of

from vermeil.data.region import Region
from vermeil.selection.ranking.disagreement import disputed_regions, error_order
from vermeil.selection.ranking.expected_errors import UncertainRegion, reading_minutes
from vermeil.selection.ranking.strategies import STRATEGIES, order_documents, sources_of
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex

ROME = WordIndex.from_text("Rome won", [(0, 4), (5, 8)])


def region(*probabilities: float, teacher: int) -> Region:
    candidates = ((), ((0, 4, "LOC"),), ((0, 4, "ORG"),))[: len(probabilities)]
    return Region(0, 4, candidates, np.log(probabilities), teacher, 0)


def regions_of(number: int, seed: int) -> list[tuple[WordIndex, tuple[UncertainRegion, ...]]]:
    rng = np.random.default_rng(seed)
    return [
        (ROME, (UncertainRegion((str(rng.choice(["rome", "oslo"])),), rng.uniform(), 1.0),))
        for _ in range(number)
    ]


@given(st.integers(1, 15), st.integers(0, 999), st.integers(1, 4))
def test_every_strategy_yields_every_document_once(number: int, seed: int, batch: int) -> None:
    signals = replace(signals_of(number, seed), regions=regions_of(number, seed))
    for name in STRATEGIES:
        order = list(order_documents(name, signals, batch))
        assert sorted(choice.index for choice in order) == list(range(number)), name
        assert all(choice.reason for choice in order)
        assert order == list(order_documents(name, signals, batch))


def test_diverse_batches_need_embeddings_and_batches_of_one_do_not() -> None:
    assert sources_of("uncertainty", 50) == {"student", "encoder"}
    assert sources_of("uncertainty", 1) == {"student"}
    assert sources_of("random", 50) == frozenset()
    signals = replace(signals_of(3), embeddings=None)
    assert len(list(order_documents("uncertainty", signals, 1))) == 3
    with pytest.raises(ValueError, match="embeddings"):
        order_documents("uncertainty", signals, 2)


@pytest.mark.parametrize("name", ["diversity", "uncertainty", "cost_aware", "allabel"])
def test_a_missing_signal_is_an_error(name: str) -> None:
    signals = replace(signals_of(3), embeddings=None, uncertainties=None)
    with pytest.raises(ValueError, match="needs"):
        list(STRATEGIES[name].order(signals))  # type: ignore[index]


def test_the_error_of_a_region_is_the_students_doubt_about_the_teacher() -> None:
    statistics = SurfaceStatistics(["LOC", "ORG"], {"rome"})
    for number in range(3):
        statistics.add(ROME, [(0, 4, "LOC")], f"g{number}")
    found = disputed_regions(
        ROME,
        [region(0.1, 0.7, 0.2, teacher=1), region(0.6, 0.4, teacher=1)],
        statistics,
    )
    assert [one.error for one in found] == pytest.approx([0.3, 0.6])
    assert [one.influence for one in found] == pytest.approx([np.log(4)] * 2)
    assert found[0].surfaces == ("rome",)


def test_documents_without_a_region_are_not_in_the_order_of_errors() -> None:
    regions = [(ROME, ()), (ROME, (UncertainRegion(("rome",), 0.5, 2.0),))]
    signals = replace(signals_of(2), regions=regions, costs=np.array([1.0, 4.0]), unit="minute")
    [choice] = error_order(signals)
    assert choice.index == 1
    assert choice.value == pytest.approx(0.25)
    assert "0.50 expected errors in 1 regions, most of all 'rome'" in choice.reason
    with pytest.raises(ValueError, match="regions"):
        list(error_order(replace(signals, regions=None)))


def test_a_region_without_a_surface_is_ranked_too() -> None:
    signals = replace(signals_of(1), regions=[(ROME, (UncertainRegion((), 0.5, 0.0),))])
    [choice] = error_order(signals)
    assert choice.value == 0


def test_reading_takes_a_time_per_document_and_per_word() -> None:
    assert reading_minutes(20) == pytest.approx((5 + 0.25 * 20) / 60)
    assert reading_minutes(30, 60, 2) == pytest.approx(2)
