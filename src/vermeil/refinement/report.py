"""Quality of each signal and of the judge, as measures of the correctness of silver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from vermeil.data.region import overlaps
from vermeil.evaluation.calibration import reliability
from vermeil.evaluation.discrimination import auarc, auroc
from vermeil.refinement.candidates import JudgedDocument
from vermeil.refinement.judging import JudgeResult
from vermeil.selection.policies import JudgedRegion

Scores = tuple[list[float], list[bool]]
"""Scores of a signal, and whether what it scored is correct."""


def signal_report(judge_result: JudgeResult) -> dict[str, Any]:
    """Return how well each signal separates correct from wrong labels, and missed from empty.

    Returns:
        For ``correct`` (a label of the teacher is correct) and ``missed`` (gold has a label where
        the teacher has none): number, share, and for each signal AUROC, AUARC and expected
        calibration error. Signals that a corpus does not have are left out.
    """
    correct: dict[str, Scores] = {}
    missed: dict[str, Scores] = {}
    for judged, regions in judge_result.gold:
        for region in regions:
            sources = dict(_sources(judge_result, region))
            if region.teacher_candidate:
                _add_labels(correct, sources, judged, region)
            else:
                _add_empty(missed, sources, judged, region)
    return {"correct": _signal_metrics(correct), "missed": _signal_metrics(missed)}


def _sources(judge_result: JudgeResult, judged: JudgedRegion) -> Iterator[tuple[str, JudgedRegion]]:
    """Yield each source of probabilities, with its probabilities of a region."""
    region = judged.region
    yield "judge", judged
    if judge_result.with_students:
        yield "students", JudgedRegion(region, np.exp(region.log_probs))
    for name, log_probs in zip(judge_result.auxiliary, region.auxiliary_log_probs, strict=True):
        yield name, JudgedRegion(region, np.exp(log_probs))


def _add_labels(
    scores: dict[str, Scores],
    sources: Mapping[str, JudgedRegion],
    judged: JudgedDocument,
    region: JudgedRegion,
) -> None:
    """Add the score of every label that the teacher gave in a region."""
    uncertainty = judged.candidates.teacher_uncertainty or {}
    true = set(judged.gold_labels)
    for key in region.teacher_candidate:
        for name, source in sources.items():
            _add(scores, name, source.probability(key), key in true)
        if key in uncertainty:
            _add(scores, "votes", 1 - uncertainty[key], key in true)


def _add_empty(
    scores: dict[str, Scores],
    sources: Mapping[str, JudgedRegion],
    judged: JudgedDocument,
    region: JudgedRegion,
) -> None:
    """Add the score of a region in which the teacher gave no label."""
    start, end = region.region.start, region.region.end
    is_missed = any(overlaps(key, start, end) for key in judged.gold_labels)
    for name, source in sources.items():
        _add(scores, name, source.probability_of_any(start, end), is_missed)


def _add(scores: dict[str, Scores], name: str, score: float, correct: bool) -> None:
    values, outcomes = scores.setdefault(name, ([], []))
    values.append(min(1.0, max(0.0, score)))
    outcomes.append(correct)


def _signal_metrics(scores: Mapping[str, Scores]) -> dict[str, Any]:
    found = {}
    for name, (values, outcomes) in scores.items():
        reliable = reliability(values, outcomes)
        found[name] = {
            "items": len(values),
            "share": sum(outcomes) / len(outcomes),
            "auroc": auroc(values, outcomes),
            "auarc": auarc(values, outcomes),
            "ece": reliable.ece,
            "bins": reliable.as_dict()["bins"],
        }
    return found
