"""The report of `vermeil.select` and `vermeil.refine`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vermeil.data.counts import Counts
from vermeil.evaluation.bootstrap import Comparison
from vermeil.refinement.pairs import RelationJudgement
from vermeil.refinement.signal_quality import SignalQualities
from vermeil.selection.config import Policy


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    """Numbers of documents.

    Args:
        silver: documents of the silver corpus.
        doubly_labelled: gold documents that the teacher annotated, too.
        unannotated: silver documents without an annotation.
        dropped: documents that the policy left out.
        written: documents of the result.
        changed: documents of the result with changes.
        self_annotated: documents of the result that a student annotated; None: without students.
    """

    silver: int
    doubly_labelled: int
    unannotated: int
    dropped: int
    written: int
    changed: int
    self_annotated: int | None = None

    def as_dict(self) -> dict[str, int]:
        """Return the numbers as a JSON object."""
        return {name: number for name, number in asdict(self).items() if number is not None}


@dataclass(frozen=True, slots=True)
class RefineReport:
    """The report of `vermeil.select` or `vermeil.refine`.

    Args:
        policy: the policy that was applied; keep if the judge is no better than the teacher.
        better_than_teacher: whether the judge has the higher F1 on gold.
        documents: numbers of documents.
        changes: kind of change to number, most frequent first.
        gold: teacher, students, auxiliary scorer or judge to its scores on gold.
        gain: F1 of the judge minus F1 of the teacher, on gold.
        signals: quality of the probabilities on gold.
        strength: the chosen strength of the judge's prior.
        weights: weights of the judge's signals, by name.
        relations: the judge of relations; None if the task has none.
    """

    policy: Policy
    better_than_teacher: bool
    documents: DocumentCounts
    changes: Mapping[str, int]
    gold: Mapping[str, Counts]
    gain: Comparison
    signals: SignalQualities
    strength: float
    weights: Mapping[str, float]
    relations: RelationJudgement | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "policy": self.policy,
            "better_than_teacher": self.better_than_teacher,
            "documents": self.documents.as_dict(),
            "changes": dict(self.changes),
            "gold": {name: _scores(counts) for name, counts in self.gold.items()},
            "gain": self.gain.as_dict(),
            "signals": {
                kind: {name: quality.as_dict() for name, quality in qualities.items()}
                for kind, qualities in self.signals.items()
            },
            "judge": {"strength": self.strength, "weights": dict(self.weights)},
            **({} if self.relations is None else {"relation_judge": self.relations.as_dict()}),
        }


def _scores(counts: Counts) -> dict[str, Any]:
    scores = counts.as_dict()
    return {key: scores[key] for key in ("overall", "per_label")}
