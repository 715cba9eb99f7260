"""Text and tables of the demo, phase by phase."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.demo.annotating import WEAK_MODEL, NewswireCorpus, PromptResult
from vermeil.demo.budget import DemoBudget
from vermeil.demo.console import DemoConsole
from vermeil.demo.local_teacher import LocalComparison, LocalPart
from vermeil.demo.settings import CONFIGURATION, DemoSettings
from vermeil.jobs.appraise import Appraisal
from vermeil.jobs.run_folder import RunFolder
from vermeil.studies.format import f1, number, plural
from vermeil.studies.report.terminal import teacher_table
from vermeil.studies.study import StudyReport
from vermeil.tasks.protocol import Task


def show_introduction(console: DemoConsole, corpus: NewswireCorpus) -> None:
    """Print the introduction and the start of phase 1."""
    console.title(
        "Vermeil: silver plated with gold",
        "A teacher (an LLM) annotates a lot of text: silver. People annotate a little: gold. "
        "A small student is trained on both. In this demo it finds people, organisations, "
        "locations and other names in newswire.",
    )
    console.heading("Phase 1 · Annotate")
    console.paragraph(
        f"A server on this machine replays recorded replies of two teachers. It receives "
        f"{number(len(corpus.pool))} unannotated and {number(len(corpus.train))} gold sentences "
        f"over HTTP. The names in its replies are then located in the text."
    )


def show_annotation(
    console: DemoConsole, annotated: Sequence[PromptResult], best: PromptResult
) -> None:
    """Print counts and scores of the teachers' replies."""
    console.number_table(
        "Replies",
        ("prompt", "sentences", "with names", "without", "failed", "mentions", "located"),
        [_reply_counts(one) for one in annotated],
    )
    console.show(teacher_table([one.as_row() for one in annotated]))
    console.paragraph(
        f"The strong teacher was sent two prompts; its silver is taken from the "
        f"{best.prompt.replace('_', ' ')} prompt, because its F1 on gold training sentences is "
        f"higher ({f1(best.train_counts.overall.f1)}). Its model family also wrote the sample. "
        f"The weak teacher is a small model on a processor ({WEAK_MODEL})."
    )


def show_local_start(console: DemoConsole, local: LocalPart) -> None:
    """Print the beginning of the comparison with a language model on this machine."""
    console.paragraph(
        f"Now the language model {local.model.name} annotates the beginning of the pool on this "
        f"machine, for about {local.max_seconds / 60:.0f} minutes. Its prompts show five gold "
        f"sentences with their answers."
    )


def show_local(console: DemoConsole, compared: LocalComparison) -> None:
    """Print the scores of a language model on this machine and of the recorded teacher."""
    rows = (
        (compared.model, compared.local, compared.seconds),
        ("recorded teacher", compared.recorded, None),
    )
    console.number_table(
        f"The same {compared.sentences} sentences",
        ("teacher", "F1", "95 %", "precision", "recall", "no reply", "s per sentence"),
        [_teacher_scores(*row) for row in rows],
    )


def _teacher_scores(name: str, scores: Appraisal, seconds: float | None) -> tuple[object, ...]:
    overall, (low, high) = scores.counts.overall, scores.intervals["overall"]["f1"]
    found = (overall.f1, f"{f1(low)}–{f1(high)}", overall.precision, overall.recall)
    shown = [value if isinstance(value, str) else f1(value) for value in found]
    return name, *shown, scores.unanswered, "–" if seconds is None else f"{seconds:.1f}"


def _reply_counts(one: PromptResult) -> tuple[object, ...]:
    done, empty = (one.annotate_report.states.get(state, 0) for state in (State.DONE, State.EMPTY))
    sentences = one.annotate_report.documents
    unanswered = sentences - done - empty
    prompt = one.prompt.replace("_", " ")
    return prompt, sentences, done, empty, unanswered, one.mentions, one.located


def show_plan(
    console: DemoConsole, corpus: NewswireCorpus, settings: DemoSettings, budget: DemoBudget
) -> None:
    """Print the plan of the comparison, with the measured speed and the chosen budget."""
    config = settings.study
    (gold, *_), _ = config.sizes()
    console.heading("Phases 2 and 3 · Compare regimens for both teachers")
    if budget.speed is not None:
        console.paragraph(
            f"Measured: {number(budget.speed)} wordpieces per second per cell, {config.workers} "
            f"cells at a time. Chosen: {number(budget.wordpieces)} wordpieces per cell."
        )
    minutes = f" This takes about {budget.minutes}." if budget.minutes else ""
    console.paragraph(
        f"{plural(len(config.regimens), 'regimen')} × {plural(len(config.seeds), 'seed')}. Each "
        f"cell trains one student on {number(gold or len(corpus.train))} gold sentences, silver of "
        f"one teacher or both, for {number(budget.wordpieces)} wordpieces. All regimens of a seed "
        f"use the same sentences, so the comparison is paired.{minutes}"
    )


def show_model(
    console: DemoConsole, tagged: Sequence[Document], task: Task, warnings: Sequence[str]
) -> None:
    """Print predictions of the best student, and the warnings of its training."""
    console.heading("The trained model")
    for warning in warnings:
        console.paragraph(f"Warning: {warning}")
    console.paragraph("The student with the best F1 on dev annotates three new sentences:")
    console.tagged(tagged, task.labels)


def show_files(console: DemoConsole, report: StudyReport, output: Path) -> None:
    """Print the output files and the next commands."""
    console.heading("Output files")
    run_folder = RunFolder(output)
    console.paths(
        {
            "report (HTML)": report.folder / "report.html",
            "results (JSON)": report.folder / "results.json",
            "model": report.model or output,
            "teacher's replies": run_folder.replies,
            "silver": run_folder.silver,
            "silver of the weak teacher": output / "silver.weak.jsonl",
            "configuration": output / CONFIGURATION.name,
        }
    )
    console.heading("Next steps")
    console.paragraph("Annotate other text:")
    console.commands([f"echo 'Ada Brandt flew to Riga.' | vermeil predict {report.model} -"])
    console.paragraph("Start with your own text and labels:")
    console.commands(["vermeil init my-project"])
