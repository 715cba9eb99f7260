"""The three stages of allabel, and greedy facility location."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ranking_arrays import signals_of, unit_rows

from vermeil.selection.ranking.allabel import allabel_order
from vermeil.selection.ranking.similarity import facility_location

seeds = st.integers(0, 10_000)


def value(rows: np.ndarray, chosen: list[int]) -> float:
    """Return the facility-location function of a set, by its definition."""
    if not chosen:
        return 0.0
    return float(np.maximum((rows @ rows[chosen].T).max(axis=1), 0).sum())


@given(st.integers(1, 9), seeds, st.integers(0, 2))
def test_each_document_adds_most_to_the_function(number: int, seed: int, begun: int) -> None:
    rows = unit_rows(number, seed)
    chosen = list(range(min(begun, number)))
    for index, gain in facility_location(rows, tuple(chosen)):
        gains = {
            i: value(rows, [*chosen, i]) - value(rows, chosen)
            for i in range(number)
            if i not in chosen
        }
        assert gain == pytest.approx(gains[index], abs=1e-4)
        assert gains[index] == pytest.approx(max(gains.values()), abs=1e-4)
        chosen.append(index)
    assert sorted(chosen) == list(range(number))


def test_a_document_like_many_others_is_the_most_representative() -> None:
    rows = np.array([[0, 0, 1], [1, 0, 0], [0.98, 0.2, 0], [0.98, -0.2, 0]], np.float32)
    assert next(facility_location(rows))[0] == 1
    order = [index for index, _ in facility_location(rows)]
    assert order[:2] == [1, 0]


@given(st.integers(1, 25), seeds, st.integers(0, 30))
def test_stages_follow_each_other_and_hold_every_document_once(
    number: int, seed: int, places: int
) -> None:
    choices = list(allabel_order(signals_of(number, seed, min(places, number))))
    assert sorted(choice.index for choice in choices) == list(range(number))
    stages = [choice.reason.split(":")[0] for choice in choices]
    names = ["stage diversity", "stage similarity", "stage uncertainty"]
    assert stages == sorted(stages, key=names.index)


def test_one_fifth_is_diverse_two_fifths_are_similar() -> None:
    stages = [
        choice.reason.split(":")[0].removeprefix("stage ")
        for choice in islice(allabel_order(signals_of(30, places=10)), 10)
    ]
    assert stages == ["diversity"] * 2 + ["similarity"] * 4 + ["uncertainty"] * 4


def test_the_first_document_is_the_least_similar_to_all() -> None:
    signals = signals_of(20, seed=3)
    rows = signals.embeddings
    assert rows is not None
    assert next(allabel_order(signals)).index == int(np.argmin(rows @ rows.mean(axis=0)))
