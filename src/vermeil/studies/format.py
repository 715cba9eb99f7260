"""Numbers and names as readers see them: the same in the terminal, the findings and the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

REGIMEN_NAMES = {
    "gold_only": "Gold only",
    "silver_only": "Silver only",
    "pooled": "Pooled",
    "simple_mix": "Simple Mix",
    "reverse_mix": "Reverse Mix",
    "alternate": "Alternate",
    "constant": "Constant",
    "linear": "Linear",
    "cosine": "Cosine",
    "sigmoid": "Sigmoid",
    "power": "Power",
    "exponential": "Exponential",
    "step": "Step",
    "cyclic": "Cyclic",
    "piecewise": "Piecewise",
    "auto": "Auto",
    "ceiling": "Ceiling",
}

REGIMEN_MEANINGS = {
    "gold_only": "people’s labels alone",
    "silver_only": "the teacher’s labels alone",
    "pooled": "gold and silver, shuffled together",
    "simple_mix": "all silver first, then all gold",
    "reverse_mix": "all gold first, then all silver",
    "alternate": "silver, then gold, several times over",
    "constant": "gold’s share is always the same",
    "linear": "gold’s share follows a straight line",
    "cosine": "gold’s share follows half a cosine wave",
    "sigmoid": "gold’s share follows an S-curve",
    "power": "gold’s share follows a power",
    "exponential": "gold’s share follows an exponential",
    "step": "gold’s share climbs stairs",
    "cyclic": "gold’s share climbs again and again",
    "piecewise": "gold’s share follows a table",
    "auto": "silver corrected by gold, then Simple Mix",
    "ceiling": "reference: people’s labels throughout",
}

ERROR_KINDS = ("boundary", "type", "both", "missing", "spurious")
"""Kinds of error, in the order of tables."""

BUDGET_NAMES = {
    "equal": "equal budget (every regimen sees as many wordpieces)",
    "epochs": "epochs budget (so many passes over the data that a regimen uses)",
}


def regimen_name(regimen: str) -> str:
    """Return a regimen's name for readers."""
    return REGIMEN_NAMES.get(regimen, regimen.replace("_", " "))


def f1(value: float | None) -> str:
    """Return an F1 as ``.842``; a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    text = f"{value:.3f}"
    return text[1:] if text.startswith("0") else text


def spread(mean: float | None, sd: float | None) -> str:
    """Return ``.842 ± .006``; without the second part where the spread is not known."""
    return f1(mean) if sd is None else f"{f1(mean)} ± {f1(sd)}"


def points(difference: float, *, signed: bool = False) -> str:
    """Return a difference of F1 in points: 0.0213 gives ``2.1``, or ``+2.1`` when signed."""
    rounded = round(100 * difference, 1)
    if rounded == 0:
        return "0.0"
    sign = "−" if rounded < 0 else "+" if signed else ""
    return f"{sign}{abs(rounded):.1f}"


def p_value(value: float, *, at_most: bool = False) -> str:
    """Return ``p = .004``, ``p < .001``, or ``p ≤ .004`` where there cannot be a smaller one."""
    return "p < .001" if value < 0.001 else f"p {'≤' if at_most else '='} {f1(value)}"


def corrected_p(row: Mapping[str, Any]) -> str:
    """Return the bootstrap's corrected p-value of a comparison.

    The smallest p-value that so many resamples can give is a bound, and so is what Holm makes of it
    where it is multiplied by the number of all comparisons.
    """
    least = 2 / (row["resamples"] + 1)
    return p_value(row["p_holm"], at_most=row["p_value"] <= least * 1.001)


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
