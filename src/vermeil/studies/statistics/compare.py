"""Statistics over cells: mean and spread over the seeds, and comparisons with the baseline."""

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
Verdict = Literal["significant", "suggestive", "not_significant"]

SIGNIFICANCE_LEVEL = 0.05
"""A difference is significant if both corrected p-values are below this level."""
MINIMUM_SEEDS = 3
"""With fewer seeds a difference is at most suggestive: the spread between trainings is unknown."""
UNBLENDED = frozenset({"gold_only", "silver_only", "ceiling"})
"""Regimens that train on one kind of label only."""
_OTHER_GOLD = frozenset({"silver_only", "ceiling"})
"""Regimens whose cells can have another number of gold documents than their block."""


class Block(NamedTuple):
    """Budget and data sizes of cells that can be compared with each other."""

    budget: str
    gold_documents: int
    silver_documents: int


def block_of(row: Mapping[str, Any]) -> Block:
    """Return the block of a row of `summarise` or `compare`."""
    return Block(row["budget"], row["gold_documents"], row["silver_documents"])


def summarise(cells: Sequence[Cell]) -> list[Row]:
    """Return one row per block and regimen, in the order of the cells.

    A score is ``{"mean", "sd", "values"}``, with the values in the order of ``seeds``. ``sd`` is
    the sample standard deviation (divisor n − 1), or None for a single seed. The score is None if
    no cell has one.
    """
    return [_summary_row(block, members) for (block, _), members in group_by_regimen(cells).items()]


def compare(cells: Sequence[Cell], baseline: str, resamples: int, seed: int = 0) -> list[Row]:
    """Return paired comparisons on the test set, corrected by Holm's method.

    Every block (budget and numbers of documents) has two families. ``baseline`` compares every
    regimen with the baseline, and ``blends`` every pair of regimens that mix gold and silver. All
    comparisons of the study are corrected together. Pairs share their seeds and test groups. A
    pair without a common seed or without test scores has no comparison.

    A row has ``difference``, ``low``, ``high`` and ``p_value`` of the paired bootstrap, and
    ``p_randomisation`` of the randomisation test. ``p_holm`` and ``p_randomisation_holm`` are the
    corrected p-values. ``epsilon_min`` is the bound of Almost Stochastic Order in the direction of
    the difference, or None with too few seeds. The ``verdict`` is

    - significant if both corrected p-values are below `SIGNIFICANCE_LEVEL`, with at least
      `MINIMUM_SEEDS` seeds;
    - suggestive if only the bootstrap's is, or with fewer seeds;
    - not_significant otherwise.

    Args:
        cells: finished cells.
        baseline: the regimen that the others are compared with.
        resamples: bootstrap resamples.
        seed: seed of the resampling.
    """
    blocks: dict[Block, dict[str, list[Cell]]] = {}
    for (block, regimen), members in group_by_regimen(cells).items():
        blocks.setdefault(block, {})[regimen] = members
    compared: list[tuple[Row, _PairedCounts]] = []
    for block, regimens in blocks.items():
        others = [name for name in regimens if name != baseline]
        blends = [name for name in regimens if name not in UNBLENDED]
        families = {
            "baseline": [(name, baseline) for name in others] if baseline in regimens else [],
            "blends": list(combinations(blends, 2)),
        }
        for family, pairs in families.items():
            for system, base in pairs:
                counts = _paired_counts(regimens[system], regimens[base])
                if counts:
                    names = {"family": family, "regimen": system, "baseline": base}
                    compared.append(({**block._asdict(), **names}, counts))
    return _corrected(
        [
            {**names, **_compare_pair(counts, len(compared), resamples, seed)}
            for names, counts in compared
        ]
    )


def group_by_regimen(cells: Sequence[Cell]) -> dict[tuple[Block, str], list[Cell]]:
    """Return the cells by block and regimen, in order of first appearance.

    ``sizes`` of a cell are the sizes of its block. Its own numbers of documents can differ: the
    ceiling counts its silver documents as gold. Cells without ``sizes`` share one silver size.
    """
    golds: dict[str, set[int]] = {}
    silvers: dict[str, int] = {}
    for cell in cells:
        budget = cell["budget"]
        silvers[budget] = max(silvers.get(budget, 0), cell["silver_documents"])
        if cell["regimen"] not in _OTHER_GOLD:
            golds.setdefault(budget, set()).add(cell["gold_documents"])
    groups: dict[tuple[Block, str], list[Cell]] = {}
    for cell in cells:
        gold, known = cell["gold_documents"], golds.get(cell["budget"], set())
        if gold not in known and len(known) == 1:
            (gold,) = known
        sizes = cell.get("sizes") or (gold, silvers[cell["budget"]])
        block = Block(cell["budget"], *sizes)
        groups.setdefault((block, cell["regimen"]), []).append(cell)
    return groups


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
    """Counts of two regimens on common seeds and groups, shape (seeds, groups, 3) each."""

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
    # A group that is absent from a cell has no items there.
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
        return "not_significant"
    both = p_randomisation_holm < SIGNIFICANCE_LEVEL
    return "significant" if both and seeds >= MINIMUM_SEEDS else "suggestive"
