"""Measurements of a cell's student at several steps of its training."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.example import BatchPlan
from vermeil.studies.cells.observation_set import ObservationSet, gradient_batch, observation_steps
from vermeil.studies.cells.span_outcomes import SpanOutcomes
from vermeil.studies.cells.word_metrics import (
    ScoredDocument,
    sharpness_metrics,
    silver_word_metrics,
)
from vermeil.studies.results.cell import DevPoint
from vermeil.studies.results.observation import Observation, ObservationPoint
from vermeil.studies.results.values import sum_tallies, tally_f1

if TYPE_CHECKING:
    from vermeil.student.encoding.examples import EncodedCorpus
    from vermeil.student.inference.predictor import Predictor
    from vermeil.student.student import Student


class MechanismObserver:
    """Measurements during training (a `vermeil.student.loop.hooks.Observer`).

    Args:
        student: the student in training.
        gold: its gold examples.
        silver: its silver examples.
        plan: the batch plan.
        observation_set: documents to measure on, and the number of measurements.
        seed: draws the batches whose gradients are compared.
    """

    def __init__(
        self,
        student: Student,
        gold: EncodedCorpus,
        silver: EncodedCorpus,
        plan: BatchPlan,
        observation_set: ObservationSet,
        seed: int,
    ) -> None:
        self._student, self._plan, self._observation_set = student, plan, observation_set
        self._steps = frozenset(observation_steps(plan, observation_set.config.points))
        self._outcomes = SpanOutcomes(observation_set.dev, student.task)
        dev = student.encode(observation_set.dev, "gold")
        self._batches = {
            name: batch
            for name, corpus in (("gold", gold), ("silver", silver), ("dev", dev))
            if (batch := gradient_batch(corpus.examples, observation_set.config.wordpieces, seed))
        }
        self._points: list[ObservationPoint] = []
        self._seconds = 0.0

    def is_due(self, step: int) -> bool:
        """Return whether to measure after this step."""
        return step in self._steps

    def observe(self, step: int) -> None:
        """Measure the student after this step and append the result."""
        began = time.perf_counter()
        predictor = self._student.predictor(self._student.config.precision)
        dev = self._scored_documents(predictor, self._observation_set.dev)
        counts = self._outcomes.add([one.annotation for one in dev])
        measured = None
        if self._observation_set.silver:
            silver, truth = self._observation_set.silver, self._observation_set.truth
            measured = silver_word_metrics(
                self._scored_documents(predictor, silver, truth), self._student.task
            )
        self._points.append(
            ObservationPoint(
                step=step,
                planned_share=round(float(self._plan.planned_share[step - 1]), 4),
                per_label={
                    label: (t.correct, t.predicted, t.gold) for label, t in counts.per_label.items()
                },
                errors=counts.as_dict()["errors"],
                sharpness=sharpness_metrics(dev, self._student.task),
                silver=measured,
                gradients=self._gradients(),
            )
        )
        self._seconds += time.perf_counter() - began

    def dev_curve(self) -> tuple[DevPoint, ...]:
        """Return step and F1 on the sample of dev of each measurement."""
        return tuple(
            DevPoint(point.step, round(tally_f1(sum_tallies(point.per_label.values())), 5))
            for point in self._points
        )

    def observation(self) -> Observation:
        """Return the measurements."""
        return Observation(
            dev_documents=len(self._observation_set.dev),
            silver_documents=len(self._observation_set.silver),
            steps=self._plan.steps,
            seconds=round(self._seconds, 2),
            points=tuple(self._points),
            spans=self._outcomes.record(),
        )

    def _scored_documents(
        self,
        predictor: Predictor,
        documents: Sequence[Document],
        truth: Sequence[Document] | None = None,
    ) -> list[ScoredDocument]:
        """Return words and class probabilities of documents, with own and gold classes.

        Args:
            predictor: the student's predictor.
            documents: documents with the labels that the student is trained on.
            truth: the same documents with gold labels; None: their own labels are gold.
        """
        plain = [d.with_annotation(UNANNOTATED) for d in documents]
        encode = self._student.task.encode
        return [
            ScoredDocument(
                output.encoded.words,
                output.rows,
                encode(document, output.encoded.words).classes,
                encode(gold, output.encoded.words).classes,
                predictor.decode(output),
            )
            for document, gold, output in zip(
                documents, truth or documents, predictor.outputs(plain), strict=True
            )
        ]

    def _gradients(self) -> dict[str, float]:
        """Return norms and losses of the batches' gradients, and the cosines between them."""
        gradients = self._student.compare_gradients(list(self._batches.values()))
        values: dict[str, float] = {}
        for i, name in enumerate(self._batches):
            values[f"{name}_norm"], values[f"{name}_loss"] = gradients.norms[i], gradients.losses[i]
            for j, other in enumerate(list(self._batches)[:i]):
                values[f"{other}_{name}"] = gradients.cosines[j, i]
        return {name: round(float(value), 4) for name, value in values.items()}
