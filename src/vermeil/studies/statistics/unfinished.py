"""Regimens whose students have not finished learning, from the curves of their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vermeil.evaluation.convergence import LearningState, learning_state
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.statistics import UnfinishedRow
from vermeil.studies.statistics.compare import group_by_regimen


def unfinished_learning(cells: Sequence[CellResult]) -> list[UnfinishedRow]:
    """Return one row per block and regimen with a cell that has not finished learning.

    Args:
        cells: finished cells.
    """
    rows = []
    for (block, regimen), members in group_by_regimen(cells).items():
        states = [(cell, cell_state(cell)) for cell in members]
        unfinished = [(cell, state) for cell, state in states if not state.finished]
        if unfinished:
            budgets = [state.suggested_budget or 0 for _, state in unfinished]
            rows.append(
                UnfinishedRow(
                    *block,
                    regimen=regimen,
                    seeds=tuple(cell.seed for cell, _ in unfinished),
                    cells=len(members),
                    reason=unfinished[0][1].reason,
                    suggested_budget=max(budgets) or None,
                )
            )
    return rows


def cell_state(cell: CellResult) -> LearningState:
    """Return whether the student of a cell has finished learning.

    An observed cell has a dev curve. The other cells have the F1 at the end, on dev or else on
    test, and their training loss.
    """
    scored = cell.dev or cell.test
    scores = [point.f1 for point in cell.dev_curve]
    if not scores and scored is not None:
        scores = [scored.overall.f1]
    state = learning_state([point.loss for point in cell.curve], scores, cell.wordpieces)
    if cell.dev is None and not cell.dev_curve:
        return replace(state, reason=state.reason.replace("dev F1", "test F1"))
    return state
