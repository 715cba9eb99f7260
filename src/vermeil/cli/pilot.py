"""``vermeil pilot``: compare prompts, formats, demonstrations and models on gold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vermeil.cli.ui.next_steps import command, print_end, relative
from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet, load
from vermeil.cli.ui.output import console, print_json, print_status, table
from vermeil.cli.ui.progress import shown_progress

if TYPE_CHECKING:
    from vermeil.jobs.pilot_report import PilotReport, Trial

EXAMPLE = "Example: vermeil pilot --set pilot.documents=100 --set pilot.demonstrations=none"


def pilot(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare prompts, formats, demonstrations and models on gold; recommend one."""
    sections = load(config, overrides)
    from vermeil.corpora import read_corpus
    from vermeil.jobs.pilot import pilot as job
    from vermeil.jobs.run_folder import RunFolder
    from vermeil.pipeline.documents import required_corpus
    from vermeil.tasks import make_task

    task = make_task(sections.task)
    gold = required_corpus(sections, "gold", "name the annotated file to try the teacher on")
    corpora = (sections.corpora.dev, sections.corpora.test)
    with shown_progress(quiet) as progress:
        report = job(
            read_corpus(gold, task.check),
            task,
            sections.teacher,
            sections.pilot,
            RunFolder(sections.run.output).replies,
            progress,
            excluded=[d for corpus in corpora if corpus is not None for d in read_corpus(corpus)],
        )
    if as_json:
        print_json(report.as_dict())
    else:
        _print(report)
        dry_run = command("annotate", "--dry-run", config=config)
        steps = [f"paste these lines into {relative(config)}, then: {dry_run}"]
        print_end(steps=steps, quiet=quiet)
    for warning in report.warnings:
        print_status(f"warning: {warning}")


def _print(report: PilotReport) -> None:
    out = console()
    columns = ("", "F1", "95 %", "precision", "recall", "unparsable", "unlocatable")
    costs = ("tokens per 1,000", "cost per 1,000", "median s", "p95 s")
    title = f"{len(report.trials)} variants on {report.documents} gold documents"
    out.print(table(title, (*columns, *costs), [_row(trial) for trial in report.trials]))
    out.print()
    out.print(report.recommendation, markup=False, soft_wrap=True)
    out.print()
    out.print(report.toml(), markup=False, soft_wrap=True, end="")


def _row(trial: Trial) -> tuple[object, ...]:
    shown = trial.as_dict()
    low, high = trial.intervals["f1"]
    cost, latency = shown["cost_per_1000"], trial.latency
    return (
        trial.variant.name,
        trial.f1,
        f"{low:.3f}–{high:.3f}",
        shown["precision"],
        shown["recall"],
        f"{trial.unparsable:.1%}",
        f"{trial.unlocatable:.1%}",
        f"{1000 * trial.tokens:,.0f}",
        "–" if cost is None else f"{cost:,.2f}",
        *(f"{seconds:.2f}" for seconds in latency or ()),
        *(() if latency else ("–", "–")),
    )
