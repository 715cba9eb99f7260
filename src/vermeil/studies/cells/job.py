"""Inputs of one cell: documents, blending, student settings and task."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Document
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.studies.cells.dev_curve import CurveDocuments
from vermeil.studies.cells.observation_set import ObservationSet
from vermeil.studies.cells.sampling import CellDocuments
from vermeil.tasks.protocol import Task


@dataclass(frozen=True, slots=True)
class RefinementJob:
    """Inputs of a cell whose regimen makes its silver first: auto, self_training.

    Args:
        teacher_labels: the teacher's annotations of the cell's gold documents; may be empty.
        plain: further documents of the silver corpus, without their annotation.
        selection: the ``[selection]`` section.
        folder: cache of the students' out-of-fold predictions.
    """

    teacher_labels: tuple[Document, ...]
    plain: tuple[Document, ...]
    selection: SelectionConfig
    folder: Path


@dataclass(frozen=True, slots=True)
class CellJob:
    """All inputs of a cell; can be pickled and sent to another process.

    Args:
        regimen: name of the regimen in the study.
        seed: the cell's seed.
        documents: the cell's training documents.
        blending: regimen, schedule and budget in full.
        student: encoder and training settings.
        task: the task.
        dev: documents for choosing among recipes; may be empty.
        test: documents for reporting; may be empty.
        observation_set: documents on which training is observed; None: training is not observed.
        curve: dev documents for the learning curve, if training is not observed; None: no curve.
        sizes: gold and silver documents of the cell's block.
        refinement: how silver is made, for the regimens auto and self_training.
        encoder_digest: digest of the encoder's files; empty: not checked.
    """

    regimen: str
    seed: int
    documents: CellDocuments
    blending: BlendingConfig
    student: StudentConfig
    task: Task
    dev: tuple[Document, ...]
    test: tuple[Document, ...]
    observation_set: ObservationSet | None = None
    curve: CurveDocuments | None = None
    sizes: tuple[int, int] = (0, 0)
    refinement: RefinementJob | None = None
    encoder_digest: str = ""
