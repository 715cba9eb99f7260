"""``vermeil pilot``: compare prompts, formats, demonstrations and models on gold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vermeil.cli.ui.next_steps import command, print_end, relative
from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet, load
from vermeil.cli.ui.output import console, print_json, print_status, table
from vermeil.cli.ui.progress import shown_progress

if TYPE_CHECKING:
    from vermeil.config import Config
    from vermeil.data.document import Document
    from vermeil.jobs.piloting.estimate import PilotEstimate
    from vermeil.jobs.piloting.report import PilotReport, Trial
    from vermeil.tasks.protocol import Task

EXAMPLE = """Example: vermeil pilot --set pilot.documents=100 --dry-run"""


def pilot(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Estimate requests, tokens, cost and, if local, time; send no document.",
        ),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare prompts, formats, demonstrations and models on gold; recommend one."""
    sections = load(config, overrides)
    gold, task, excluded = _inputs(sections)
    from vermeil.jobs.run_folder import RunFolder

    teacher, settings = sections.teacher, sections.pilot
    store = RunFolder(sections.run.output).replies
    if dry_run:
        from vermeil.jobs.piloting.estimate import estimate_pilot

        expected = estimate_pilot(gold, task, teacher, settings, store, excluded=excluded)
        print_json(expected.as_dict()) if as_json else _print_estimate(expected)
        _warn(expected.warnings)
        return
    from vermeil.jobs.piloting.pilot import pilot as job

    with shown_progress(quiet) as progress:
        report = job(gold, task, teacher, settings, store, progress, excluded=excluded)
    if as_json:
        print_json(report.as_dict())
    else:
        _print(report)
        next_run = command("annotate", "--dry-run", config=config)
        steps = [f"paste these lines into {relative(config)}, then: {next_run}"]
        print_end(steps=steps, quiet=quiet)
    _warn(report.warnings)


def _inputs(sections: Config) -> tuple[Iterator[Document], Task, list[Document]]:
    """Return gold, the task, and the documents of dev and test."""
    from vermeil.corpora import read_corpus
    from vermeil.pipeline.documents import required_corpus
    from vermeil.tasks import make_task

    task = make_task(sections.task)
    gold = required_corpus(sections, "gold", "name the annotated file to try the teacher on")
    corpora = (sections.corpora.dev, sections.corpora.test)
    excluded = [d for corpus in corpora if corpus is not None for d in read_corpus(corpus)]
    return read_corpus(gold, task.check), task, excluded


def _warn(warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        print_status(f"warning: {warning}")


def _print_estimate(report: PilotEstimate) -> None:
    out = console()
    rows = [
        (variant.name, *_estimate_row(one.as_dict(), one.seconds))
        for variant, one in report.variants
    ]
    total = ("all", f"{report.requests:,}", "", "")
    rows.append(
        (
            *total,
            _dollars(report.cost_usd),
            _dollars(report.upper_bound_usd),
            _duration(report.seconds),
        )
    )
    title = f"{len(report.variants)} variants on {report.documents} gold documents; nothing is sent"
    columns = ("", "requests", "prompt tokens", "reply tokens", "cost", "at most", "time")
    out.print(table(title, columns, rows))


def _estimate_row(shown: Mapping[str, Any], seconds: float | None) -> tuple[str, ...]:
    expected, most = shown["expected"], shown["at_most"]
    return (
        f"{shown['to_send']['requests']:,}",
        f"{expected['prompt_tokens']:,}",
        f"{expected['completion_tokens']:,}",
        _dollars(expected["cost_usd"]),
        _dollars(most["cost_usd"]),
        _duration(seconds),
    )


def _dollars(value: float | None) -> str:
    return "–" if value is None else f"${value:,.2f}"


def _duration(seconds: float | None) -> str:
    from vermeil.teacher.report import format_duration

    return "–" if seconds is None else format_duration(seconds)


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
