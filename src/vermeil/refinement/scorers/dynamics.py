"""Training dynamics: what a student of the teacher alone believes of it, early and late.

Networks learn what fits together first, and single errors by heart later (Arpit et al., A Closer
Look at Memorization in Deep Networks, 2017; Swayamdipta et al., Dataset Cartography, 2020): a label
that is believed after one pass is more probably right than one that is believed only after several.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.progress import Progress, named, silent
from vermeil.refinement.cache import Made, Rows, digest, kept
from vermeil.refinement.judging import Taught
from vermeil.refinement.student_trainer import Learning, ask
from vermeil.training.fit import plan_for

if TYPE_CHECKING:
    from vermeil.student.student import Student

VERSION = 1
"""Raised when the same inputs would give other probabilities, so that kept ones are not reused."""


def dynamics_rows(
    taught: Taught, learning: Learning, progress: Progress = silent
) -> dict[str, Rows]:
    """Return class probabilities of all documents by a student that learns what the teacher says.

    It learns the teacher's labels of gold documents, too, and nothing of people: so to it gold and
    silver documents are alike, and what is found on gold holds on silver.

    Args:
        taught: gold that the teacher annotated, too, and the rest of silver.
        learning: encoder and budget: as many passes as there are over silver.
        progress: told after every step.

    Returns:
        ``learnt early``: after the first pass; ``learnt late``: after the last.
    """
    told = taught.told
    made_from = digest(f"dynamics:{VERSION}", (told,), learning)
    path = learning.folder / f"{made_from}-{learning.seed}-dynamics.npz"
    both = kept(path, partial(_learn, told, learning, progress))
    return {
        name: {d.id: both[f"{d.id}\n{name}"] for d in told}
        for name in ("learnt early", "learnt late")
    }


def _learn(told: Sequence[Document], learning: Learning, progress: Progress) -> Made:
    from vermeil.student.loop.loop import Surroundings
    from vermeil.student.student import Student

    student = Student.create(learning.task, learning.student, learning.seed)
    gold, silver = student.encode((), "gold"), student.encode(told, "silver")
    plan = plan_for(gold, silver, learning.blended("silver_only"), learning.seed)
    first = max(1, round(plan.steps / learning.blending.budget.silver_epochs))
    early = _Early(student, told, min(first, plan.steps))

    around = Surroundings(named(progress, "dynamics"), observer=early)
    student.fit(silver.examples, plan, learning.seed, around)
    yield from early.rows
    yield from _look(student, told, "learnt late")


def _look(student: Student, told: Sequence[Document], name: str) -> Made:
    for own, rows in ask(student, told):
        yield f"{own}\n{name}", rows


class _Early:
    """Looks once, after a step."""

    def __init__(self, student: Student, told: Sequence[Document], step: int) -> None:
        self._student, self._told, self._step = student, told, step
        self.rows: list[tuple[str, NDArray[np.float32]]] = []

    def is_due(self, step: int) -> bool:
        """Return whether it wants to look after this step, counted from 1."""
        return step == self._step

    def observe(self, step: int) -> None:  # noqa: ARG002
        """Look."""
        self.rows = list(_look(self._student, self._told, "learnt early"))
