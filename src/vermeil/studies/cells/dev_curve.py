"""Learning curve of a cell: F1 on a sample of dev at several steps of training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vermeil.data.document import Document
from vermeil.data.example import BatchPlan
from vermeil.evaluation.documents import evaluate
from vermeil.studies.cells.observation_set import observation_steps
from vermeil.studies.results.cell import DevPoint

if TYPE_CHECKING:
    from vermeil.student.student import Student


@dataclass(frozen=True, slots=True)
class CurveDocuments:
    """Documents of a learning curve.

    Args:
        points: number of measurements, evenly spread over training.
        documents: the dev documents of each measurement.
    """

    points: int
    documents: tuple[Document, ...]


class DevCurveObserver:
    """F1 on a sample of dev during training (a `vermeil.student.loop.hooks.Observer`).

    Args:
        student: the student in training.
        plan: the batch plan.
        curve: number of measurements and documents.
    """

    def __init__(self, student: Student, plan: BatchPlan, curve: CurveDocuments) -> None:
        self._student, self._curve = student, curve
        self._steps = frozenset(observation_steps(plan, curve.points))
        self._points: list[DevPoint] = []

    def is_due(self, step: int) -> bool:
        """Return whether to measure after this step."""
        return step in self._steps

    def observe(self, step: int) -> None:
        """Score the student after this step and append the result."""
        documents = self._curve.documents
        counts = evaluate(self._student.predict(documents), documents, self._student.task)
        self._points.append(DevPoint(step, round(counts.overall.f1, 5)))

    def dev_curve(self) -> tuple[DevPoint, ...]:
        """Return step and F1 of each measurement."""
        return tuple(self._points)
