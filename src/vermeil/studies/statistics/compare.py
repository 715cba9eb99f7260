"""Statistics over cells: mean and spread over the seeds, and comparisons with the baseline."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from vermeil.evaluation.arrays import CountArray, micro_f1
from vermeil.evaluation.bootstrap import paired_bootstrap
from vermeil.evaluation.correction import holm
from vermeil.evaluation.dominance import almost_stochastic_order
from vermeil.evaluation.randomisation import randomisation_test
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.scores import SplitScore
from vermeil.studies.results.statistics import ComparisonRow, Spread, SummaryRow, Verdict
from vermeil.studies.results.values import Block

SIGNIFICANCE_LEVEL = 0.05
"""A difference is significant if both corrected p-values are below this level."""
MINIMUM_SEEDS = 3
"""With fewer seeds a difference is at most suggestive: the spread between trainings is unknown."""
UNBLENDED = frozenset({"gold_only", "silver_only", "ceiling"})
"""Regimens that train on one kind of label only."""
_OTHER_GOLD = frozenset({"silver_only", "ceiling"})
"""Regimens whose cells can have another number of gold documents than their block."""


def summarise(cells: Sequence[CellResult]) -> list[SummaryRow]:
    """Return one row per block and regimen, in the order of the cells.

    A score is None if no cell has one.
    """
    return [_summary_row(block, members) for (block, _), members in group_by_regimen(cells).items()]


def compare(
    cells: Sequence[CellResult], baseline: str, resamples: int, seed: int = 0
) -> list[ComparisonRow]:
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
    blocks: dict[Block, dict[str, list[CellResult]]] = {}
    for (block, regimen), members in group_by_regimen(cells).items():
        blocks.setdefault(block, {})[regimen] = members
    pairs: list[_Pair] = []
    for block, regimens in blocks.items():
        others = [name for name in regimens if name != baseline]
        blends = [name for name in regimens if name not in UNBLENDED]
        families: dict[Literal["baseline", "blends"], list[tuple[str, str]]] = {
            "baseline": [(name, baseline) for name in others] if baseline in regimens else [],
            "blends": list(combinations(blends, 2)),
        }
        for family, named in families.items():
            for system, base in named:
                counts = _paired_counts(regimens[system], regimens[base])
                if counts:
                    pairs.append(_Pair(block, family, system, base, counts))
    return corrected([_compare_pair(pair, len(pairs), resamples, seed) for pair in pairs])


def group_by_regimen(
    cells: Sequence[CellResult],
) -> dict[tuple[Block, str], list[CellResult]]:
    """Return the cells by block and regimen, in order of first appearance.

    ``sizes`` of a cell are the sizes of its block. Its own numbers of documents can differ: the
    ceiling counts its silver documents as gold. Cells without ``sizes`` share one silver size.
    """
    golds: dict[str, set[int]] = {}
    silvers: dict[str, int] = {}
    for cell in cells:
        silvers[cell.budget] = max(silvers.get(cell.budget, 0), cell.silver_documents)
        if cell.regimen not in _OTHER_GOLD:
            golds.setdefault(cell.budget, set()).add(cell.gold_documents)
    groups: dict[tuple[Block, str], list[CellResult]] = {}
    for cell in cells:
        gold, known = cell.gold_documents, golds.get(cell.budget, set())
        if gold not in known and len(known) == 1:
            (gold,) = known
        block = Block(cell.budget, *(cell.sizes or (gold, silvers[cell.budget])))
        groups.setdefault((block, cell.regimen), []).append(cell)
    return groups


def _summary_row(block: Block, members: list[CellResult]) -> SummaryRow:
    return SummaryRow(
        *block,
        regimen=members[0].regimen,
        seeds=tuple(cell.seed for cell in members),
        test=_spread(cell.test for cell in members),
        dev=_spread(cell.dev for cell in members),
        steps=statistics.fmean(cell.steps for cell in members),
        wordpieces=statistics.fmean(cell.wordpieces for cell in members),
        seconds=statistics.fmean(cell.seconds for cell in members),
    )


def _spread(scores: Iterable[SplitScore | None]) -> Spread | None:
    values = tuple(None if one is None else one.overall.f1 for one in scores)
    known = [value for value in values if value is not None]
    if not known:
        return None
    sd = statistics.stdev(known) if len(known) > 1 else None
    return Spread(statistics.fmean(known), sd, values)


@dataclass(frozen=True, slots=True)
class _PairedCounts:
    """Counts of two regimens on common seeds and groups, shape (seeds, groups, 3) each."""

    seeds: list[int]
    system: CountArray
    baseline: CountArray


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two regimens of a block with common counts."""

    block: Block
    family: Literal["baseline", "blends"]
    system: str
    baseline: str
    counts: _PairedCounts


def _paired_counts(system: list[CellResult], baseline: list[CellResult]) -> _PairedCounts | None:
    by_seed = {cell.seed: cell for cell in baseline if cell.test_groups}
    pairs = [
        (cell, by_seed[cell.seed]) for cell in system if cell.test_groups and cell.seed in by_seed
    ]
    if not pairs:
        return None
    groups = sorted({group for pair in pairs for cell in pair for group in cell.test_groups})
    return _PairedCounts(
        [cell.seed for cell, _ in pairs],
        _count_array([cell for cell, _ in pairs], groups),
        _count_array([cell for _, cell in pairs], groups),
    )


def _count_array(cells: list[CellResult], groups: list[str]) -> CountArray:
    # A group that is absent from a cell has no items there.
    rows = [[cell.test_groups.get(group, (0, 0, 0)) for group in groups] for cell in cells]
    return np.array(rows, dtype=np.int64)


def _compare_pair(pair: _Pair, comparisons: int, resamples: int, seed: int) -> ComparisonRow:
    """Return the comparison with p-values that are not yet corrected."""
    counts = pair.counts
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
    return ComparisonRow(
        *pair.block,
        family=pair.family,
        regimen=pair.system,
        baseline=pair.baseline,
        seeds=tuple(counts.seeds),
        difference=result.difference,
        low=result.low,
        high=result.high,
        p_value=result.p_value,
        per_seed=result.per_seed,
        groups=result.groups,
        resamples=result.resamples,
        p_holm=result.p_value,
        family_size=comparisons,
        verdict="not_significant",
        p_randomisation=randomised.p_value,
        epsilon_min=epsilon,
    )


def corrected(rows: Sequence[ComparisonRow]) -> list[ComparisonRow]:
    """Return the rows with p-values corrected by Holm's method, and the verdicts that follow.

    Args:
        rows: all comparisons that are made. Leave others out before, not after the p-values are
            known.
    """
    by_bootstrap = holm([row.p_value for row in rows])
    by_randomisation = holm([row.p_randomisation or 0.0 for row in rows])
    return [
        replace(row, p_holm=p, p_randomisation_holm=q, verdict=_verdict(p, q, len(row.seeds)))
        for row, p, q in zip(rows, by_bootstrap, by_randomisation, strict=True)
    ]


def _verdict(p_holm: float, p_randomisation_holm: float, seeds: int) -> Verdict:
    if p_holm >= SIGNIFICANCE_LEVEL:
        return "not_significant"
    both = p_randomisation_holm < SIGNIFICANCE_LEVEL
    return "significant" if both and seeds >= MINIMUM_SEEDS else "suggestive"
