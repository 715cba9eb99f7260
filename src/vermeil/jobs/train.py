"""Training one student with one regimen: from documents to a model folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil.blending.config import BlendingConfig
from vermeil.blending.schedules import Schedule
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.data.written import MODEL, check_folder
from vermeil.errors import ConfigError
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.fit import dev_f1, train_student, training_record
from vermeil.training.requirements import require_training

if TYPE_CHECKING:
    from vermeil.student.loop.checkpoint import Checkpoint, OnCheckpoint


LETTER_CASE_NOTE = (
    "the student reads letter case, which vermeil gives it; plain transformers code does not, and "
    "finds fewer names: for such use train with student.letter_case=false"
)


ONE_PROCESS_ERROR = (
    "blending.regimen: auto is done by one process; refine first (vermeil refine), then train on "
    "what it wrote with several"
)


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What `train` did.

    Args:
        folder: the model folder.
        record: how the student was trained, as kept in ``training.json``.
        uses_letter_case: whether it reads letter case, which other libraries do not give it.
    """

    folder: Path
    record: dict[str, Any]
    uses_letter_case: bool

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        note = {"note": LETTER_CASE_NOTE} if self.uses_letter_case else {}
        return {"model": str(self.folder), **self.record, **note}


def train(
    gold: Sequence[Document],
    silver: Sequence[Document],
    task: Task,
    student: StudentConfig,
    blending: BlendingConfig,
    seed: int,
    output: Path,
    progress: Progress = silent,
    dev: Sequence[Document] = (),
    schedule: Schedule | None = None,
    selection: SelectionConfig = SelectionConfig(),  # noqa: B008
    on_checkpoint: OnCheckpoint | None = None,
    *,
    overwrite: bool = False,
) -> TrainReport:
    """Train a student on gold and silver, and save it as a folder that plain transformers loads.

    Args:
        gold: documents that people annotated; may be empty where the regimen uses none.
        silver: documents that the teacher annotated; unannotated ones are counted and left out.
        task: what the student is to do.
        student: encoder and training settings.
        blending: regimen, schedule and budget.
        seed: draws the head's weights, the batches and the dropout.
        output: the model folder; written whole or not at all. A model that is there is replaced.
            Files that Vermeil did not write stay. ``training.jsonl`` in it has a line per step.
            While training lasts, its state is in the folder of that name with ``.checkpoint``
            added: the same call goes on from there after an interruption.
        progress: told after every step.
        dev: documents that people annotated, to choose the best state by.
        schedule: a gold share of your own, as a function of progress in [0, 1]; for the regimen
            schedule, in place of ``blending.schedule``.
        selection: for the regimen auto: how silver is judged. What students say out of fold is kept
            in the folder ``judging`` beside ``output``, and reused.
        on_checkpoint: told the folder of the checkpoint, in every process of the training, when the
            first one has written another state.
        overwrite: replace an exported model, too.

    Raises:
        DataError: ``output`` holds something else; raised before training.
        ConfigError: torch, transformers, the encoder or the tracker is not installed, dev
            documents are missing, or a schedule leaves [0, 1].
        TrainingError: there is nothing to train on, training diverged, or a checkpoint is there
            that other data or another configuration left.
    """
    require_training("vermeil train", student)
    from vermeil.student.loop.distributed import distributed_context
    from vermeil.student.loop.loop import TrainingHooks
    from vermeil.student.loop.metrics import open_tracker
    from vermeil.student.student import Student

    check_folder(output, MODEL, overwrite=overwrite)
    if student.select == "best_dev" and not dev:
        raise ConfigError(
            "student.select: best_dev needs documents to choose by; name them in corpora.dev, or "
            "set student.select to last"
        )
    refinement: dict[str, Any] = {}
    if blending.regimen == "auto":
        from vermeil.refinement.auto import resolve_auto
        from vermeil.refinement.student_trainer import (
            ScorerSettings,  # which trains students itself
        )

        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            raise ConfigError(ONE_PROCESS_ERROR)
        learning = ScorerSettings(task, student, blending, seed, output.parent / "judging")
        recipe = resolve_auto(gold, silver, learning, selection, progress)
        silver, blending = recipe.silver, recipe.blending
        refinement = {"refinement": recipe.report}
    with (
        distributed_context() as team,
        open_tracker(
            student.tracker if team.rank == 0 else "none",
            output.with_name(f"{output.name}.tracker"),
        ) as watch,
    ):
        fresh = Student.create(task, student, seed)
        encoded = (fresh.encode(gold, "gold"), fresh.encode(silver, "silver"))
        checkpoint = _checkpoint(output, task, student, blending, on_checkpoint)
        around = TrainingHooks(progress, watch, lambda: dev_f1(fresh, dev), checkpoint, team)
        training = train_student(fresh, *encoded, blending, seed, around, schedule)
        record = training_record(training, blending, seed, len(gold), len(silver)) | refinement
        if team.rank == 0:
            fresh.save(output, record, training.steps, overwrite=overwrite)
            if checkpoint is not None:
                checkpoint.remove()
    return TrainReport(output, record, fresh.uses_letter_case)


def _checkpoint(
    output: Path,
    task: Task,
    student: StudentConfig,
    blending: BlendingConfig,
    on_checkpoint: OnCheckpoint | None,
) -> Checkpoint | None:
    """Return where the state of training is kept, if it is to be."""
    from vermeil.student.loop.checkpoint import Checkpoint, flatten

    if student.checkpoint_seconds is None:
        return None
    made_from = {"version of vermeil": version("vermeil")}
    for name, section in {"task": task.config, "blending": blending}.items():
        made_from |= flatten(section.model_dump(mode="json"), name)
    return Checkpoint(
        checkpoint_folder(output), made_from, student.checkpoint_seconds, on_checkpoint
    )


def checkpoint_folder(output: Path) -> Path:
    """Return where the state of a training is kept as long as it lasts."""
    return output.with_name(f"{output.name}.checkpoint")
