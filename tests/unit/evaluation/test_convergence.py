"""The rule that decides whether a training has finished learning."""

import math

import pytest

from vermeil.evaluation.convergence import FINISHED, learning_state

FLAT = [1.5, 0.5, 0.2, 0.1, 0.06, 0.05, 0.05, 0.05]
"""Losses of a training that has learned its data."""
FALLING = [2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.3, 1.1]
"""Losses that fall until the end."""


@pytest.mark.parametrize("scores", [[0.018], [0.0, 0.0, 0.01, 0.02], [0.0] * 20])
@pytest.mark.parametrize("losses", [FLAT, FALLING, []])
def test_a_dev_f1_near_zero_is_not_finished(scores: list[float], losses: list[float]) -> None:
    state = learning_state(losses, scores, 1000)
    assert not state.finished
    assert state.reason == f"the best dev F1 is {max(scores):.3f}"
    assert state.suggested_budget == 4000


def test_the_best_dev_f1_counts_not_the_last() -> None:
    assert learning_state([], [0.3, 0.0], 1000).finished


def test_a_rising_dev_f1_is_not_finished() -> None:
    state = learning_state(FALLING, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7], 1234)
    assert (state.finished, state.suggested_budget) == (False, 2500)
    assert state.reason == (
        "dev F1 still rises, from 0.550 to 0.675 in the last quarter of training"
    )
    assert state.warning == (
        "not finished learning: dev F1 still rises, from 0.550 to 0.675 in the last quarter of "
        "training; try a budget of 2,500 wordpieces"
    )


def test_a_flat_dev_f1_is_finished_whatever_the_loss_does() -> None:
    assert learning_state(FALLING, [0.1, 0.5, 0.79, 0.8, 0.8, 0.8, 0.81, 0.81], 1000) == FINISHED


def test_a_noisy_dev_f1_that_was_higher_before_is_finished() -> None:
    assert learning_state(FALLING, [0.53, 0.56, 0.5, 0.54, 0.49, 0.53], 1000).finished


def test_the_best_before_is_taken_from_all_of_the_first_three_quarters() -> None:
    scores = [0.1] * 14 + [0.9] + [0.7] * 5
    assert learning_state(FALLING, scores, 1000).finished
    assert not learning_state(FALLING, [0.1] * 14 + [0.6] + [0.7] * 5, 1000).finished


def test_a_late_rise_on_learned_data_is_finished() -> None:
    """Simple Mix ends with gold: its dev F1 jumps, although the silver was learned before."""
    scores = [0.45, 0.5, 0.5, 0.5, 0.52, 0.52, 0.8, 0.83]
    assert learning_state(FLAT, scores, 1000).finished
    assert not learning_state(FALLING, scores, 1000).finished
    assert not learning_state([], scores, 1000).finished
    assert not learning_state(FLAT, [score / 3 for score in scores], 1000).finished


def test_the_loss_counts_without_a_dev_curve() -> None:
    state = learning_state(FALLING, [], 600)
    assert state.reason == (
        "the training loss still falls, from 1.55 to 1.2 in the last quarter of training"
    )
    assert state.suggested_budget == 1200
    assert not learning_state(FALLING, [0.4], 600).finished
    assert learning_state(FLAT, [0.4], 600).finished
    assert learning_state([2.0, 1.5, 1.4, 1.4, 1.4, 1.4, 1.4, 1.39], [], 600).finished


def test_too_few_points_or_numbers_that_are_not_finite_decide_nothing() -> None:
    assert learning_state([], [], 100) == FINISHED
    assert learning_state([2.0, 1.0], [0.5], 100) == FINISHED
    assert learning_state([0.0] * 8, [], 100) == FINISHED
    assert learning_state([math.nan] * 9, [math.nan], 100) == FINISHED
    assert not learning_state([math.nan, *FALLING], [], 100).finished


def test_no_budget_is_suggested_for_an_unknown_budget() -> None:
    state = learning_state([], [0.0], 0)
    assert state.suggested_budget is None
    assert state.warning == "not finished learning: the best dev F1 is 0.000"


@pytest.mark.parametrize(("spent", "budget"), [(1, 2), (7, 14), (51, 110), (123456, 250000)])
def test_budgets_are_rounded_up_to_two_digits(spent: int, budget: int) -> None:
    assert learning_state(FALLING, [], spent).suggested_budget == budget


@pytest.mark.parametrize(("dev", "finished"), [(0.4, False), (0.9, True)])
def test_a_training_of_three_steps_has_finished_only_with_a_usable_f1(
    dev: float, finished: bool
) -> None:
    state = learning_state([1.7, 1.6, 1.6], [dev], 1500)
    assert state.finished is finished
    if not finished:
        assert "has only 3 points" in state.reason
        assert state.suggested_budget == 6000
