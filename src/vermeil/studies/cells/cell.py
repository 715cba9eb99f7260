"""One cell of a study: one regimen, seed, budget and data size, trained and scored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vermeil.blending.config import BlendingConfig
from vermeil.data.counts import Counts, sum_counts
from vermeil.data.document import Document
from vermeil.data.example import BatchPlan
from vermeil.evaluation.documents import score_documents
from vermeil.refinement.auto import Recipe, resolve_auto
from vermeil.refinement.student_trainer import ScorerSettings
from vermeil.renamed import with_old_keys
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import RESULT_INDEPENDENT_KEYS, StudentConfig
from vermeil.studies.cells.observation_set import ObservationSet
from vermeil.studies.cells.observer import MechanismObserver
from vermeil.studies.cells.sampling import CellDocuments
from vermeil.studies.inputs import report_labels
from vermeil.tasks.protocol import Task
from vermeil.training.fit import TrainingResult, plan_for, train_student, training_record

if TYPE_CHECKING:
    from vermeil.student.student import Student

VERSION = 1
"""Raised when the same inputs would give other results (a new default, another algorithm), so that
old cells are not reused."""

OBSERVATION_VERSION = 1
"""The same for what is observed of training."""

REFINEMENT_VERSION = 2
"""The same for how silver is corrected."""

CURVE_POINTS = 100
"""Points of a curve that are kept."""

PREDICTIONS_KEPT = 40
"""Test documents whose predictions are kept, for the report's examples."""


@dataclass(frozen=True, slots=True)
class RefinementJob:
    """How a cell of the regimen auto corrects its silver.

    Args:
        teacher_labels: the teacher's annotations of the cell's gold documents, where there are any.
        plain: documents of the silver corpus beyond those drawn, without their annotation.
        selection: the ``[selection]`` section.
        folder: where what students say out of fold is kept.
    """

    teacher_labels: tuple[Document, ...]
    plain: tuple[Document, ...]
    selection: SelectionConfig
    folder: Path


@dataclass(frozen=True, slots=True)
class CellJob:
    """All that a cell needs; can be sent to another process.

    Args:
        regimen: name of the regimen, as the study shows it.
        seed: the cell's seed.
        documents: its documents.
        blending: regimen, schedule and budget in full.
        student: encoder and training settings.
        task: what the student does.
        dev: documents to choose by; may be empty.
        test: documents to report on; may be empty.
        observation_set: what an observation of the training looks at; None: nothing is observed.
        sizes: gold and silver documents that its block draws.
        refinement: of the regimen auto: how silver is corrected.
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
    sizes: tuple[int, int] = (0, 0)
    refinement: RefinementJob | None = None


def cell_key(job: CellJob, plan: BatchPlan) -> str:
    """Return the digest of all that decides a cell's result, apart from names and threads.

    Two cells with the same plan over the same documents are the same cell, whatever their regimen
    or budget is called.
    """
    digest = hashlib.sha256()
    digest.update(f"cell:{VERSION}:{job.seed}:".encode())
    student = job.student.model_dump_json(exclude_defaults=True, exclude=RESULT_INDEPENDENT_KEYS)
    digest.update(student.encode())
    task = with_old_keys("task", job.task.config.model_dump(mode="json", exclude_defaults=True))
    digest.update(json.dumps(task, ensure_ascii=False, separators=(",", ":")).encode())
    for documents in (job.documents.gold, job.documents.silver, job.dev, job.test):
        digest.update(_digest(documents))
    for batch in plan.batches:
        digest.update(np.sort(batch).tobytes() + b"|")
    if plan.restarts != (0,):
        digest.update(f"restarts:{plan.restarts}".encode())
    if plan.optimiser_restarts:
        digest.update(f"optimiser:{plan.optimiser_restarts}".encode())
    if plan.origin_weights is not None:
        digest.update(b"weights:" + plan.origin_weights.round(6).tobytes())
    if job.refinement is not None:
        selection = job.refinement.selection.model_dump_json(exclude_defaults=True)
        digest.update(
            f"auto:{REFINEMENT_VERSION}:{selection}".encode()
            + _digest(job.refinement.teacher_labels)
        )
        digest.update(_digest(job.refinement.plain))
    if job.observation_set is not None:
        shape = job.observation_set.config.model_dump_json(exclude={"regimens"})
        digest.update(f"mechanism:{OBSERVATION_VERSION}:{shape}".encode())
        for documents in (
            job.observation_set.dev,
            job.observation_set.silver,
            job.observation_set.truth,
        ):
            digest.update(_digest(documents))
    return digest.hexdigest()[:24]


def run_cell(job: CellJob, key: str, model: Path | None = None) -> dict[str, Any]:
    """Train and score one cell.

    Args:
        job: the cell.
        key: its digest, kept in the result.
        model: where to save the student; None: nowhere.

    Returns:
        The cell as ``results.json`` holds it.
    """
    from vermeil.student.loop.loop import TrainingHooks
    from vermeil.student.student import Student

    recipe = None
    student = Student.create(job.task, job.student, job.seed)
    if job.refinement is not None:
        recipe = _resolve_recipe(job, job.refinement)
        blending = _with_equal_length(job, recipe.blending, student)
        job = replace(
            job, documents=CellDocuments(job.documents.gold, recipe.silver), blending=blending
        )
    gold = student.encode(job.documents.gold, "gold")
    silver = student.encode(job.documents.silver, "silver")
    observer = None
    if job.observation_set is not None:
        plan = plan_for(gold, silver, job.blending, job.seed)
        observer = MechanismObserver(student, gold, silver, plan, job.observation_set, job.seed)
    around = TrainingHooks(observer=observer)
    training = train_student(student, gold, silver, job.blending, job.seed, around)
    sizes = (len(job.documents.gold), len(job.documents.silver))
    record = training_record(training, job.blending, job.seed, *sizes)
    dev, _, _ = _score(student, job.dev)
    test, by_group, shown = _score(student, job.test)
    if model is not None:
        student.save(model, record, training.steps)
    return {
        "regimen": job.regimen,
        "seed": job.seed,
        "budget": job.blending.budget.name,
        "gold_documents": sizes[0],
        "silver_documents": sizes[1],
        "steps": training.plan.steps,
        "wordpieces": training.plan.total_wordpieces,
        "dev": dev.as_dict() if job.dev else None,
        "test": test.as_dict() if job.test else None,
        "seconds": round(training.seconds, 2),
        "key": key,
        "losses": training.losses,
        "plan": _plan_curve(training.plan),
        "exposure": _exposure(training.plan, len(gold.examples) + len(silver.examples)),
        "curve": _loss_curve(training),
        "dev_curve": [] if observer is None else observer.dev_curve(),
        "test_groups": by_group,
        "predictions": shown,
        **({} if observer is None else {"mechanism": observer.as_dict()}),
        **({} if recipe is None else {"refinement": recipe.report}),
    }


def _resolve_recipe(job: CellJob, refinement: RefinementJob) -> Recipe:
    silver = (*refinement.teacher_labels, *job.documents.silver, *refinement.plain)
    learning = ScorerSettings(job.task, job.student, job.blending, job.seed, refinement.folder)
    return resolve_auto(job.documents.gold, silver, learning, refinement.selection)


def _with_equal_length(job: CellJob, blending: BlendingConfig, student: Student) -> BlendingConfig:
    """Return a recipe's blending with the budget that the cell has without any recipe."""
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
) -> tuple[Counts, dict[str, list[int]], dict[str, list[Any]]]:
    """Return total counts, [correct, predicted, gold] per group, and some predictions."""
    predicted = list(student.predict(gold))
    groups: dict[str, list[int]] = {}
    scores: list[Counts] = []
    for reference, counts in score_documents(predicted, gold, student.task):
        tally = counts.overall
        sums = groups.setdefault(reference.group_or_id, [0, 0, 0])
        for i, number in enumerate((tally.correct, tally.predicted, tally.gold)):
            sums[i] += number
        scores.append(counts)
    shown = {d.id: report_labels(d) for d in predicted[:PREDICTIONS_KEPT]}
    return sum_counts(scores), groups, shown


def _plan_curve(plan: BatchPlan) -> dict[str, list[float]]:
    """Average a plan over at most `CURVE_POINTS` stretches of training."""
    edges = (
        np.linspace(0, plan.steps, min(CURVE_POINTS, plan.steps) + 1).round().astype(int).tolist()
    )
    stretches = [slice(a, b) for a, b in pairwise(edges)]
    return {
        "progress": [round(float((s.start + s.stop) / 2 / plan.steps), 4) for s in stretches],
        "planned": [round(float(plan.planned_share[s].mean()), 4) for s in stretches],
        "realised": [round(float(plan.realised_share[s].mean()), 4) for s in stretches],
    }


def _exposure(plan: BatchPlan, examples: int) -> dict[str, dict[str, float | int]]:
    """Return how often training saw an example, per origin."""
    seen = plan.times_seen(examples)
    origins = {"gold": seen[: plan.gold_examples], "silver": seen[plan.gold_examples :]}
    return {
        name: {
            "examples": len(times),
            "mean": round(float(times.mean()), 3),
            "least": int(times.min()),
            "most": int(times.max()),
        }
        for name, times in origins.items()
        if len(times)
    }


def _loss_curve(training: TrainingResult) -> list[dict[str, float]]:
    """Average the records over at most `CURVE_POINTS` stretches of steps."""
    edges = np.linspace(0, len(training.steps), min(CURVE_POINTS, len(training.steps)) + 1)
    points = []
    bounds = edges.round().astype(int).tolist()
    for start, end in pairwise(bounds):
        stretch = training.steps[start:end]
        points.append(
            {
                "step": stretch[-1].step,
                "loss": round(sum(s.loss for s in stretch) / len(stretch), 5),
                "gold_share": round(sum(s.gold_share for s in stretch) / len(stretch), 4),
                "learning_rate": float(f"{stretch[-1].learning_rate:.4g}"),
            }
        )
    return points


def _digest(documents: Sequence[Document]) -> bytes:
    """Digest what of a document decides training and scoring."""
    digest = hashlib.sha256()
    for d in documents:
        spans = None
        if d.spans is not None:
            spans = [[s.start, s.end, s.label, s.weight, s.soft and dict(s.soft)] for s in d.spans]
        content = [d.id, d.group, d.text, d.tokens, spans, d.labels, d.annotation.abstain, d.weight]
        digest.update(json.dumps(content, ensure_ascii=False).encode())
    return digest.digest()
