"""Quality of the probabilities of the judge and of each of its sources, measured on gold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vermeil.data.region import overlaps
from vermeil.evaluation.calibration import Reliability, reliability
from vermeil.evaluation.discrimination import auarc, auroc
from vermeil.refinement.candidates import JudgedDocument
from vermeil.refinement.judging import JudgeResult
from vermeil.selection.policies import JudgedRegion

Scores = tuple[list[float], list[bool]]
"""Scores of items, and whether each item is correct."""


@dataclass(frozen=True, slots=True)
class SignalQuality:
    """Separation of correct from wrong items by the probabilities of one source.

    Args:
        share: share of the items that are correct.
        auroc: area under the ROC curve; None if all items are correct, or none.
        auarc: area under the accuracy-rejection curve; None without items.
        reliability: number of items, calibration error and reliability diagram.
    """

    share: float
    auroc: float | None
    auarc: float | None
    reliability: Reliability

    @classmethod
    def of_scores(cls, scores: Sequence[float], correct: Sequence[bool]) -> SignalQuality:
        """Return the quality of scores in [0, 1], given which of the items are correct."""
        share = sum(correct) / len(correct)
        return cls(
            share, auroc(scores, correct), auarc(scores, correct), reliability(scores, correct)
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the quality as a JSON object."""
        return {
            "items": self.reliability.number,
            "share": self.share,
            "auroc": self.auroc,
            "auarc": self.auarc,
            "ece": self.reliability.ece,
            "bins": self.reliability.as_dict()["bins"],
        }


SignalQualities = Mapping[str, Mapping[str, SignalQuality]]
"""Kind of item to source of probabilities to quality.

Kinds are ``correct`` (is a label of the teacher correct?) and ``missed`` (has gold a label where
the teacher has none?).
"""


def signal_qualities(judge_result: JudgeResult) -> SignalQualities:
    """Return the quality of every source of probabilities on gold, for both kinds of items.

    Sources are the judge, the students, the auxiliary scorers and the teacher's votes. Sources that
    a corpus does not have are left out.
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
    return {
        kind: {name: SignalQuality.of_scores(*own) for name, own in scores.items()}
        for kind, scores in (("correct", correct), ("missed", missed))
    }


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
