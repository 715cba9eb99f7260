"""Points of the search space: validation, and conversion into settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from vermeil.blending.config import BlendingConfig
from vermeil.blending.regimens import REGIMENS
from vermeil.errors import ConfigError
from vermeil.student.config import StudentConfig
from vermeil.tuning.config import DimensionConfig, TuneConfig

MIN_SCORE = "silver.min_score"
"""Key of the space that is not a setting: silver spans with a lower score become abstentions."""

Values = Mapping[str, Any]
"""One point of the search space: key to value."""


def apply_values(
    values: Values, student: StudentConfig, blending: BlendingConfig
) -> tuple[StudentConfig, BlendingConfig]:
    """Return the sections with the values of one point.

    Raises:
        ConfigError: a key is unknown, a value is invalid, or the regimen is auto.
    """
    trees = {"student": student.model_dump(), "blending": blending.model_dump()}
    for name, value in values.items():
        if name == MIN_SCORE:
            _check_min_score(value)
            continue
        section, *inner, last = name.split(".") if "." in name else (name, "")
        tree: Any = trees.get(section)
        for part in inner:
            tree = tree.get(part) if isinstance(tree, dict) else None
        if not isinstance(tree, dict) or last not in tree:
            raise ConfigError(
                f"tune.space.{name}: unknown key; expected a key of [student] or [blending] (for "
                f"example student.learning_rate) or {MIN_SCORE}"
            )
        tree[last] = value
    try:
        new_student = StudentConfig.model_validate(trees["student"])
        new_blending = BlendingConfig.model_validate(trees["blending"])
    except ValidationError as error:
        raise ConfigError(
            *(f"tune.space: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        ) from None
    if REGIMENS[new_blending.regimen].makes_silver:
        raise ConfigError(
            f"blending.regimen: tune cannot make silver as the regimen {new_blending.regimen} "
            "does; run vermeil refine first, set corpora.silver to its output, and tune the "
            "regimen pooled"
        )
    return new_student, new_blending


def check_space(config: TuneConfig, student: StudentConfig, blending: BlendingConfig) -> None:
    """Raise `ConfigError` if a bound or listed value of a dimension is invalid."""
    problems: list[str] = []
    for name, dimension in config.dimensions().items():
        for value in _ends(dimension):
            try:
                apply_values({name: value}, student, blending)
            except ConfigError as error:
                problems += [p for p in error.problems if p not in problems]
    if problems:
        raise ConfigError(*problems)


def _ends(dimension: DimensionConfig) -> Sequence[Any]:
    return dimension.bounds() if dimension.values is None else dimension.values


def _check_min_score(value: object) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1:  # type: ignore[operator]
        raise ConfigError(f"tune.space.{MIN_SCORE}: expected numbers in [0, 1], not {value!r}")
