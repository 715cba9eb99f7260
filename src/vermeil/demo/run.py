"""The demo: annotate the sample corpus, compare regimens, predict with the best student."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from vermeil.blending.advice import BlendAdvice
from vermeil.corpora import document_to_record, write_corpus
from vermeil.data.atomic import atomic_file, atomic_folder
from vermeil.data.document import Document
from vermeil.data.lock import lock_folder
from vermeil.data.progress import Progress, silent
from vermeil.data.results_folder import check_results, record_results
from vermeil.data.written import RECORD, SAMPLE, check_folder, read_object, read_record
from vermeil.demo.annotating import (
    WEAK,
    NewswireCorpus,
    PromptResult,
    agreements,
    annotate_newswire,
    annotate_weakly,
    read_newswire,
)
from vermeil.demo.blends import show_blends
from vermeil.demo.budget import MINUTES, DemoBudget, full_budget
from vermeil.demo.console import DemoConsole
from vermeil.demo.corpus import NEWSWIRE
from vermeil.demo.full_run import DemoScores, read_full_run, scores_of
from vermeil.demo.local_teacher import LocalComparison, LocalPart, annotate_part
from vermeil.demo.narration import (
    show_annotation,
    show_files,
    show_introduction,
    show_local,
    show_local_start,
    show_model,
    show_plan,
)
from vermeil.demo.settings import CONFIGURATION, DemoSettings, read_settings
from vermeil.demo.timing import BUDGET_FILE, fitted_budget
from vermeil.errors import DataError, VermeilError
from vermeil.jobs.appraise import blend_advice
from vermeil.jobs.predict import predict
from vermeil.jobs.requirements import require_teachers
from vermeil.jobs.run_folder import RunFolder
from vermeil.student.network.encoder import require_encoder
from vermeil.studies.inputs import StudyCorpora
from vermeil.studies.results.context import StudyContext, TeacherRow
from vermeil.studies.settings import StudySettings
from vermeil.studies.study import StudyReport, study
from vermeil.tasks import make_task
from vermeil.tasks.protocol import Task
from vermeil.terminal import make_console

WEAK_SILVER = "silver.weak.jsonl"
"""Silver of the weak teacher, named by the demo's configuration."""

SENTENCES = (
    "Marta Lindqvist left the Harbour Trust in Gdansk to run Norrland Ferries, a Swedish company.",
    "Kenya's Achieng Otieno won the Bosphorus Marathon in Istanbul on Sunday, ahead of Selin "
    "Demirel of Galata Athletic.",
    "BRUSSELS, March 3 - The European Commission fined Halden Chemicals over its weedkiller Lumex.",
)
"""New sentences that are in none of the sample's splits."""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """Result of the demo.

    Args:
        folder: folder of all results.
        teacher: scores of the teachers, one row per prompt.
        scores: scores of the regimens, and the budget.
        study: cells, statistics, report page and the best model.
        tagged: predictions of the best model on new text.
        warnings: warnings of the best model's training.
        local: scores of a language model on this machine; None: there was none.
    """

    folder: Path
    teacher: tuple[TeacherRow, ...]
    scores: DemoScores
    study: StudyReport
    tagged: tuple[Document, ...]
    warnings: tuple[str, ...] = ()
    local: LocalComparison | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON; the study's results include the teacher's scores."""
        return {
            "folder": str(self.folder),
            "scores": self.scores.as_dict(),
            "study": self.study.as_dict(),
            "tagged": [document_to_record(document) for document in self.tagged],
            "warnings": list(self.warnings),
            **({} if self.local is None else {"local": self.local.as_dict()}),
        }


def run_demo(
    output: Path,
    progress: Progress = silent,
    console: Console | None = None,
    settings: DemoSettings | None = None,
    *,
    minutes: float | None = MINUTES,
    local: LocalPart | None = None,
    overwrite: bool = False,
) -> DemoReport:
    """Run all three phases on the sample corpus and print an explanation of each.

    Stored replies and finished cells of an earlier run in ``output`` are reused.

    Args:
        output: folder of the results; the sample corpus and its configuration are copied there.
        progress: called with stage, done, total and details.
        console: where the explanation is printed; None is standard output.
        settings: the settings; None reads the shipped ``vermeil.toml``, and chooses cells and
            training budget by the measured speed.
        minutes: time of the whole demo, without ``local``. None: no limit; all cells of the
            configuration with its budget.
        local: a language model on this machine that annotates a part of the pool, too; None: none.
        overwrite: replace the sample corpus and its configuration if they were changed.

    Raises:
        DataError: the folder cannot be written, or a file in it was changed or is of another
            origin.
        ConfigError: torch or the embedded encoder is not installed.
        LockedError: another process writes the folder.
    """
    demo_console = DemoConsole(console or make_console())
    shipped = settings is None
    settings = settings or read_settings()
    require_encoder("vermeil demo", settings.student.encoder)
    if local is not None:
        require_teachers(local.teacher)
    started = time.monotonic()

    def plan(corpus: NewswireCorpus) -> DemoBudget:
        if not shipped or minutes is None:
            return full_budget(settings)
        return fitted_budget(settings, corpus, output, minutes, started)

    with lock_folder(output):
        copy_sample(output, overwrite=overwrite)
        return _run_demo(output, progress, demo_console, settings, local, plan)


def _run_demo(
    output: Path,
    progress: Progress,
    demo_console: DemoConsole,
    settings: DemoSettings,
    local: LocalPart | None,
    plan: Callable[[NewswireCorpus], DemoBudget],
) -> DemoReport:
    """Run the demo; its folder is locked and holds the sample corpus."""
    run_folder = RunFolder(output)
    task = make_task(settings.task)
    products = [run_folder.silver, output / WEAK_SILVER]
    check_results(output, [*products, output / BUDGET_FILE])
    corpus = read_newswire(output / NEWSWIRE.name)

    show_introduction(demo_console, corpus)
    annotated = annotate_newswire(corpus, task, settings.teacher, run_folder, progress)
    weak = annotate_weakly(corpus, settings.task, settings.teacher, run_folder, progress)
    best = max(annotated, key=lambda one: one.train_counts.overall.f1)
    record_results(output, products)
    for result, path in zip((best, weak), products, strict=True):
        write_corpus(result.documents, path, overwrite=True)
    show_annotation(demo_console, [*annotated, weak], best)
    compared = None
    if local is not None:
        show_local_start(demo_console, local)
        compared = annotate_part(corpus, task, local, best, run_folder, progress)
        show_local(demo_console, compared)

    budget = plan(corpus)
    settings = budget.apply(settings)
    show_plan(demo_console, corpus, settings, budget)
    teacher = tuple(one.as_row() for one in (*annotated, weak))
    report = study(
        StudyCorpora(corpus.train, best.documents, corpus.dev, corpus.test, {WEAK: weak.documents}),
        StudySettings(
            task=task,
            study=settings.study,
            student=settings.student,
            blending=settings.blending,
            selection=settings.selection,
        ),
        run_folder.study,
        progress,
        context=StudyContext(
            teacher=teacher,
            agreement=agreements(annotated, task),
            configuration=settings.as_dict(),
        ),
    )
    scores = scores_of(report.results, budget.wordpieces)
    show_blends(demo_console, scores, read_full_run(), _advices(corpus, best, weak, task))

    if report.model is None:
        raise VermeilError("the study kept no model despite a dev corpus; please report this bug")
    tagged = tuple(predict(report.model, SENTENCES, precision="fp32"))
    warnings = _training_warnings(report.model)
    show_model(demo_console, tagged, task, warnings)
    show_files(demo_console, report, output)
    return DemoReport(output, teacher, scores, report, tagged, warnings, compared)


def _advices(
    corpus: NewswireCorpus, strong: PromptResult, weak: PromptResult, task: Task
) -> dict[str, BlendAdvice]:
    """Return the advice for each teacher, from its F1 on the gold training sentences."""
    found = {
        name: blend_advice(corpus.train, one.documents, task)
        for name, one in (("", strong), (WEAK, weak))
    }
    return {name: advice for name, advice in found.items() if advice is not None}


def _training_warnings(model: Path) -> tuple[str, ...]:
    """Return the warnings in the training record of a model folder."""
    record = read_object(model / "training.json") or {}
    return tuple(record.get("warnings", ()))


def copy_sample(output: Path, *, overwrite: bool) -> None:
    """Copy the sample corpus and its configuration into the demo's folder.

    Args:
        output: the demo's folder.
        overwrite: replace files that were changed.

    Raises:
        DataError: a file was changed or is of another origin.
    """
    folder, file = output / NEWSWIRE.name, output / CONFIGURATION.name
    check_folder(folder, SAMPLE)
    check_results(output, [file])
    changed = [*_changed_sample(folder), *_changed(file, CONFIGURATION)]
    if changed and not overwrite:
        raise DataError(
            "was changed after the demo wrote it; name another folder with --output, or replace "
            "it with --overwrite",
            changed[0],
        )
    with atomic_folder(folder, SAMPLE) as partial:
        shutil.copytree(NEWSWIRE, partial, dirs_exist_ok=True)
    record_results(output, [file])
    with atomic_file(file) as opened:
        opened.write(CONFIGURATION.read_text("utf-8"))


def _changed_sample(folder: Path) -> list[Path]:
    """Return the files of an earlier copy of the sample that differ from the shipped ones."""
    written = read_record(folder)
    return [
        changed
        for name in sorted(written.names - {RECORD} if written else ())
        for changed in _changed(folder / name, NEWSWIRE / name)
    ]


def _changed(copy: Path, shipped: Path) -> list[Path]:
    if not copy.exists() or (shipped.exists() and copy.read_bytes() == shipped.read_bytes()):
        return []
    return [copy]
