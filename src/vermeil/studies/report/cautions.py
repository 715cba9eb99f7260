"""What a reader of a study must keep in mind: few seeds, unequal training, leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vermeil.studies.format import number, plural, regimen_name
from vermeil.studies.statistics.compare import MINIMUM_SEEDS, SIGNIFICANCE_LEVEL

Row = Mapping[str, Any]

MINIMUM_GROUPS = 20
"""With fewer test groups a bootstrap interval is rough."""
UNEQUAL_FACTOR = 1.02
"""Regimens whose wordpieces differ by more than this factor did not train equally long."""


def seed_cautions(summary: Sequence[Row], comparisons: Sequence[Row]) -> list[str]:
    """Return a caution where the seeds or the test groups are few."""
    found: list[str] = []
    fewest = min((len(row["seeds"]) for row in summary), default=MINIMUM_SEEDS)
    if fewest < MINIMUM_SEEDS:
        known = "not known at all" if fewest == 1 else "hardly known"
        found.append(
            f"With {plural(fewest, 'seed')} the spread between trainings is {known}: another draw "
            f"of documents and initialisation may move a score by points. A difference is called "
            f"shown from {MINIMUM_SEEDS} seeds on."
        )
    groups = min((row["groups"] for row in comparisons), default=MINIMUM_GROUPS)
    if groups < MINIMUM_GROUPS:
        found.append(
            f"The test set has {plural(groups, 'group')} only to draw from; its intervals are "
            f"rough."
        )
    found += _resample_caution(comparisons)
    return found


def _resample_caution(comparisons: Sequence[Row]) -> list[str]:
    """Return a caution where the smallest p-value there can be is too large after correction."""
    for row in comparisons:
        least = 2 / (row["resamples"] + 1) * row["family_size"]
        if least >= SIGNIFICANCE_LEVEL:
            needed = 2 * round(2 * row["family_size"] / SIGNIFICANCE_LEVEL)
            return [
                f"With {number(row['resamples'])} resamples no difference can be shown among "
                f"{plural(row['family_size'], 'comparison')}: raise study.resamples to about "
                f"{number(needed)}, or compare fewer regimens."
            ]
    return []


def budget_caution(rows: Sequence[Row], *, has_equal_budget: bool) -> str | None:
    """Return a caution where the regimens of one block did not train equally long.

    Args:
        rows: the summary rows of one budget and number of gold documents.
        has_equal_budget: whether the study has the equal budget as well.
    """
    low = min(rows, key=lambda row: row["wordpieces"])
    high = max(rows, key=lambda row: row["wordpieces"])
    if high["wordpieces"] <= UNEQUAL_FACTOR * low["wordpieces"]:
        return None
    text = (
        f"The regimens did not train equally long, from {number(low['wordpieces'])} wordpieces "
        f"({regimen_name(low['regimen'])}) to {number(high['wordpieces'])} "
        f"({regimen_name(high['regimen'])}): a difference may come from the labels or from the "
        f"length."
    )
    return text + ("" if has_equal_budget else " The budget “equal” holds the length fixed.")


def leak_cautions(leaks: Mapping[str, Any]) -> list[str]:
    """Return a caution that names every pair of splits that share texts; nothing where none do.

    Args:
        leaks: two splits, as in ``"train/test"``, to ``{"exact": n, "near": n}``; in place of a
            number there may be the list of what was found.
    """
    shared: list[str] = []
    for pair, report in leaks.items():
        counts = report if isinstance(report, Mapping) else {"exact": report}
        exact, near = _size(counts.get("exact")), _size(counts.get("near"))
        if exact or near:
            splits = " and ".join(str(pair).split("/"))
            shared.append(f"{splits} ({number(exact)} the same, {number(near)} nearly the same)")
    if not shared:
        return []
    return [
        f"Leaks: the same texts stand in {'; '.join(shared)}. Scores may be too high; drop these "
        f"texts, or split again by group."
    ]


def _size(value: Any) -> int:
    return value if isinstance(value, int) else len(value or ())
