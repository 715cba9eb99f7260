"""Formatting of numbers and names for the terminal, the findings and the report page."""

from __future__ import annotations

import math

from vermeil.blending.regimens import REGIMENS
from vermeil.blending.schedules import SCHEDULES
from vermeil.data.counts import ErrorKind
from vermeil.studies.results.statistics import ComparisonRow

REGIMEN_NAMES: dict[str, str] = {
    **{name: spec.title for name, spec in REGIMENS.items()},
    **{name: spec.title for name, spec in SCHEDULES.items()},
    "ceiling": "Ceiling",
    "before_added": "Before the added labels",
}

REGIMEN_MEANINGS: dict[str, str] = {
    **{name: spec.meaning for name, spec in REGIMENS.items()},
    **{name: spec.meaning for name, spec in SCHEDULES.items()},
    "ceiling": "reference: people’s labels for all documents",
    "before_added": "Simple Mix on documents that do not know the added labels",
}

VERDICT_NAMES = {
    "significant": "significant",
    "suggestive": "suggestive",
    "not_significant": "not significant",
}
"""Verdicts of comparisons as shown to readers."""

ERROR_KINDS: tuple[ErrorKind, ...] = ("boundary", "type", "both", "missing", "spurious")
"""Kinds of error, in the order of tables."""

BUDGET_NAMES = {
    "equal": "equal budget (every regimen trains on the same number of wordpieces)",
    "epochs": "epochs budget (every regimen trains as long as its data lasts)",
}


def regimen_name(regimen: str) -> str:
    """Return a regimen's name for readers, with the teacher or prompt that made its silver."""
    name, _, prompt = regimen.partition("@")
    shown = REGIMEN_NAMES.get(name, name.replace("_", " "))
    return f"{shown} (silver: {prompt.replace('_', ' ')})" if prompt else shown


def f1(value: float | None) -> str:
    """Return an F1 as ``.842``, or a dash if it is missing."""
    if value is None or math.isnan(value):
        return "–"
    text = f"{value:.3f}"
    return text[1:] if text.startswith("0") else text


def spread(mean: float | None, sd: float | None) -> str:
    """Return ``.842 ± .006``, or the mean alone if the spread is unknown."""
    return f1(mean) if sd is None else f"{f1(mean)} ± {f1(sd)}"


def points(difference: float, *, signed: bool = False) -> str:
    """Return a difference of F1 in points: 0.0213 gives ``2.1``, or ``+2.1`` when signed."""
    rounded = round(100 * difference, 1)
    if rounded == 0:
        return "0.0"
    sign = "−" if rounded < 0 else "+" if signed else ""
    return f"{sign}{abs(rounded):.1f}"


def p_value(value: float, *, at_most: bool = False) -> str:
    """Return ``p = .004``, ``p < .001``, or ``p ≤ .004`` if the value is an upper bound."""
    return "p < .001" if value < 0.001 else f"p {'≤' if at_most else '='} {f1(value)}"


def corrected_p(row: ComparisonRow) -> str:
    """Return the bootstrap's corrected p-value of a comparison.

    The smallest p-value that the number of resamples can give is an upper bound, also after Holm's
    correction.
    """
    least = 2 / (row.resamples + 1)
    return p_value(row.p_holm, at_most=row.p_value <= least * 1.001)


def number(value: float) -> str:
    """Return a whole number with thousands separated: ``50,112``."""
    return f"{round(value):,}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return ``1 seed`` or ``3 seeds``."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Return ``8.4 s``, ``1 min 40 s`` or ``2 h 05 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def listing(names: list[str]) -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
