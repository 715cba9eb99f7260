from __future__ import annotations

import pytest

from vermeil.blending.config import BlendingConfig
from vermeil.errors import ConfigError
from vermeil.student.config import StudentConfig
from vermeil.tuning.config import TuneConfig
from vermeil.tuning.space import apply_values, check_space


@pytest.mark.parametrize(
    ("space", "problem"),
    [
        ({"student.learning_rat": [1]}, r"tune\.space\.student\.learning_rat: unknown key"),
        ({"learning_rate": [1]}, "unknown key"),
        ({"student": [1]}, "unknown key"),
        ({"student.dropout": {"low": 0.1, "high": 1.5}}, "dropout"),
        ({"blending.regimen": ["gold_only", "magic"]}, "regimen"),
        ({"silver.min_score": [0.5, "high"]}, r"expected numbers in \[0, 1\], not 'high'"),
        ({"silver.min_score": {"low": 0, "high": 2}}, r"expected numbers in \[0, 1\], not 2"),
    ],
)
def test_impossible_spaces(space: dict[str, object], problem: str) -> None:
    config = TuneConfig.model_validate({"space": space})
    with pytest.raises(ConfigError, match=problem):
        check_space(config, StudentConfig(), BlendingConfig())


def test_every_problem_of_a_space_is_shown() -> None:
    space = {"student.learning_rat": [1, 2], "student.dropout": [0.1, 7]}
    config = TuneConfig.model_validate({"space": space})
    with pytest.raises(ConfigError) as caught:
        check_space(config, StudentConfig(), BlendingConfig())
    assert len(caught.value.problems) == 2


def test_values_are_applied() -> None:
    values = {"student.dropout": 0.3, "blending.budget.gold_epochs": 7, "silver.min_score": 0.5}
    student, blending = apply_values(values, StudentConfig(), BlendingConfig())
    assert student == StudentConfig(dropout=0.3)
    assert blending.budget.gold_epochs == 7
    check_space(TuneConfig(), StudentConfig(), BlendingConfig())


def test_auto_is_refused_because_tune_does_not_make_silver() -> None:
    with pytest.raises(ConfigError, match="tune cannot make silver"):
        apply_values({}, StudentConfig(), BlendingConfig(regimen="auto"))
    with pytest.raises(ConfigError, match="tune cannot make silver"):
        apply_values({"blending.regimen": "auto"}, StudentConfig(), BlendingConfig())
