"""The recording of a cell: what its student does at some moments of its training, and why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.data.example import BatchPlan
from vermeil.studies.outcomes import Outcomes
from vermeil.studies.probes import Probes, moments, probe_batches
from vermeil.studies.words import Judged, sharpness, silver_words

if TYPE_CHECKING:
    from vermeil.student.examples import EncodedCorpus
    from vermeil.student.student import Student

PAIRS = {"gold_silver": ((0, 2), (0, 3), (1, 2), (1, 3)), "gold_gold": ((0, 1),)}
PAIRS["silver_silver"] = ((2, 3),)
"""Which cosines are averaged, of two gold batches and then two silver ones."""


class MechanismObserver:
    """Records a training (a `vermeil.student.metrics.Observer`).

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
        origins = [
            probe_batches(corpus.examples, probes.config.wordpieces, seed)
            for corpus in (gold, silver)
        ]
        self._batches = [*origins[0], *origins[1]] if all(origins) else []
        self._points: list[dict[str, Any]] = []
        self._seconds = 0.0

    def is_due(self, step: int) -> bool:
        """Return whether this is one of the moments."""
        return step in self._moments

    def observe(self, step: int) -> None:
        """Look at the student, and note what there is."""
        began = time.perf_counter()
        dev = self._judged(self._probes.dev)
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
            point["silver"] = silver_words(self._judged(silver, truth), self._student.task)
        if self._batches:
            point["gradients"] = self._gradients()
        self._points.append(point)
        self._seconds += time.perf_counter() - began

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
        self, documents: Sequence[Document], truth: Sequence[Document] | None = None
    ) -> list[Judged]:
        """Return words and probabilities of documents, with the classes of what they say."""
        predictor = self._student.predictor(self._student.config.precision)
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
        """Return mean cosines within and between the origins, norms and losses."""
        found = self._student.gradients(self._batches)
        told = {
            name: float(np.mean([found.cosines[pair] for pair in pairs]))
            for name, pairs in PAIRS.items()
        }
        for place, origin in enumerate(("gold", "silver")):
            own = slice(2 * place, 2 * place + 2)
            told[f"{origin}_norm"] = float(found.norms[own].mean())
            told[f"{origin}_loss"] = float(found.losses[own].mean())
        return {name: round(value, 4) for name, value in told.items()}
