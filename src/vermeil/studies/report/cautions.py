"""Cautions for the reader of a study: few seeds, unequal training, leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vermeil.evaluation.convergence import LearningState
from vermeil.studies.format import number, plural, regimen_name
from vermeil.studies.results.statistics import (
    ComparisonRow,
    LeakCounts,
    SummaryRow,
    UnfinishedRow,
)
from vermeil.studies.statistics.compare import MINIMUM_SEEDS, SIGNIFICANCE_LEVEL

MINIMUM_GROUPS = 20
"""With fewer test groups, bootstrap intervals are rough."""
UNEQUAL_FACTOR = 1.02
"""Regimens with the same training length have wordpieces within this factor of each other."""


def seed_cautions(summary: Sequence[SummaryRow], comparisons: Sequence[ComparisonRow]) -> list[str]:
    """Return cautions about few seeds, few test groups and few resamples."""
    cautions: list[str] = []
    fewest = min((len(row.seeds) for row in summary), default=MINIMUM_SEEDS)
    if fewest < MINIMUM_SEEDS:
        known = "unknown" if fewest == 1 else "hardly known"
        cautions.append(
            f"With {plural(fewest, 'seed')} the spread between trainings is {known}: other "
            f"documents and initialisations can change a score by points. A significant difference "
            f"needs at least {MINIMUM_SEEDS} seeds."
        )
    groups = min((row.groups for row in comparisons), default=MINIMUM_GROUPS)
    if groups < MINIMUM_GROUPS:
        cautions.append(
            f"The test set has only {plural(groups, 'group')} to resample; its intervals are rough."
        )
    cautions += _resample_caution(comparisons)
    return cautions


def _resample_caution(comparisons: Sequence[ComparisonRow]) -> list[str]:
    """Return a caution if the smallest possible p-value is too large after correction."""
    for row in comparisons:
        least = 2 / (row.resamples + 1) * row.family_size
        if least >= SIGNIFICANCE_LEVEL:
            needed = 2 * round(2 * row.family_size / SIGNIFICANCE_LEVEL)
            return [
                f"With {number(row.resamples)} resamples and "
                f"{plural(row.family_size, 'comparison')}, no difference can be significant: "
                f"raise study.resamples to about {number(needed)}, or compare fewer regimens."
            ]
    return []


def budget_caution(rows: Sequence[SummaryRow], *, has_equal_budget: bool) -> str | None:
    """Return a caution if the regimens of one block trained for different lengths.

    Args:
        rows: summary rows of one block.
        has_equal_budget: whether the study has the equal budget, too.
    """
    low = min(rows, key=lambda row: row.wordpieces)
    high = max(rows, key=lambda row: row.wordpieces)
    if high.wordpieces <= UNEQUAL_FACTOR * low.wordpieces:
        return None
    text = (
        f"The regimens trained for different lengths, from {number(low.wordpieces)} wordpieces "
        f"({regimen_name(low.regimen)}) to {number(high.wordpieces)} "
        f"({regimen_name(high.regimen)}): a difference can come from the labels or from the "
        f"length."
    )
    return text + ("" if has_equal_budget else " The budget “equal” fixes the length.")


def unfinished_caution(row: UnfinishedRow) -> str:
    """Return the warning that students of a regimen have not finished learning."""
    state = LearningState(finished=False, reason=row.reason, suggested_budget=row.suggested_budget)
    where = f" in {len(row.seeds)} of {plural(row.cells, 'seed')}" if row.cells > 1 else ""
    key = " (blending.budget.wordpieces)" if row.suggested_budget else ""
    return f"{regimen_name(row.regimen)}{where}: {state.warning}{key}."


def leak_cautions(leaks: Mapping[str, LeakCounts]) -> list[str]:
    """Return a caution that names every pair of splits with shared texts.

    Args:
        leaks: numbers of shared texts by pair of splits, for example ``"train/test"``.
    """
    shared: list[str] = []
    for pair, counts in leaks.items():
        if counts.exact or counts.near:
            splits = " and ".join(pair.split("/"))
            shared.append(
                f"{splits} ({number(counts.exact)} identical, {number(counts.near)} nearly "
                "identical)"
            )
    if not shared:
        return []
    return [
        f"Leaks: texts shared by {'; '.join(shared)}. Scores can be too high; remove these texts, "
        f"or split again by group."
    ]
