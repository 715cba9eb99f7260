"""Cautions for the reader of a study: few seeds, unequal training, leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vermeil.studies.format import number, plural, regimen_name
from vermeil.studies.statistics.compare import MINIMUM_SEEDS, SIGNIFICANCE_LEVEL

Row = Mapping[str, Any]

MINIMUM_GROUPS = 20
"""With fewer test groups, bootstrap intervals are rough."""
UNEQUAL_FACTOR = 1.02
"""Regimens with the same training length have wordpieces within this factor of each other."""


def seed_cautions(summary: Sequence[Row], comparisons: Sequence[Row]) -> list[str]:
    """Return cautions about few seeds, few test groups and few resamples."""
    cautions: list[str] = []
    fewest = min((len(row["seeds"]) for row in summary), default=MINIMUM_SEEDS)
    if fewest < MINIMUM_SEEDS:
        known = "unknown" if fewest == 1 else "hardly known"
        cautions.append(
            f"With {plural(fewest, 'seed')} the spread between trainings is {known}: other "
            f"documents and initialisations can change a score by points. A significant difference "
            f"needs at least {MINIMUM_SEEDS} seeds."
        )
    groups = min((row["groups"] for row in comparisons), default=MINIMUM_GROUPS)
    if groups < MINIMUM_GROUPS:
        cautions.append(
            f"The test set has only {plural(groups, 'group')} to resample; its intervals are rough."
        )
    cautions += _resample_caution(comparisons)
    return cautions


def _resample_caution(comparisons: Sequence[Row]) -> list[str]:
    """Return a caution if the smallest possible p-value is too large after correction."""
    for row in comparisons:
        least = 2 / (row["resamples"] + 1) * row["family_size"]
        if least >= SIGNIFICANCE_LEVEL:
            needed = 2 * round(2 * row["family_size"] / SIGNIFICANCE_LEVEL)
            return [
                f"With {number(row['resamples'])} resamples and "
                f"{plural(row['family_size'], 'comparison')}, no difference can be significant: "
                f"raise study.resamples to about {number(needed)}, or compare fewer regimens."
            ]
    return []


def budget_caution(rows: Sequence[Row], *, has_equal_budget: bool) -> str | None:
    """Return a caution if the regimens of one block trained for different lengths.

    Args:
        rows: summary rows of one block.
        has_equal_budget: whether the study has the equal budget, too.
    """
    low = min(rows, key=lambda row: row["wordpieces"])
    high = max(rows, key=lambda row: row["wordpieces"])
    if high["wordpieces"] <= UNEQUAL_FACTOR * low["wordpieces"]:
        return None
    text = (
        f"The regimens trained for different lengths, from {number(low['wordpieces'])} wordpieces "
        f"({regimen_name(low['regimen'])}) to {number(high['wordpieces'])} "
        f"({regimen_name(high['regimen'])}): a difference can come from the labels or from the "
        f"length."
    )
    return text + ("" if has_equal_budget else " The budget “equal” fixes the length.")


def leak_cautions(leaks: Mapping[str, Any]) -> list[str]:
    """Return a caution that names every pair of splits with shared texts.

    Args:
        leaks: ``{"exact": n, "near": n}`` by pair of splits, for example ``"train/test"``; each n
            is a number, or the list of shared texts.
    """
    shared: list[str] = []
    for pair, report in leaks.items():
        counts = report if isinstance(report, Mapping) else {"exact": report}
        exact, near = _size(counts.get("exact")), _size(counts.get("near"))
        if exact or near:
            splits = " and ".join(str(pair).split("/"))
            shared.append(f"{splits} ({number(exact)} identical, {number(near)} nearly identical)")
    if not shared:
        return []
    return [
        f"Leaks: texts shared by {'; '.join(shared)}. Scores can be too high; remove these texts, "
        f"or split again by group."
    ]


def _size(value: Any) -> int:
    return value if isinstance(value, int) else len(value or ())
