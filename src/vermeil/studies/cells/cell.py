"""One cell of a study: one regimen, seed, budget and data size, trained and scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vermeil.blending.config import BlendingConfig
from vermeil.data.counts import Counts, sum_counts
from vermeil.data.document import Document
from vermeil.errors import TrainingError
from vermeil.evaluation.documents import items_by_group, score_documents
from vermeil.refinement.recipe import Recipe, resolve_recipe
from vermeil.studies.cells.curves import exposure, loss_curve, plan_curve
from vermeil.studies.cells.dev_curve import DevCurveObserver
from vermeil.studies.cells.job import CellJob, RefinementJob
from vermeil.studies.cells.observer import MechanismObserver
from vermeil.studies.cells.sampling import CellDocuments
from vermeil.studies.inputs import report_labels
from vermeil.studies.results.cell import CellResult, RefinementRecord, SilverGainRecord
from vermeil.studies.results.load import refinement_from_record, silver_gain_from_record
from vermeil.studies.results.scores import ReportLabels, split_score
from vermeil.studies.results.values import Tally
from vermeil.training.fit import encode_corpora, plan_for, train_student, training_record
from vermeil.training.job import TrainJob
from vermeil.training.thresholds import fit_thresholds

if TYPE_CHECKING:
    from vermeil.student.student import Student

CELL = "cell"
"""Key of a model's training record: the key of the cell that trained it."""
PREDICTIONS_KEPT = 40
"""Number of test documents whose predictions are stored, for the report's examples."""


def run_cell(job: CellJob, key: str, model: Path | None = None) -> CellResult:
    """Train and score one cell.

    Args:
        job: the cell.
        key: its digest, stored in the result.
        model: folder for the student; None: the student is not saved.

    Raises:
        TrainingError: the encoder of this machine is not the one that the study was planned with.
    """
    from vermeil.student.loop.hooks import TrainingHooks
    from vermeil.student.student import Student

    recipe = None
    _check_encoder(job)
    student = Student.create(job.task, job.student, job.seed)
    if job.refinement is not None:
        recipe = _resolve_recipe(job, job.refinement)
        blending = _with_equal_length(job, recipe.job.blending, student)
        job = replace(
            job,
            documents=CellDocuments(job.documents.gold, tuple(recipe.job.silver)),
            blending=blending,
        )
    gold, silver = encode_corpora(student, job.documents.gold, job.documents.silver)
    mechanism: MechanismObserver | None = None
    observer: MechanismObserver | DevCurveObserver | None = None
    if job.observation_set is not None:
        plan = plan_for(gold, silver, job.blending, job.seed)
        mechanism = MechanismObserver(student, gold, silver, plan, job.observation_set, job.seed)
        observer = mechanism
    elif job.curve is not None:
        plan = plan_for(gold, silver, job.blending, job.seed)
        observer = DevCurveObserver(student, plan, job.curve)
    hooks = TrainingHooks(observer=observer)
    training = train_student(student, gold, silver, job.blending, job.seed, hooks)
    fit_thresholds(student, job.dev)
    sizes = (len(job.documents.gold), len(job.documents.silver))
    dev, _, _ = _score(student, job.dev)
    final_dev_f1 = dev.overall.f1 if job.dev else None
    record = {**training_record(training, _train_job(job), final_dev_f1), CELL: key}
    test, by_group, predictions = _score(student, job.test)
    if model is not None:
        student.save(model, record, training.steps)
    return CellResult(
        regimen=job.regimen,
        seed=job.seed,
        budget=job.blending.budget.name,
        gold_documents=sizes[0],
        silver_documents=sizes[1],
        steps=training.plan.steps,
        wordpieces=training.plan.total_wordpieces,
        seconds=round(training.seconds, 2),
        key=key,
        dev=split_score(dev) if job.dev else None,
        test=split_score(test) if job.test else None,
        test_groups=by_group,
        losses=training.losses,
        plan=plan_curve(training.plan),
        exposure=exposure(training.plan, len(gold.examples) + len(silver.examples)),
        curve=loss_curve(training),
        dev_curve=() if observer is None else observer.dev_curve(),
        sizes=job.sizes,
        predictions=predictions,
        mechanism=None if mechanism is None else mechanism.observation(),
        refinement=None if recipe is None else _refinement_record(recipe),
        silver_gain=None if recipe is None else _silver_gain_record(recipe),
    )


def _check_encoder(job: CellJob) -> None:
    """Raise `TrainingError` if the encoder's files differ from those of the plan."""
    from vermeil.student.network.encoder_digest import encoder_digest

    if job.encoder_digest and encoder_digest(job.student.encoder) != job.encoder_digest:
        raise TrainingError(
            f"student.encoder: the files of {job.student.encoder} on this machine are not those "
            "that the study was planned with; use the same encoder everywhere, and run the study "
            "again"
        )


def _train_job(job: CellJob) -> TrainJob:
    """Return the documents and settings of a cell's training."""
    return TrainJob(
        gold=job.documents.gold,
        silver=job.documents.silver,
        task=job.task,
        student=job.student,
        blending=job.blending,
        seed=job.seed,
    )


def _resolve_recipe(job: CellJob, refinement: RefinementJob) -> Recipe:
    silver = (*refinement.teacher_labels, *job.documents.silver, *refinement.plain)
    train_job = replace(_train_job(job), silver=silver, selection=refinement.selection)
    return resolve_recipe(train_job, refinement.folder)


def _refinement_record(recipe: Recipe) -> RefinementRecord | None:
    return None if recipe.report is None else refinement_from_record(recipe.report.as_dict())


def _silver_gain_record(recipe: Recipe) -> SilverGainRecord | None:
    gain = recipe.silver_gain
    return None if gain is None else silver_gain_from_record(gain.as_dict())


def _with_equal_length(job: CellJob, blending: BlendingConfig, student: Student) -> BlendingConfig:
    """Return the recipe's blending with the number of wordpieces of the uncorrected cell."""
    budget = blending.budget
    if budget.name != "equal" or budget.wordpieces is not None:
        return blending
    encoded = (
        student.encode(job.documents.gold, "gold"),
        student.encode(job.documents.silver, "silver"),
    )
    length = plan_for(*encoded, job.blending, job.seed).total_wordpieces
    return blending.model_copy(update={"budget": budget.model_copy(update={"wordpieces": length})})


def _score(
    student: Student, gold: Sequence[Document]
) -> tuple[Counts, dict[str, Tally], dict[str, ReportLabels]]:
    """Return total counts, the items of each group, and the first predictions."""
    predicted = list(student.predict(gold))
    scored = list(score_documents(predicted, gold, student.task))
    scores = [counts for _, counts in scored]
    items = items_by_group([reference for reference, _ in scored], scores)
    groups: dict[str, Tally] = {name: (int(c), int(p), int(g)) for name, (c, p, g) in items.items()}
    examples = {d.id: report_labels(d) for d in predicted[:PREDICTIONS_KEPT]}
    return sum_counts(scores), groups, examples
