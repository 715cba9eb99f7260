"""From cells to statistics: means and spreads over seeds, and comparisons with the baseline."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vermeil.evaluation.bootstrap import holm, paired_bootstrap

Cell = Mapping[str, Any]
Row = dict[str, Any]
Verdict = Literal["shown", "suggested", "open"]

LEVEL = 0.05
"""A corrected p-value below this counts as shown."""
ENOUGH_SEEDS = 3
"""With fewer seeds a difference is suggested at most: how much training varies is not known."""
UNBLENDED = frozenset({"gold_only", "silver_only", "ceiling"})
"""Regimens that see one kind of label only."""
_OTHER_GOLD = frozenset({"silver_only", "ceiling"})
"""Regimens whose own number of gold documents may differ from that of the cells beside them."""


def summarise(cells: Sequence[Cell]) -> list[Row]:
    """Return one row per budget, number of gold documents and regimen, in the order of the cells.

    A score is ``{"mean", "sd", "values"}``, its values in the order of ``seeds``; ``sd`` is that
    of a sample (divisor n − 1), None for a single seed; the score is None where no cell has one.
    """
    return [_summary_row(key[1], members) for key, members in by_regimen(cells).items()]


def compare(cells: Sequence[Cell], baseline: str, resamples: int, seed: int = 0) -> list[Row]:
    """Return paired comparisons on the test set, corrected by Holm's method.

    Two families, each corrected by itself within a budget and number of gold documents:
    ``baseline`` holds every regimen against the baseline, ``blends`` every pair of regimens that
    mix gold and silver. Pairs share their seeds and test groups; a regimen without a seed in common
    with its partner, or without test scores, has no comparison.

    Args:
        cells: what the study ran.
        baseline: the regimen that the others are compared with.
        resamples: bootstrap resamples.
        seed: of the resampling.
    """
    blocks: dict[tuple[str, int], dict[str, list[Cell]]] = {}
    for (budget, gold, regimen), members in by_regimen(cells).items():
        blocks.setdefault((budget, gold), {})[regimen] = members
    rows: list[Row] = []
    for (budget, gold), regimens in blocks.items():
        others = [name for name in regimens if name != baseline]
        blends = [name for name in regimens if name not in UNBLENDED]
        families = {
            "baseline": [(name, baseline) for name in others] if baseline in regimens else [],
            "blends": list(combinations(blends, 2)),
        }
        for family, pairs in families.items():
            found = [
                {"budget": budget, "gold_documents": gold, "family": family, **row}
                for system, base in pairs
                if (row := _compare_pair(regimens[system], regimens[base], resamples, seed))
            ]
            rows.extend(_corrected(found))
    return rows


def by_regimen(cells: Sequence[Cell]) -> dict[tuple[str, int, str], list[Cell]]:
    """Group the cells by budget, gold documents and regimen, in order of first appearance."""
    sizes: dict[str, set[int]] = {}
    for cell in cells:
        if cell["regimen"] not in _OTHER_GOLD:
            sizes.setdefault(cell["budget"], set()).add(cell["gold_documents"])
    found: dict[tuple[str, int, str], list[Cell]] = {}
    for cell in cells:
        gold, known = cell["gold_documents"], sizes.get(cell["budget"], set())
        if gold not in known and len(known) == 1:
            (gold,) = known
        found.setdefault((cell["budget"], gold, cell["regimen"]), []).append(cell)
    return found


def _summary_row(gold: int, members: list[Cell]) -> Row:
    first = members[0]
    return {
        "budget": first["budget"],
        "gold_documents": gold,
        "silver_documents": first["silver_documents"],
        "regimen": first["regimen"],
        "seeds": [cell["seed"] for cell in members],
        "test": _score(cell.get("test") for cell in members),
        "dev": _score(cell.get("dev") for cell in members),
        "steps": statistics.fmean(cell["steps"] for cell in members),
        "wordpieces": statistics.fmean(cell["wordpieces"] for cell in members),
        "seconds": statistics.fmean(cell["seconds"] for cell in members),
    }


def _score(counts: Iterable[Mapping[str, Any] | None]) -> Row | None:
    values = [None if one is None else float(one["overall"]["f1"]) for one in counts]
    known = [value for value in values if value is not None]
    if not known:
        return None
    return {
        "mean": statistics.fmean(known),
        "sd": statistics.stdev(known) if len(known) > 1 else None,
        "values": values,
    }


def _compare_pair(
    system: list[Cell], baseline: list[Cell], resamples: int, seed: int
) -> Row | None:
    by_seed = {cell["seed"]: cell for cell in baseline if cell.get("test_groups")}
    pairs = [
        (cell, by_seed[cell["seed"]])
        for cell in system
        if cell.get("test_groups") and cell["seed"] in by_seed
    ]
    if not pairs:
        return None
    groups = sorted({group for pair in pairs for cell in pair for group in cell["test_groups"]})
    result = paired_bootstrap(
        _stack([cell for cell, _ in pairs], groups),
        _stack([cell for _, cell in pairs], groups),
        resamples,
        seed,
    )
    return {
        "regimen": system[0]["regimen"],
        "baseline": baseline[0]["regimen"],
        "seeds": [cell["seed"] for cell, _ in pairs],
        **result.as_dict(),
    }


def _stack(cells: list[Cell], groups: list[str]) -> NDArray[np.int64]:
    # A group that one system's cells lack held nothing that it found or missed.
    rows = [[cell["test_groups"].get(group, (0, 0, 0)) for group in groups] for cell in cells]
    return np.array(rows, dtype=np.int64)


def _corrected(family: list[Row]) -> list[Row]:
    corrected = holm([row["p_value"] for row in family])
    return [
        {**row, "p_holm": p, "family_size": len(family), "verdict": _verdict(p, len(row["seeds"]))}
        for row, p in zip(family, corrected, strict=True)
    ]


def _verdict(p_holm: float, seeds: int) -> Verdict:
    if p_holm >= LEVEL:
        return "open"
    return "shown" if seeds >= ENOUGH_SEEDS else "suggested"
