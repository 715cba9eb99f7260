"""The cells of a study: regimen × seed × budget × data size, each with its key."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vermeil.blending.config import BlendingConfig
from vermeil.blending.passes import estimated_wordpieces
from vermeil.blending.regimens import REGIMENS
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.progress import Progress
from vermeil.errors import ConfigError
from vermeil.refinement.judge_corpora import divide_corpora
from vermeil.student.config import StudentConfig
from vermeil.studies.cells.dev_curve import CurveDocuments
from vermeil.studies.cells.job import CellJob, RefinementJob
from vermeil.studies.cells.key import cell_key
from vermeil.studies.cells.observation_set import (
    is_observed,
    sample_dev,
    sample_observation_set,
)
from vermeil.studies.cells.regimens import (
    BEFORE_ADDED,
    CEILING,
    blending_for,
    split_prompt,
    with_prompts,
)
from vermeil.studies.cells.sampling import CellDocuments, sample_documents
from vermeil.studies.config import StudyConfig
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.settings import StudySettings
from vermeil.tasks.added_labels import added_labels, without_labels
from vermeil.tasks.protocol import Task
from vermeil.training.fit import plan_for

if TYPE_CHECKING:
    from vermeil.student.encoding.examples import EncodedCorpus
    from vermeil.student.student import Student


class PlannedCell(NamedTuple):
    """A cell of the study with its key."""

    job: CellJob
    key: str


def plan_cells(
    corpora: StudyCorpora, settings: StudySettings, output: Path, progress: Progress
) -> list[PlannedCell]:
    """Return the cells in the order in which they run: seed by seed, so that all seeds balance.

    Args:
        corpora: the study's corpora.
        settings: task and configuration.
        output: the study's folder; its ``judging`` folder caches out-of-fold predictions.
        progress: called after every cell with stage "plan" and the number of cells.

    Raises:
        ConfigError: a setting of the study is wrong, or a corpus has too few documents.
    """
    _check(settings, corpora)
    _check_prompts(corpora)
    refinement = RefinementJob((), (), settings.selection, output / "judging")
    unannotated = settings.study.plain_documents
    jobs = [
        _with_refinement(job, _corpora_of(job.regimen, corpora), refinement, unannotated)
        for job in _cell_jobs(corpora, settings)
    ]
    return list(_with_keys(jobs, progress))


def _check(settings: StudySettings, corpora: StudyCorpora) -> None:
    config, select = settings.study, settings.student.select
    if select != "last":
        raise ConfigError(
            f"student.select: {select} would select a model on gold documents outside its cell; "
            "set it to last"
        )
    regimens = with_prompts(config.regimens, corpora.prompts, config.variants)
    if config.baseline not in regimens:
        raise ConfigError(
            f"study.baseline: {config.baseline!r} is not in study.regimens; add it there, or name "
            "another baseline"
        )
    for regimen in regimens:
        prompt = split_prompt(regimen)[1]
        if prompt and prompt not in corpora.prompts:
            raise ConfigError(
                f"study.regimens: {regimen!r} names silver that is not in study.prompts; add "
                f"{prompt!r} there"
            )
    unknown = [r for r in config.mechanism.regimens if r not in (*regimens, "all")]
    if unknown:
        raise ConfigError(
            f"study.mechanism.regimens: {unknown[0]!r} is neither in study.regimens nor all"
        )


def _cell_jobs(corpora: StudyCorpora, settings: StudySettings) -> Iterator[CellJob]:
    config, student = settings.study, _with_threads(settings)
    regimens = with_prompts(config.regimens, corpora.prompts, config.variants)
    for seed, gold, silver in product(config.seeds, *config.sizes()):
        draws = {
            name: sample_documents(corpora.gold, corpora.of_prompt(name).silver, gold, silver, seed)
            for name in ("", *corpora.prompts)
        }
        for budget, regimen in product(config.budgets, regimens):
            plain_name, prompt = split_prompt(regimen)
            draw = draws[prompt]
            blending = blending_for(plain_name, settings.blending, config.variants)
            blending = _with_budget(regimen, blending, budget, draw)
            documents = draw
            if regimen == CEILING:
                documents = _with_gold_labels(draw, corpora.gold)
            elif regimen == BEFORE_ADDED:
                documents = _before_added(draw, settings.task)
            elif blending.regimen == "gold_only" and not blending.budget.grows_with_data:
                # Silver does not affect this training: one cell for all silver sizes.
                documents = CellDocuments(draw.gold, _first_silver(corpora, config, gold, seed))
            observed = None
            if is_observed(regimen, config.mechanism):
                own = corpora.of_prompt(prompt)
                observed = sample_observation_set(documents, own, config.mechanism, seed)
            yield CellJob(
                regimen=regimen,
                seed=seed,
                documents=documents,
                blending=blending,
                student=student,
                task=settings.task,
                dev=tuple(corpora.dev),
                test=tuple(corpora.test),
                observation_set=observed,
                curve=_curve_documents(corpora, config, seed) if observed is None else None,
                sizes=(len(draw.gold), len(draw.silver)),
            )


def _curve_documents(
    corpora: StudyCorpora, config: StudyConfig, seed: int
) -> CurveDocuments | None:
    if not corpora.dev or not config.curve_points:
        return None
    documents = sample_dev(corpora.dev, config.curve_documents, seed)
    return CurveDocuments(config.curve_points, documents)


def _corpora_of(regimen: str, corpora: StudyCorpora) -> StudyCorpora:
    return corpora.of_prompt(split_prompt(regimen)[1])


def _check_prompts(corpora: StudyCorpora) -> None:
    """Raise `ConfigError` unless every prompt has silver for the same texts in the same order."""
    texts = [(document.id, document.text) for document in corpora.silver]
    for name, silver in corpora.prompts.items():
        if [(document.id, document.text) for document in silver] != texts:
            raise ConfigError(
                f"study.prompts.{name}: its silver has {len(silver):,} documents that are not the "
                f"{len(texts):,} of silver in the same order; annotate and locate the same pool "
                "with both prompts"
            )


def _with_threads(settings: StudySettings) -> StudentConfig:
    """Return the student's settings, with the cores divided among cells that run at once."""
    student, workers = settings.student, settings.study.workers
    if workers == 1:
        return student
    threads = student.threads or max(1, (os.cpu_count() or 1) // workers)
    return student.model_copy(update={"threads": threads})


def _with_budget(
    regimen: str, blending: BlendingConfig, name: str, draw: CellDocuments
) -> BlendingConfig:
    """Return the blending with a budget; the ceiling trains as long as the blends of the draw."""
    budget = blending.budget
    update: dict[str, object] = {"name": name}
    if regimen == CEILING:
        gold, silver = estimated_wordpieces(draw.gold), estimated_wordpieces(draw.silver)
        total = budget.gold_passes(gold) * gold + budget.silver_passes(silver) * silver
        update["gold_epochs"] = budget.silver_epochs or total / max(1.0, gold + silver)
    return blending.model_copy(update={"budget": budget.model_copy(update=update)})


def _with_gold_labels(documents: CellDocuments, gold: Sequence[Document]) -> CellDocuments:
    """Return the documents with gold labels on the silver ones."""
    labelled = {d.id: d for d in gold}
    missing = sum(d.id not in labelled for d in documents.silver)
    if missing:
        raise ConfigError(
            f"study.regimens: {CEILING} needs gold labels of the silver documents, and {missing} "
            "have none in corpora.gold; add them there, or leave out the regimen"
        )
    return CellDocuments((*documents.gold, *(labelled[d.id] for d in documents.silver)), ())


def _before_added(documents: CellDocuments, task: Task) -> CellDocuments:
    """Return the documents without the annotation of labels that were added later."""
    added = added_labels(task.config)
    if not added:
        raise ConfigError(
            f"study.regimens: {BEFORE_ADDED} needs a label with added = true in [task.labels]; "
            "mark the label that was added later, or leave out the regimen"
        )
    gold, silver = (
        tuple(without_labels(document, added) for document in part)
        for part in (documents.gold, documents.silver)
    )
    return CellDocuments(gold, silver)


def _first_silver(
    corpora: StudyCorpora, config: StudyConfig, gold: int | None, seed: int
) -> tuple[Document, ...]:
    _, (first, *_) = config.sizes()
    return sample_documents(corpora.gold, corpora.silver, gold, first, seed).silver


def _with_refinement(
    job: CellJob, corpora: StudyCorpora, refinement: RefinementJob, unannotated_documents: int
) -> CellJob:
    """Return the job with teacher labels and further texts if its regimen makes its silver.

    Raises:
        ConfigError: the regimen is self_training, and no text is left to annotate.
    """
    regimen = job.blending.regimen
    if not REGIMENS[regimen].makes_silver:
        return job
    drawn = {d.id for d in job.documents.silver}
    undrawn = [d for d in corpora.silver if d.id not in drawn]
    labels = divide_corpora(job.documents.gold, undrawn).teacher_labels
    used = drawn | {d.id for d in labels} | {d.id for d in job.documents.gold}
    left = [d.with_annotation(UNANNOTATED) for d in corpora.silver if d.id not in used]
    plain = sample_documents((), left, 0, min(unannotated_documents, len(left)), job.seed).silver
    if regimen == "self_training":
        labels = ()
        if not plain and not any(d.annotation.is_empty for d in job.documents.silver):
            raise ConfigError(
                "study.plain_documents: self_training annotates silver documents without an "
                "annotation, or documents that no cell uses as silver; set it to their number, "
                "and study.silver_documents to less than all"
            )
    return replace(job, refinement=replace(refinement, teacher_labels=labels, plain=plain))


def _with_keys(jobs: Sequence[CellJob], progress: Progress) -> Iterator[PlannedCell]:
    """Yield each cell with its key; documents are encoded once per draw."""
    from vermeil.student.network.encoder_digest import encoder_digest
    from vermeil.student.student import Student

    encoder: Student | None = None
    last: CellDocuments | None = None
    encoded: tuple[EncodedCorpus, EncodedCorpus] | None = None
    digest = ""
    for number, one in enumerate(jobs):
        if encoder is None:
            encoder = Student.create(one.task, one.student, one.seed)
            digest = encoder_digest(one.student.encoder)
        job = replace(one, encoder_digest=digest)
        if encoded is None or job.documents is not last:
            last = job.documents
            encoded = (
                encoder.encode(job.documents.gold, "gold"),
                encoder.encode(job.documents.silver, "silver"),
            )
        yield PlannedCell(job, cell_key(job, plan_for(*encoded, job.blending, job.seed)))
        progress("plan", number + 1, len(jobs), {})
