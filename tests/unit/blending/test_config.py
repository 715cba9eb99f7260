"""Bounds and defaults of the section ``[blending]``."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from vermeil.blending.config import BlendingConfig, BudgetConfig

BOUNDS: list[tuple[str, list[Any], list[Any]]] = [
    ("share", [-0.01, 1.01], [0, 1]),
    ("steepness", [0], [0.1]),
    ("midpoint", [-0.01, 1.01], [0, 1]),
    ("exponent", [0], [0.1]),
    ("rate", [], [-3, 0, 3]),
    ("steps", [1], [2]),
    ("cycles", [0], [1]),
    ("alternations", [0], [1]),
    ("gold_tail", [-0.01, 1], [0, 0.99]),
    ("table", [[[-0.1, 0]], [[0, 1.1]]], [[[0, 0], [1, 1]]]),
]
BUDGET_BOUNDS: list[tuple[str, list[Any], list[Any]]] = [
    ("gold_epochs", [0], [0.1]),
    ("silver_epochs", [0], [0.1]),
    ("wordpieces", [0], [1]),
    ("gold_fraction", [0, 1], [0.01, 0.99]),
    ("batch_wordpieces", [0], [1]),
]


def sections() -> list[Any]:
    """Return every case as the class, the key, the refused values and the accepted ones."""
    blending = [(BlendingConfig, *case) for case in BOUNDS]
    return blending + [(BudgetConfig, *case) for case in BUDGET_BOUNDS]


@pytest.mark.parametrize(("section", "key", "refused", "accepted"), sections())
def test_values_are_limited(
    section: Any, key: str, refused: list[Any], accepted: list[Any]
) -> None:
    for value in refused:
        with pytest.raises(ValidationError, match=key):
            section.model_validate({key: value})
    for value in accepted:
        section.model_validate({key: value})


def test_the_defaults_are_those_of_the_documents() -> None:
    assert BlendingConfig().model_dump() == {
        "regimen": "recommended",
        "schedule": "sigmoid",
        "direction": "increasing",
        "share": None,
        "steepness": 10.0,
        "midpoint": None,
        "exponent": None,
        "rate": None,
        "steps": 4,
        "cycles": 3,
        "table": None,
        "alternations": 3,
        "gold_tail": 0.0,
        "mode": "sampling",
        "restart_learning_rate": False,
        "restart_optimiser": False,
        "budget": {
            "name": "epochs",
            "gold_epochs": None,
            "silver_epochs": None,
            "wordpieces": None,
            "gold_fraction": None,
            "batch_wordpieces": 512,
        },
    }


@pytest.mark.parametrize(
    ("budget", "grows"),
    [
        ({}, False),
        ({"name": "equal"}, True),
        ({"name": "equal", "wordpieces": 1000}, False),
        ({"name": "epochs", "wordpieces": 1000}, False),
    ],
)
def test_only_an_equal_budget_without_wordpieces_grows_with_the_data(
    budget: dict[str, Any], grows: bool
) -> None:
    assert BudgetConfig.model_validate(budget).grows_with_data is grows
