"""Regimens of a study by name, each as a complete ``[blending]`` section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from vermeil.blending.config import BlendingConfig
from vermeil.blending.regimens import REGIMENS, with_fixed_regimen
from vermeil.blending.schedules import SCHEDULES
from vermeil.errors import ConfigError
from vermeil.renamed import new_key

CEILING = "ceiling"
"""The regimen gold_only, trained on gold and on the silver documents with their gold labels."""

BEFORE_ADDED = "before_added"
"""The regimen simple_mix, on the same documents as before labels were added: no document knows the
labels with ``added``."""

PROMPT_SIGN = "@"
"""Stands between a regimen and the name of the prompt that made its silver."""

_FIXED_REGIMENS = tuple(name for name in REGIMENS if name not in ("schedule", "recommended"))

KNOWN_REGIMENS = (
    *_FIXED_REGIMENS,
    *SCHEDULES,
    CEILING,
    BEFORE_ADDED,
)
"""Names that a study can use without defining them as variants."""


def blending_for(
    regimen: str,
    blending: BlendingConfig,
    variants: Mapping[str, Mapping[str, Any]] | None = None,
) -> BlendingConfig:
    """Return the blending section for a regimen named in a study.

    Args:
        regimen: a regimen, a schedule, `CEILING`, or a variant.
        blending: settings that all regimens share.
        variants: names of variants, each with the settings that differ.

    Raises:
        ConfigError: the regimen or schedule is unknown, or a variant's settings are wrong.
    """
    blending = with_fixed_regimen(blending)
    if variants and regimen in variants:
        try:
            return BlendingConfig.model_validate(_merged(blending.model_dump(), variants[regimen]))
        except ValidationError as error:
            raise ConfigError(*_variant_problems(regimen, error)) from error
    if regimen == CEILING:
        return blending.model_copy(update={"regimen": "gold_only"})
    if regimen == BEFORE_ADDED:
        return blending.model_copy(update={"regimen": "simple_mix"})
    if regimen in _FIXED_REGIMENS:
        return blending.model_copy(update={"regimen": regimen})
    if regimen in SCHEDULES:
        return blending.model_copy(update={"regimen": "schedule", "schedule": regimen})
    raise ConfigError(
        f"study.regimens: {regimen!r} is unknown; expected one of "
        f"{', '.join([*KNOWN_REGIMENS, *(variants or ())])}"
    )


def with_prompts(
    regimens: Sequence[str],
    prompts: Iterable[str],
    variants: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[str, ...]:
    """Return the regimens of a study, each that uses silver once for every prompt.

    If a regimen names its prompt (REGIMEN@NAME), the list is complete and is returned as it is.

    Args:
        regimens: names of regimens, schedules and variants.
        prompts: names of further prompts; empty: the regimens stay as they are.
        variants: names of variants, each with the settings that differ.
    """
    names = tuple(prompts)
    if any(split_prompt(regimen)[1] in names for regimen in regimens):
        return tuple(regimens)
    found: list[str] = []
    for regimen in regimens:
        own = (variants or {}).get(regimen, {}).get("regimen", regimen)
        further = () if own in ("gold_only", CEILING) else names
        found += (regimen, *(f"{regimen}{PROMPT_SIGN}{name}" for name in further))
    return tuple(found)


def split_prompt(regimen: str) -> tuple[str, str]:
    """Return the name of a regimen without its prompt, and the prompt; empty: the first one."""
    name, _, prompt = regimen.partition(PROMPT_SIGN)
    return name, prompt


def _variant_problems(name: str, error: ValidationError) -> Iterator[str]:
    for one in error.errors():
        where = f"study.variants.{name}.{'.'.join(map(str, one['loc']))}"
        new = new_key(where)
        yield f"{where}: is now {new}; rename it" if new else f"{where}: {one['msg']}"


def _merged(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the changes applied; nested tables are merged."""
    merged = dict(settings)
    for key, value in changes.items():
        table = merged.get(key)
        if isinstance(table, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(table, value)
        else:
            merged[key] = value
    return merged
