"""From cells to statistics: means and spreads over seeds, and comparisons with the baseline."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np

from vermeil.evaluation.arrays import CountArray, micro_f1
from vermeil.evaluation.bootstrap import paired_bootstrap
from vermeil.evaluation.correction import holm
from vermeil.evaluation.dominance import almost_stochastic_order
from vermeil.evaluation.randomisation import randomisation_test

Cell = Mapping[str, Any]
Row = dict[str, Any]
Verdict = Literal["shown", "suggested", "open"]

SIGNIFICANCE_LEVEL = 0.05
"""A corrected p-value below this counts as shown."""
MINIMUM_SEEDS = 3
"""With fewer seeds a difference is suggested at most: how much training varies is not known."""
UNBLENDED = frozenset({"gold_only", "silver_only", "ceiling"})
"""Regimens that see one kind of label only."""
_OTHER_GOLD = frozenset({"silver_only", "ceiling"})
"""Regimens whose own number of gold documents may differ from that of the cells beside them."""


class Block(NamedTuple):
    """What regimens must share to be compared: budget, and documents to draw."""

    budget: str
    gold_documents: int
    silver_documents: int


def block_of(row: Mapping[str, Any]) -> Block:
    """Return the block of a row of `summarise` or `compare`."""
    return Block(row["budget"], row["gold_documents"], row["silver_documents"])


def summarise(cells: Sequence[Cell]) -> list[Row]:
    """Return one row per block and regimen, in the order of the cells.

    A score is ``{"mean", "sd", "values"}``, its values in the order of ``seeds``; ``sd`` is that
    of a sample (divisor n − 1), None for a single seed; the score is None where no cell has one.
    """
    return [_summary_row(block, members) for (block, _), members in group_by_regimen(cells).items()]


def compare(cells: Sequence[Cell], baseline: str, resamples: int, seed: int = 0) -> list[Row]:
    """Return paired comparisons on the test set, corrected by Holm's method.

    Two families within every block (budget and numbers of documents): ``baseline`` holds every
    regimen against the baseline, ``blends`` every pair of regimens that mix gold and silver. All
    comparisons of the study are corrected together, so that all it calls shown holds at once.
    Pairs share their seeds and test groups; a regimen without a seed in common with its partner, or
    without test scores, has no comparison.

    A row has the paired bootstrap's ``difference``, ``low``, ``high`` and ``p_value``, the
    randomisation test's ``p_randomisation``, both corrected (``p_holm``,
    ``p_randomisation_holm``), ``epsilon_min`` of Almost Stochastic Order in the direction of the
    difference (None with too few seeds), and the ``verdict``: shown where both corrected values
    lie below `SIGNIFICANCE_LEVEL` with enough seeds, suggested where the bootstrap's does, open otherwise.

    Args:
        cells: what the study ran.
        baseline: the regimen that the others are compared with.
        resamples: bootstrap resamples.
        seed: of the resampling.
    """
    blocks: dict[Block, dict[str, list[Cell]]] = {}
    for (block, regimen), members in group_by_regimen(cells).items():
        blocks.setdefault(block, {})[regimen] = members
    found: list[tuple[Row, _PairedCounts]] = []
    for block, regimens in blocks.items():
        others = [name for name in regimens if name != baseline]
        blends = [name for name in regimens if name not in UNBLENDED]
        families = {
            "baseline": [(name, baseline) for name in others] if baseline in regimens else [],
            "blends": list(combinations(blends, 2)),
        }
        for family, pairs in families.items():
            for system, base in pairs:
                stacks = _paired_counts(regimens[system], regimens[base])
                if stacks:
                    names = {"regimen": system, "baseline": base}
                    found.append(({**block._asdict(), "family": family, **names}, stacks))
    return _corrected(
        [{**names, **_compare_pair(s, len(found), resamples, seed)} for names, s in found]
    )


def group_by_regimen(cells: Sequence[Cell]) -> dict[tuple[Block, str], list[Cell]]:
    """Group the cells by block and regimen, in order of first appearance.

    A cell says under ``sizes`` what there was to draw: its own numbers of documents may differ
    (the ceiling has its silver documents among its gold). Cells without it are of one silver size.
    """
    golds: dict[str, set[int]] = {}
    silvers: dict[str, int] = {}
    for cell in cells:
        budget = cell["budget"]
        silvers[budget] = max(silvers.get(budget, 0), cell["silver_documents"])
        if cell["regimen"] not in _OTHER_GOLD:
            golds.setdefault(budget, set()).add(cell["gold_documents"])
    found: dict[tuple[Block, str], list[Cell]] = {}
    for cell in cells:
        gold, known = cell["gold_documents"], golds.get(cell["budget"], set())
        if gold not in known and len(known) == 1:
            (gold,) = known
        sizes = cell.get("sizes") or (gold, silvers[cell["budget"]])
        block = Block(cell["budget"], *sizes)
        found.setdefault((block, cell["regimen"]), []).append(cell)
    return found


def _summary_row(block: Block, members: list[Cell]) -> Row:
    return {
        **block._asdict(),
        "regimen": members[0]["regimen"],
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


@dataclass(frozen=True, slots=True)
class _PairedCounts:
    """Counts of two regimens on common seeds and groups, each of shape (seeds, groups, 3)."""

    seeds: list[int]
    system: CountArray
    baseline: CountArray


def _paired_counts(system: list[Cell], baseline: list[Cell]) -> _PairedCounts | None:
    by_seed = {cell["seed"]: cell for cell in baseline if cell.get("test_groups")}
    pairs = [
        (cell, by_seed[cell["seed"]])
        for cell in system
        if cell.get("test_groups") and cell["seed"] in by_seed
    ]
    if not pairs:
        return None
    groups = sorted({group for pair in pairs for cell in pair for group in cell["test_groups"]})
    return _PairedCounts(
        [cell["seed"] for cell, _ in pairs],
        _count_array([cell for cell, _ in pairs], groups),
        _count_array([cell for _, cell in pairs], groups),
    )


def _count_array(cells: list[Cell], groups: list[str]) -> CountArray:
    # A group that one system's cells lack held nothing that it found or missed.
    rows = [[cell["test_groups"].get(group, (0, 0, 0)) for group in groups] for cell in cells]
    return np.array(rows, dtype=np.int64)


def _compare_pair(counts: _PairedCounts, comparisons: int, resamples: int, seed: int) -> Row:
    result = paired_bootstrap(counts.system, counts.baseline, resamples, seed)
    randomised = randomisation_test(counts.system, counts.baseline, resamples, seed)
    epsilon = None
    if len(counts.seeds) >= MINIMUM_SEEDS:
        higher, lower = (micro_f1(x.sum(axis=1)) for x in (counts.system, counts.baseline))
        if result.difference < 0:
            higher, lower = lower, higher
        order = almost_stochastic_order(
            higher, lower, resamples, seed, 1 - SIGNIFICANCE_LEVEL / comparisons
        )
        epsilon = order.epsilon_min
    return {
        "seeds": counts.seeds,
        **result.as_dict(),
        "p_randomisation": randomised.p_value,
        "epsilon_min": epsilon,
    }


def _corrected(rows: list[Row]) -> list[Row]:
    by_bootstrap = holm([row["p_value"] for row in rows])
    by_randomisation = holm([row["p_randomisation"] for row in rows])
    return [
        {
            **row,
            "p_holm": p,
            "p_randomisation_holm": q,
            "family_size": len(rows),
            "verdict": _verdict(p, q, len(row["seeds"])),
        }
        for row, p, q in zip(rows, by_bootstrap, by_randomisation, strict=True)
    ]


def _verdict(p_holm: float, p_randomisation_holm: float, seeds: int) -> Verdict:
    if p_holm >= SIGNIFICANCE_LEVEL:
        return "open"
    both = p_randomisation_holm < SIGNIFICANCE_LEVEL
    return "shown" if both and seeds >= MINIMUM_SEEDS else "suggested"
