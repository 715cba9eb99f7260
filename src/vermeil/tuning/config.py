"""Configuration section ``[tune]``: search space and length of the search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, JsonValue, model_validator

from vermeil.section import Section


class DimensionConfig(Section):
    """Values of one setting in the search. In TOML a list is short for ``{values = […]}``."""

    values: tuple[JsonValue, ...] | None = None
    """Values to choose from. Default: all values from low to high."""
    low: float | None = Field(default=None, allow_inf_nan=False)
    """Smallest value."""
    high: float | None = Field(default=None, allow_inf_nan=False)
    """Largest value."""
    log: bool = False
    """Draw values uniformly on a logarithmic scale."""
    whole: bool = False
    """Use whole numbers only."""

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"values": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        bounded = self.low is not None and self.high is not None and self.low < self.high
        if self.values is not None and not self.values:
            raise ValueError("values: empty; expected at least one value")
        if (self.values is None) != bounded or (self.values and (self.log or self.whole)):
            raise ValueError(
                "expected a list of values, or {low = …, high = …} with low below high"
            )
        if self.log and self.bounds()[0] <= 0:
            raise ValueError(f"log: expected low {'of at least 1' if self.whole else 'above 0'}")
        return self

    def bounds(self) -> tuple[float, float]:
        """Return the smallest and the largest value, rounded if ``whole``."""
        low, high = self.low or 0.0, self.high or 0.0
        return (round(low), round(high)) if self.whole else (low, high)


class TuneConfig(Section):
    """Settings of the search for the best F1 on dev. The test corpus is never used."""

    space: dict[str, DimensionConfig] = Field(default={})
    """Search space: dotted names of settings in [student] and [blending], and silver.min_score,
    each with its values. Silver spans with a score below silver.min_score become abstentions.
    Default: learning rate and gold epochs."""
    trials: int = Field(default=16, ge=1)
    """Number of trials, that is, points of the search space."""
    evaluations: int = Field(default=8, ge=1)
    """Scorings on dev in a complete training. A trial with low scores may end at one of them."""
    grace: int = Field(default=2, ge=1)
    """Minimum scorings of every trial."""
    reduction: int = Field(default=3, ge=2)
    """Reduction factor of successive halving: one of this many trials reaches the next rung."""
    seed: int = 0
    """Seed of the points. Trainings use run.seed."""

    @model_validator(mode="after")
    def _has_time(self) -> Self:
        if self.grace > self.evaluations:
            raise ValueError(f"grace: expected at most tune.evaluations ({self.evaluations})")
        return self

    def dimensions(self) -> Mapping[str, DimensionConfig]:
        """Return the search space, or the default one if it is empty."""
        return self.space or {
            "student.learning_rate": DimensionConfig(low=2e-5, high=1e-3, log=True),
            "blending.budget.gold_epochs": DimensionConfig(low=2, high=40, log=True),
        }
