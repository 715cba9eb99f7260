"""Farthest-first traversal and diverse batches."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ranking_arrays import signals_of, unit_rows

from vermeil.selection.ranking.batches import PREFILTER, diverse_batches
from vermeil.selection.ranking.choice import RankedChoice
from vermeil.selection.ranking.diversity import (
    FAR,
    CentreDistances,
    diversity_order,
    farthest_first,
)

numbers, seeds = st.integers(1, 12), st.integers(0, 10_000)


@given(numbers, seeds, st.integers(0, 3))
def test_each_document_is_the_farthest_of_those_left(number: int, seed: int, seen: int) -> None:
    annotated = unit_rows(seen, seed + 1)
    signals = replace(signals_of(number, seed), seen_embeddings=annotated)
    rows = signals.embeddings
    assert rows is not None
    centres, order = list(annotated), []
    for index, distance in farthest_first(signals, "typical"):
        nearest = np.array([min((1 - row @ c for c in centres), default=FAR) for row in rows])
        left = [i for i in range(number) if i not in order]
        assert distance == pytest.approx(nearest[index], abs=1e-5)
        assert nearest[index] == pytest.approx(nearest[left].max(), abs=1e-5)
        order.append(index)
        centres.append(rows[index])
    assert sorted(order) == list(range(number))


@given(st.integers(3, 9), seeds, st.integers(1, 3))
def test_radius_is_at_most_twice_the_best_one(number: int, seed: int, size: int) -> None:
    from itertools import combinations

    signals = signals_of(number, seed)
    rows = signals.embeddings
    assert rows is not None
    # The angle is a metric, and grows with the distance of the traversal.
    angles = np.arccos(np.clip(rows @ rows.T, -1, 1))

    def radius(centres: tuple[int, ...]) -> float:
        return float(angles[:, list(centres)].min(axis=1).max())

    chosen = tuple(index for index, _ in islice(farthest_first(signals, "typical"), size))
    best = min(radius(centres) for centres in combinations(range(number), size))
    assert radius(chosen) <= 2 * best + 1e-3


def test_first_document_is_the_most_typical_or_the_most_unusual_one() -> None:
    rows = np.array([[1, 0], [0.98, 0.2], [0.96, -0.28], [-1, 0]], np.float32)
    signals = replace(signals_of(4), embeddings=rows)
    assert next(farthest_first(signals, "typical"))[0] == 0
    assert next(farthest_first(signals, "unusual"))[0] == 3


def test_a_text_like_an_annotated_one_comes_last() -> None:
    rows = np.eye(3, dtype=np.float32)
    signals = replace(signals_of(3), embeddings=rows, seen_embeddings=rows[1:2])
    choices = list(diversity_order(signals))
    assert choices[-1].index == 1
    assert choices[0].reason == "distance 1.000 to the nearest chosen or annotated text"


def test_the_first_reason_names_that_nothing_is_annotated() -> None:
    assert "no text is annotated yet" in next(diversity_order(signals_of(3))).reason


def by_value(number: int) -> list[RankedChoice]:
    return [RankedChoice(index, float(number - index), "value") for index in range(number)]


@given(st.integers(0, 40), seeds, st.integers(1, 6))
def test_batches_hold_every_document_once_and_near_its_place(
    number: int, seed: int, size: int
) -> None:
    choices = by_value(number)
    order = list(diverse_batches(iter(choices), CentreDistances(unit_rows(number, seed)), size))
    assert sorted(choice.index for choice in order) == list(range(number))
    for place, choice in enumerate(order):
        first = place - place % size
        assert choice.index < first + PREFILTER * size  # one of the candidates of its batch
    for first in range(0, number, size):
        best = min(choice.index for choice in order[first:])
        assert order[first].index == best  # the best that is left is always taken


def test_a_batch_has_no_two_equal_texts_while_others_are_candidates() -> None:
    rows = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], np.float32)
    order = list(diverse_batches(iter(by_value(4)), CentreDistances(rows), 2))
    assert [choice.index for choice in order] == [0, 3, 1, 2]
