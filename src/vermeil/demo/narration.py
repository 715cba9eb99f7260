"""What the demo says, chapter by chapter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.demo.annotating import NewswireCorpus, PromptResult
from vermeil.demo.console import DemoConsole
from vermeil.demo.settings import CONFIGURATION, DemoSettings
from vermeil.jobs.run_folder import RunFolder
from vermeil.studies.format import f1, number
from vermeil.studies.report.terminal import findings_table, study_table, teacher_table
from vermeil.studies.study import StudyReport
from vermeil.tasks.protocol import Task


def show_introduction(console: DemoConsole, corpus: NewswireCorpus) -> None:
    """Say what this is about, and open phase 1."""
    console.title(
        "Vermeil: silver plated with gold",
        "A teacher (an LLM) labels much text: silver. People label a little: gold. A small student "
        "learns from both. Here, it finds people, organisations, locations and other names in "
        "newswire.",
    )
    console.heading("Phase 1 · Annotate")
    console.paragraph(
        f"The teacher's replies were recorded; a server on this machine replays them. "
        f"{number(len(corpus.pool))} unlabelled and {number(len(corpus.train))} labelled sentences "
        f"go to it over HTTP, with two prompts; what it names is then located in the text."
    )


def show_annotation(
    console: DemoConsole, annotated: Sequence[PromptResult], best: PromptResult
) -> None:
    """Say what the teacher answered and how good it is."""
    console.number_table(
        "What came back",
        ("prompt", "sentences", "with names", "without", "failed", "mentions", "located"),
        [_reply_counts(one) for one in annotated],
    )
    console.show(teacher_table([one.as_row() for one in annotated]))
    console.paragraph(
        f"The students learn from the {best.prompt.replace('_', ' ')} prompt: it did better on the "
        f"labelled training sentences (F1 {f1(best.train_counts.overall.f1)}). This teacher is "
        f"strong, and of the family that wrote the text; others are noisier."
    )


def _reply_counts(one: PromptResult) -> tuple[object, ...]:
    done, empty = (one.annotate_report.states.get(state, 0) for state in (State.DONE, State.EMPTY))
    sentences = one.annotate_report.documents
    unanswered = sentences - done - empty
    prompt = one.prompt.replace("_", " ")
    return prompt, sentences, done, empty, unanswered, one.mentions, one.located


def show_plan(console: DemoConsole, corpus: NewswireCorpus, settings: DemoSettings) -> None:
    """Say what is going to be compared."""
    config = settings.study
    (gold, *_), _ = config.sizes()
    console.heading("Phases 2 and 3 · Compare regimens, blend by schedule")
    console.paragraph(
        f"{len(config.regimens)} regimens × {len(config.seeds)} seeds. Each cell trains a student "
        f"on {number(gold or len(corpus.train))} gold sentences, "
        f"{number(len(corpus.pool))} silver ones, or both, for "
        f"{number(settings.blending.budget.wordpieces or 0)} wordpieces. All regimens of a seed "
        f"draw the same sentences, so they are compared pair by pair. This takes minutes."
    )


def show_study(console: DemoConsole, report: StudyReport) -> None:
    """Say what the comparison shows, and what it does not."""
    console.show(study_table(report.results))
    console.show(findings_table(report.results["findings"]))


def show_summary(
    console: DemoConsole, tagged: Sequence[Document], task: Task, report: StudyReport, output: Path
) -> None:
    """Show the model at work, where everything lies, and what to do next."""
    console.heading("A model of your own")
    console.paragraph("The student that does best on the dev sentences reads three new ones:")
    console.tagged(tagged, task.labels)
    console.heading("Where things lie")
    places = RunFolder(output)
    console.paths(
        {
            "report, for a browser": report.folder / "report.html",
            "its numbers": report.folder / "results.json",
            "model": report.model or output,
            "teacher's replies": places.replies,
            "silver": places.silver,
            "configuration": output / CONFIGURATION.name,
        }
    )
    console.heading("What next")
    console.paragraph("Tag something else:")
    console.commands([f"echo 'Ada Brandt flew to Riga.' | vermeil predict {report.model} -"])
    console.paragraph("Begin with your own text and labels:")
    console.commands(["vermeil init my-project"])
