"""The ``[tune]`` section: which settings are searched, and how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import Field, JsonValue, ValidationError, model_validator

from vermeil.blending.config import BlendingConfig
from vermeil.errors import ConfigError
from vermeil.section import Section
from vermeil.student.config import StudentConfig

MIN_SCORE = "silver.min_score"
"""The key that is no setting: silver spans with a lower score become abstentions."""

Values = Mapping[str, Any]
"""Key to value: one point of the search space."""


class DimensionConfig(Section):
    """Values that a setting may have. In TOML a list is short for ``{values = […]}``."""

    values: tuple[JsonValue, ...] | None = None
    """One of these; none: any between low and high."""
    low: float | None = None
    """Smallest value."""
    high: float | None = None
    """Largest value."""
    log: bool = False
    """Whether small values are tried as finely as large ones, by ratio."""
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
        if self.log and (self.low or 0) <= 0:
            raise ValueError("log: expected low above 0")
        return self


class TuneConfig(Section):
    """Which settings are searched for the best F1 on dev; test is never looked at."""

    space: dict[str, DimensionConfig] = Field(default={})
    """Settings of [student] and [blending] by their dotted names, and silver.min_score (silver
    spans with a lower score become abstentions), each with the values to try. Without any: learning
    rate and epochs."""
    trials: int = Field(default=16, ge=1)
    """Points of the space that are tried."""
    evaluations: int = Field(default=8, ge=1)
    """Scorings on dev in a whole training, at each of which a trial that lags behind may end."""
    grace: int = Field(default=2, ge=1)
    """Scorings that every trial gets."""
    reduction: int = Field(default=3, ge=2)
    """One in so many trials goes on from each rung to the next (ASHA)."""
    seed: int = 0
    """Draws the points; trainings have run.seed."""

    @model_validator(mode="after")
    def _has_time(self) -> Self:
        if self.grace > self.evaluations:
            raise ValueError(f"grace: expected at most evaluations ({self.evaluations})")
        return self

    def dimensions(self) -> Mapping[str, DimensionConfig]:
        """Return the space, or that which is searched where none is given."""
        return self.space or {
            "student.learning_rate": DimensionConfig(low=2e-5, high=1e-3, log=True),
            "blending.budget.gold_epochs": DimensionConfig(low=2, high=20, log=True),
        }


def applied(
    values: Values, student: StudentConfig, blending: BlendingConfig
) -> tuple[StudentConfig, BlendingConfig]:
    """Return the sections with the values of one point.

    Raises:
        ConfigError: a key is not in them, a value is not possible, or the regimen is auto.
    """
    trees = {"student": student.model_dump(), "blending": blending.model_dump()}
    for name, value in values.items():
        if name == MIN_SCORE:
            continue
        section, *inner, last = name.split(".") if "." in name else (name, "")
        tree: Any = trees.get(section)
        for part in inner:
            tree = tree.get(part) if isinstance(tree, dict) else None
        if not isinstance(tree, dict) or last not in tree:
            raise ConfigError(
                f"tune.space.{name}: unknown key; expected one of [student] or [blending], such as "
                f"student.learning_rate, or {MIN_SCORE}"
            )
        tree[last] = value
    try:
        found = (
            StudentConfig.model_validate(trees["student"]),
            BlendingConfig.model_validate(trees["blending"]),
        )
    except ValidationError as error:
        raise ConfigError(
            *(f"tune.space: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        ) from None
    if found[1].regimen == "auto":
        raise ConfigError(
            "blending.regimen: auto corrects silver before a training, and tune does not; refine "
            "first (vermeil refine), name what it wrote in corpora.silver, and tune pooled"
        )
    return found


def check_space(config: TuneConfig, student: StudentConfig, blending: BlendingConfig) -> None:
    """Raise `ConfigError` unless the ends of every dimension are possible."""
    problems: list[str] = []
    for name, dimension in config.dimensions().items():
        for value in _ends(dimension):
            try:
                applied({name: value}, student, blending)
            except ConfigError as error:
                problems += [p for p in error.problems if p not in problems]
    if problems:
        raise ConfigError(*problems)


def _ends(dimension: DimensionConfig) -> Sequence[Any]:
    if dimension.values is not None:
        return dimension.values
    ends = (dimension.low or 0.0, dimension.high or 0.0)
    return [round(end) for end in ends] if dimension.whole else ends
