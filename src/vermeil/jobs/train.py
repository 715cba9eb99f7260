"""Training of one student with one regimen: from documents to a model folder."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from vermeil import tracing
from vermeil.blending.regimens import REGIMENS
from vermeil.data.leftovers import remove_leftovers
from vermeil.data.lock import is_writer, lock_path
from vermeil.data.progress import Progress, silent
from vermeil.data.written import MODEL, check_folder
from vermeil.errors import ConfigError, DataError
from vermeil.jobs.appraise import blend_advice
from vermeil.jobs.recommended import WITHOUT_MEASUREMENT, recommendation_of, with_regimen
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.student.loop.trackers import open_tracker
from vermeil.training.fit import TrainingResult, dev_f1, fit_job, training_record
from vermeil.training.job import TrainJob, takes_job
from vermeil.training.requirements import require_training
from vermeil.training.thresholds import fit_thresholds
from vermeil.training.usable_silver import check_silver

if TYPE_CHECKING:
    from vermeil.student.loop.checkpoint import Checkpoint, OnCheckpoint

LETTER_CASE_NOTE = (
    "the student reads letter case through inputs that only vermeil computes; plain transformers "
    "code finds fewer names. For use without vermeil, train with student.letter_case=false"
)

ONE_PROCESS_ERROR = (
    "blending.regimen: {regimen} runs in one process only; run vermeil refine first, then train on "
    "its output with several processes"
)


@dataclass(frozen=True, slots=True)
class TrainReport:
    """The result of `vermeil.train`.

    Args:
        folder: the model folder.
        record: the record of the training, as stored in ``training.json``. ``warnings`` in it
            holds sentences, for example that the student has not finished learning.
        uses_letter_case: whether the student reads letter case, which other libraries do not give
            it.
    """

    folder: Path
    record: dict[str, Any]
    uses_letter_case: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        note = {"note": LETTER_CASE_NOTE} if self.uses_letter_case else {}
        return {"model": str(self.folder), **self.record, **note}


@takes_job
def train(
    job: TrainJob,
    output: Path | str,
    progress: Progress = silent,
    *,
    on_checkpoint: OnCheckpoint | None = None,
    overwrite: bool = False,
) -> TrainReport:
    """Train a student and save it as a folder that plain transformers loads.

    Args:
        job: documents and settings. The regimens auto and self_training first make their silver;
            the scorers' probabilities are stored in ``judging`` beside ``output`` and reused.
        output: the model folder; written whole or not at all. An earlier model is replaced. Files
            that Vermeil did not write stay. ``training.jsonl`` in it has one line per step. During
            training, the folder with this name and ``.checkpoint`` holds its state: the same call
            resumes an interrupted training.
        progress: called after every step with stage, done, total and details.
        on_checkpoint: called in every process with the folder of the checkpoint, after the first
            process has written a new state.
        overwrite: replace an exported model, too.

    Raises:
        DataError: ``output`` holds something else, or all loss weights of a corpus are 0; raised
            before training.
        LockedError: another process trains into ``output``.
        ConfigError: torch, transformers, the encoder or the tracker is not installed, dev
            documents are missing, or a schedule leaves [0, 1].
        TrainingError: there is nothing to train on, silver has no label or too few annotated
            documents, training diverged, or the checkpoint is of other data or another
            configuration.
        TypeError: ``job`` is not a `TrainJob`.
    """
    output = Path(output)
    require_training("vermeil train", job.student)
    check_folder(output, MODEL, overwrite=overwrite)
    _check_dev(job)
    check_silver(job)
    with lock_path(output):
        if is_writer():
            remove_leftovers(output)
        known: tracing.Attributes = {
            "vermeil.regimen": job.blending.regimen,
            "vermeil.gold_documents": len(job.gold),
            "vermeil.silver_documents": len(job.silver),
        }
        with tracing.span("vermeil train", known):
            return _train(job, output, progress, on_checkpoint, overwrite=overwrite)


def _train(
    job: TrainJob,
    output: Path,
    progress: Progress,
    on_checkpoint: OnCheckpoint | None,
    *,
    overwrite: bool,
) -> TrainReport:
    """Train and save a student; the output is locked."""
    job, refinement, advice = _prepare(job, output, progress)
    from vermeil.student.loop.distributed import distributed_context

    with distributed_context() as distributed:
        checkpoint = _open_checkpoint(job, output, on_checkpoint)
        hooks = TrainingHooks(progress, checkpoint=checkpoint, distributed=distributed)
        result = _fit(job, output, hooks, is_rank_zero=distributed.rank == 0)
        is_rank_zero = distributed.rank == 0
        thresholds = fit_thresholds(result.student, job.dev) if is_rank_zero else {}
        final_dev_f1 = _final_dev_f1(result, job) if is_rank_zero else None
        record = training_record(result, job, final_dev_f1) | refinement | advice.record
        record["warnings"] += advice.warnings
        if thresholds:
            record["thresholds"] = thresholds
        if is_rank_zero:
            result.student.save(output, record, result.steps, overwrite=overwrite)
            if checkpoint is not None:
                checkpoint.remove()
    return TrainReport(output, record, result.student.uses_letter_case)


class _Advice(NamedTuple):
    """Advice for the record of a training, and the warnings that follow from it."""

    record: dict[str, Any]
    warnings: list[str]


def _prepare(
    job: TrainJob, output: Path, progress: Progress
) -> tuple[TrainJob, dict[str, Any], _Advice]:
    """Return the job with its regimen chosen and its silver made, the refinement, and the advice.

    The advice has a warning if the regimen can do harm, or if the recommended one is not possible.
    """
    advice = blend_advice(job.gold, job.silver, job.task)
    record: dict[str, Any] = {} if advice is None else {"advice": advice.as_dict()}
    warnings = []
    if job.blending.regimen != "recommended":
        chosen, (ready, refinement) = job, _resolve_regimen(job, output, progress)
    else:
        found = recommendation_of(advice, job.task)
        measured = "recommended for the teacher's F1 on gold, see advice"
        record["regimen_reason"] = found.reason if advice is None else measured
        chosen = with_regimen(job, found.regimen)
        try:
            ready, refinement = _resolve_regimen(chosen, output, progress)
        except (ConfigError, DataError) as error:
            # An error of the corpora or the encoder themselves is raised again by the training.
            warnings.append(f"the recommended regimen {found.regimen} is not possible: {error}")
            chosen = with_regimen(job, WITHOUT_MEASUREMENT)
            ready, refinement = chosen, {}
    if advice is not None and advice.is_risky(chosen.blending.regimen):
        warnings.append(advice.sentence)
    return ready, refinement, _Advice(record, warnings)


def _final_dev_f1(result: TrainingResult, job: TrainJob) -> float | None:
    """Return the F1 on dev; None if there is no dev, or if it was scored during training."""
    dev = {d.id: d for d in job.dev if not d.annotation.is_empty}
    if not dev or any(step.dev_f1 is not None for step in result.steps):
        return None
    return dev_f1(result.student, list(dev.values()))


def _check_dev(job: TrainJob) -> None:
    """Raise `ConfigError` if the best state cannot be selected."""
    if job.student.select == "best_dev" and not job.dev:
        raise ConfigError(
            "student.select: best_dev needs documents to select the best state on; set corpora.dev "
            "(TrainJob.dev), or set student.select to last"
        )


def _resolve_regimen(
    job: TrainJob, output: Path, progress: Progress
) -> tuple[TrainJob, dict[str, Any]]:
    """Return the job with its silver made, if the regimen does that, and its part of the record.

    Raises:
        ConfigError: the regimen makes its silver, and several processes train.
    """
    regimen = job.blending.regimen
    if not REGIMENS[regimen].makes_silver:
        return job, {}
    from vermeil.refinement.recipe import resolve_recipe  # trains students, as few regimens do

    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ConfigError(ONE_PROCESS_ERROR.format(regimen=regimen))
    recipe = resolve_recipe(job, output.parent / "judging", progress)
    return recipe.job, dict(recipe.record)


def _fit(
    job: TrainJob, output: Path, hooks: TrainingHooks, *, is_rank_zero: bool
) -> TrainingResult:
    """Train a new student; the process of rank 0 sends its steps to the tracker."""
    from vermeil.student.student import Student

    student = Student.create(job.task, job.student, job.seed)
    tracker = job.student.tracker if is_rank_zero else "none"
    with open_tracker(tracker, output.with_name(f"{output.name}.tracker")) as on_step:
        score = partial(dev_f1, student, job.dev)
        return fit_job(student, job, replace(hooks, on_step=on_step, score=score))


def _open_checkpoint(
    job: TrainJob, output: Path, on_checkpoint: OnCheckpoint | None
) -> Checkpoint | None:
    """Return the checkpoint of a training; None without ``student.checkpoint_seconds``."""
    from vermeil.student.loop.checkpoint import Checkpoint, flatten

    if job.student.checkpoint_seconds is None:
        return None
    fingerprint_inputs = {"version of vermeil": version("vermeil")}
    for name, section in {"task": job.task.config, "blending": job.blending}.items():
        fingerprint_inputs |= flatten(section.model_dump(mode="json"), name)
    return Checkpoint(
        checkpoint_folder(output), fingerprint_inputs, job.student.checkpoint_seconds, on_checkpoint
    )


def checkpoint_folder(output: Path) -> Path:
    """Return the folder that holds the state of a training until its model is written."""
    return output.with_name(f"{output.name}.checkpoint")
