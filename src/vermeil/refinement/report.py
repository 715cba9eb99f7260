"""How much each signal says by itself about what is right, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vermeil.data.region import overlaps
from vermeil.evaluation.calibration import reliability
from vermeil.evaluation.discrimination import auarc, auroc
from vermeil.refinement.judging import JudgeResult
from vermeil.selection.policies import JudgedRegion

Scores = tuple[list[float], list[bool]]


def signal_report(judge_result: JudgeResult) -> dict[str, Any]:
    """Return how well the teacher's marks, and its silences, are told right from wrong on gold.

    Returns:
        For ``correct`` (a mark of the teacher is right) and ``missed`` (something is there where
        the teacher marks nothing): number, share, and for each signal AUROC, AUARC and expected
        calibration error. Signals that a corpus does not have are left out.
    """
    correct: dict[str, Scores] = {}
    missed: dict[str, Scores] = {}
    for item, judgements in judge_result.gold:
        doubts = item.candidates.teacher_uncertainty or {}
        for judgement in judgements:
            alone = JudgedRegion(judgement.region, np.exp(judgement.region.log_probs))
            sources = {"judge": judgement}
            if judge_result.with_students:
                sources["students"] = alone
            region = judgement.region
            for name, logs in zip(judge_result.auxiliary, region.auxiliary_log_probs, strict=True):
                sources[name] = JudgedRegion(region, np.exp(logs))
            true = {mark for mark in item.gold_labels if overlaps(mark, region.start, region.end)}
            for mark in judgement.teacher_candidate:
                for name, source in sources.items():
                    _add(correct, name, source.probability(mark), mark in true)
                if mark in doubts:
                    _add(correct, "votes", 1 - doubts[mark], mark in true)
            if not judgement.teacher_candidate:
                for name, source in sources.items():
                    filled = source.probability_of_any(region.start, region.end)
                    _add(missed, name, filled, bool(true))
    return {"correct": _signal_metrics(correct), "missed": _signal_metrics(missed)}


def _add(scores: dict[str, Scores], name: str, score: float, correct: bool) -> None:
    said, judged = scores.setdefault(name, ([], []))
    said.append(min(1.0, max(0.0, score)))
    judged.append(correct)


def _signal_metrics(scores: Mapping[str, Scores]) -> dict[str, Any]:
    found = {}
    for name, (said, right) in scores.items():
        reliable = reliability(said, right)
        found[name] = {
            "items": len(said),
            "share": sum(right) / len(right),
            "auroc": auroc(said, right),
            "auarc": auarc(said, right),
            "ece": reliable.ece,
            "bins": reliable.as_dict()["bins"],
        }
    return found
