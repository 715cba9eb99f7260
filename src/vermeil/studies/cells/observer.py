"""Observing a cell: what its student does at some moments of its training, and why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vermeil.data.counts import Tally
from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.data.example import BatchPlan
from vermeil.studies.cells.observation_set import Probes, moments, probe_batch
from vermeil.studies.cells.span_outcomes import Outcomes
from vermeil.studies.cells.word_metrics import Judged, sharpness, silver_words

if TYPE_CHECKING:
    from vermeil.student.encoding.examples import EncodedCorpus
    from vermeil.student.inference.predictor import Predictor
    from vermeil.student.student import Student


class MechanismObserver:
    """Records a training (a `vermeil.student.loop.metrics.Observer`).

    Args:
        student: the student that is trained.
        gold: its gold examples.
        silver: its silver examples.
        plan: what it sees.
        probes: what to look at.
        seed: draws the batches whose gradients are compared.
    """

    def __init__(
        self,
        student: Student,
        gold: EncodedCorpus,
        silver: EncodedCorpus,
        plan: BatchPlan,
        probes: Probes,
        seed: int,
    ) -> None:
        self._student, self._plan, self._probes = student, plan, probes
        self._moments = frozenset(moments(plan, probes.config.points))
        self._outcomes = Outcomes(probes.dev, student.task)
        unseen = student.encode(probes.dev, "gold")
        self._batches = {
            name: batch
            for name, corpus in (("gold", gold), ("silver", silver), ("dev", unseen))
            if (batch := probe_batch(corpus.examples, probes.config.wordpieces, seed))
        }
        self._points: list[dict[str, Any]] = []
        self._seconds = 0.0

    def is_due(self, step: int) -> bool:
        """Return whether this is one of the moments."""
        return step in self._moments

    def observe(self, step: int) -> None:
        """Look at the student, and note what there is."""
        began = time.perf_counter()
        predictor = self._student.predictor(self._student.config.precision)
        dev = self._judged(predictor, self._probes.dev)
        counts = self._outcomes.add([self._annotation(one) for one in dev])
        point: dict[str, Any] = {
            "step": step,
            "planned_share": round(float(self._plan.planned_share[step - 1]), 4),
            "per_label": {
                label: [t.correct, t.predicted, t.gold] for label, t in counts.per_label.items()
            },
            "errors": counts.as_dict()["errors"],
            "sharpness": sharpness(dev, self._student.task),
        }
        if self._probes.silver:
            silver, truth = self._probes.silver, self._probes.truth
            point["silver"] = silver_words(
                self._judged(predictor, silver, truth), self._student.task
            )
        point["gradients"] = self._gradients()
        self._points.append(point)
        self._seconds += time.perf_counter() - began

    def dev_curve(self) -> list[dict[str, float]]:
        """Return step and F1 on the sample of dev at each moment."""
        tallies = [
            (point["step"], sum((Tally(*row) for row in point["per_label"].values()), Tally()))
            for point in self._points
        ]
        return [{"step": step, "f1": round(tally.f1, 5)} for step, tally in tallies]

    def as_dict(self) -> dict[str, Any]:
        """What the cell keeps."""
        return {
            "dev_documents": len(self._probes.dev),
            "silver_documents": len(self._probes.silver),
            "steps": self._plan.steps,
            "seconds": round(self._seconds, 2),
            "points": self._points,
            "spans": self._outcomes.as_dict(),
        }

    def _judged(
        self,
        predictor: Predictor,
        documents: Sequence[Document],
        truth: Sequence[Document] | None = None,
    ) -> list[Judged]:
        """Return words and probabilities of documents, with the classes of what they say."""
        plain = [d.with_annotation(UNANNOTATED) for d in documents]
        encode = self._student.task.encode
        return [
            Judged(
                one.words,
                rows,
                encode(document, one.words).classes,
                encode(true, one.words).classes,
            )
            for document, true, (one, rows) in zip(
                documents, truth or documents, predictor.probabilities(plain), strict=True
            )
        ]

    def _annotation(self, judged: Judged) -> Annotation:
        return self._student.task.decode(judged.words, judged.rows)

    def _gradients(self) -> dict[str, float]:
        """Return cosines between batches, their norms and losses; dev is gold that is not seen."""
        found = self._student.gradients(list(self._batches.values()))
        told: dict[str, float] = {}
        for i, name in enumerate(self._batches):
            told[f"{name}_norm"], told[f"{name}_loss"] = found.norms[i], found.losses[i]
            for j, other in enumerate(list(self._batches)[:i]):
                told[f"{other}_{name}"] = found.cosines[j, i]
        return {name: round(float(value), 4) for name, value in told.items()}
