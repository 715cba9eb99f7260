"""What the demo says, chapter by chapter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.demo.annotating import Annotated, Corpus
from vermeil.demo.console import Story
from vermeil.demo.settings import CONFIGURATION, Settings
from vermeil.jobs.run_folder import Places
from vermeil.studies.format import f1, number
from vermeil.studies.report.terminal import findings_table, study_table, teacher_table
from vermeil.studies.study import StudyReport
from vermeil.tasks.protocol import Task


def tell_beginning(story: Story, corpus: Corpus) -> None:
    """Say what this is about, and open phase 1."""
    story.title(
        "Vermeil: silver plated with gold",
        "A teacher (an LLM) labels much text: silver. People label a little: gold. A small student "
        "learns from both. Here, it finds people, organisations, locations and other names in "
        "newswire.",
    )
    story.heading("Phase 1 · Annotate")
    story.say(
        f"The teacher's replies were recorded; a server on this machine replays them. "
        f"{number(len(corpus.pool))} unlabelled and {number(len(corpus.train))} labelled sentences "
        f"go to it over HTTP, with two prompts; what it names is then located in the text."
    )


def tell_annotated(story: Story, annotated: Sequence[Annotated], best: Annotated) -> None:
    """Say what the teacher answered and how good it is."""
    story.numbers(
        "What came back",
        ("prompt", "sentences", "with names", "without", "failed", "mentions", "located"),
        [_answers(one) for one in annotated],
    )
    story.show(teacher_table([one.as_row() for one in annotated]))
    story.say(
        f"The students learn from the {best.prompt.replace('_', ' ')} prompt: it did better on the "
        f"labelled training sentences (F1 {f1(best.train_counts.overall.f1)}). This teacher is "
        f"strong, and of the family that wrote the text; others are noisier."
    )


def _answers(one: Annotated) -> tuple[object, ...]:
    done, empty = (one.asked.states.get(state, 0) for state in (State.DONE, State.EMPTY))
    sentences = one.asked.documents
    unanswered = sentences - done - empty
    prompt = one.prompt.replace("_", " ")
    return prompt, sentences, done, empty, unanswered, one.mentions, one.located


def tell_plan(story: Story, corpus: Corpus, settings: Settings) -> None:
    """Say what is going to be compared."""
    config = settings.study
    (gold, *_), _ = config.sizes()
    story.heading("Phases 2 and 3 · Compare regimens, blend by schedule")
    story.say(
        f"{len(config.regimens)} regimens × {len(config.seeds)} seeds. Each cell trains a student "
        f"on {number(gold or len(corpus.train))} gold sentences, "
        f"{number(len(corpus.pool))} silver ones, or both, for "
        f"{number(settings.blending.budget.wordpieces or 0)} wordpieces. All regimens of a seed "
        f"draw the same sentences, so they are compared pair by pair. This takes minutes."
    )


def tell_study(story: Story, report: StudyReport) -> None:
    """Say what the comparison shows, and what it does not."""
    story.show(study_table(report.results))
    story.show(findings_table(report.results["findings"]))


def tell_end(
    story: Story, tagged: Sequence[Document], task: Task, report: StudyReport, output: Path
) -> None:
    """Show the model at work, where everything lies, and what to do next."""
    story.heading("A model of your own")
    story.say("The student that does best on the dev sentences reads three new ones:")
    story.tagged(tagged, task.labels)
    story.heading("Where things lie")
    places = Places(output)
    story.places(
        {
            "report, for a browser": report.folder / "report.html",
            "its numbers": report.folder / "results.json",
            "model": report.model or output,
            "teacher's replies": places.replies,
            "silver": places.silver,
            "configuration": output / CONFIGURATION.name,
        }
    )
    story.heading("What next")
    story.say("Tag something else:")
    story.commands([f"echo 'Ada Brandt flew to Riga.' | vermeil predict {report.model} -"])
    story.say("Begin with your own text and labels:")
    story.commands(["vermeil init my-project"])
