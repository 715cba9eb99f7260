"""The ``[tune]`` section: which settings are searched, and how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, JsonValue, model_validator

from vermeil.section import Section


class DimensionConfig(Section):
    """Values that a setting may have. In TOML a list is short for ``{values = […]}``."""

    values: tuple[JsonValue, ...] | None = None
    """One of these; none: any between low and high."""
    low: float | None = Field(default=None, allow_inf_nan=False)
    """Smallest value."""
    high: float | None = Field(default=None, allow_inf_nan=False)
    """Largest value."""
    log: bool = False
    """Whether values are drawn evenly by ratio, so that small ones are tried as often as large
    ones."""
    whole: bool = False
    """Whether only whole numbers are values."""

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"values": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        bounded = self.low is not None and self.high is not None and self.low < self.high
        if self.values is not None and not self.values:
            raise ValueError("values: expected at least one")
        if (self.values is None) != bounded or (self.values and (self.log or self.whole)):
            raise ValueError(
                "expected a list of values, or {low = …, high = …} with low below high"
            )
        if self.log and self.bounds()[0] <= 0:
            raise ValueError(f"log: expected low {'of at least 1' if self.whole else 'above 0'}")
        return self

    def bounds(self) -> tuple[float, float]:
        """Return the smallest and the largest value, rounded where only whole numbers are."""
        low, high = self.low or 0.0, self.high or 0.0
        return (round(low), round(high)) if self.whole else (low, high)


class TuneConfig(Section):
    """Which settings are searched for the best F1 on dev; test is never used."""

    space: dict[str, DimensionConfig] = Field(default={})
    """Settings of [student] and [blending] by their dotted names, and silver.min_score (silver
    spans with a lower score become abstentions), each with the values to try. Without any: learning
    rate and epochs."""
    trials: int = Field(default=16, ge=1)
    """Points of the space that are tried."""
    evaluations: int = Field(default=8, ge=1)
    """Scorings on dev in a whole training; a trial that lags behind may end at one of them."""
    grace: int = Field(default=2, ge=1)
    """Scorings that every trial gets."""
    reduction: int = Field(default=3, ge=2)
    """One in so many trials goes on from each rung to the next (successive halving)."""
    seed: int = 0
    """Draws the points. Trainings use run.seed."""

    @model_validator(mode="after")
    def _has_time(self) -> Self:
        if self.grace > self.evaluations:
            raise ValueError(f"grace: expected at most evaluations ({self.evaluations})")
        return self

    def dimensions(self) -> Mapping[str, DimensionConfig]:
        """Return the space, or the default one where none is given."""
        return self.space or {
            "student.learning_rate": DimensionConfig(low=2e-5, high=1e-3, log=True),
            "blending.budget.gold_epochs": DimensionConfig(low=2, high=20, log=True),
        }
