"""Real replies of several teachers, read by the task: bounds that must not be lost again."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.replies import (
    GOAL_FINER,
    GOAL_FLAGGED,
    measure_four_models,
    measure_reasons,
    measure_tokens,
)


def test_reasons_of_gpt35(vermeil_data: Path) -> None:
    measured = measure_reasons(vermeil_data)
    assert measured.replies == 3445
    assert measured.parsed >= 0.998
    assert measured.located >= 0.985
    assert measured.ours.f1 >= 0.832


@pytest.mark.slow
def test_detection_reads_reasons_as_well(vermeil_data: Path) -> None:
    assert measure_reasons(vermeil_data, "detect").score == measure_reasons(vermeil_data).score


def test_lines_and_index_lists_of_four_models(vermeil_data: Path) -> None:
    models = measure_four_models(vermeil_data)
    assert len(models) == 8
    for measured in models.values():
        assert measured.replies == 500
        assert measured.parsed >= 0.99
        assert measured.ours.f1 >= measured.authors.f1


def test_token_lines_of_a_model_that_follows_and_of_one_that_does_not(vermeil_data: Path) -> None:
    tokens = measure_tokens(vermeil_data)
    assert tokens["gpt4"].measured.score.f1 >= GOAL_FINER
    assert tokens["gpt4"].following_flagged <= 0.005 * tokens["gpt4"].following
    assert tokens["dolly"].astray == 1075
    assert tokens["dolly"].astray_flagged >= GOAL_FLAGGED * 1075
    assert tokens["dolly"].measured.states["empty"] == 0
