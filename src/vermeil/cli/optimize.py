"""``vermeil optimize``: improve the teacher's prompt from its errors on gold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vermeil.cli.ui.announce import announce_requests
from vermeil.cli.ui.next_steps import command, print_end
from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet, load
from vermeil.cli.ui.output import console, print_json, print_status, table
from vermeil.cli.ui.progress import shown_progress

if TYPE_CHECKING:
    from pathlib import Path

    from vermeil.prompting.report import OptimizeReport

EXAMPLE = """Example: vermeil optimize --set optimize.max_cost_usd=2
vermeil optimize --apply"""


def optimize(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply",
            help="Write a recommended prompt into the configuration file; the old file is kept.",
        ),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Improve the prompt from the teacher's errors on gold; recommend significant gains only."""
    sections = load(config, overrides)
    from vermeil.pipeline.optimize.files import run_optimize

    announce_requests(sections.optimize, quiet)
    with shown_progress(quiet) as progress:
        report = run_optimize(sections, progress)
    if as_json:
        print_json(report.as_dict())
    else:
        _print(report, sections.run.output / "optimize")
    for warning in report.warnings:
        print_status(f"warning: {warning}")
    if apply:
        _apply(report, config)
    elif report.is_improved and not as_json:
        print_end(steps=[command("optimize", "--apply", config=config)], quiet=quiet)


def _apply(report: OptimizeReport, config: Path) -> None:
    from vermeil.pipeline.optimize.files import apply_prompt

    if not report.is_improved:
        print_status(f"{config} is unchanged: no improved prompt is recommended")
        return
    old, *written = apply_prompt(report.start, report.prompt, config)
    files = "".join(f", {file}" for file in written)
    print_status(f"written: {config}{files}; the configuration before: {old}")


def _print(report: OptimizeReport, folder: Path) -> None:
    out = console()
    rows = [
        (
            str(number),
            len(fold.before.documents),
            fold.before.f1,
            fold.after.f1,
            fold.after.f1 - fold.before.f1,
            fold.optimised.gain,
        )
        for number, fold in enumerate(report.folds, 1)
    ]
    gain = report.gain
    difference = gain.comparison.difference
    own_gain = difference + gain.winners_curse
    rows.append(("all", report.documents, gain.before, gain.after, difference, own_gain))
    columns = ("fold", "documents", "F1 today", "F1 optimised", "gain", "gain in optimisation")
    out.print(table("held-out folds of gold", columns, rows))
    out.print()
    before, after = report.prompt_tokens
    spent = report.spending
    cost = "" if spent.cost_usd is None else f", ${spent.cost_usd:,.4f}"
    lines = [
        report.recommendation,
        f"winner's curse: the gain in the optimisation is {100 * gain.winners_curse:+.1f} F1 above "
        "the held-out gain",
        f"prompt tokens per document: {before:,.0f} today, {after:,.0f} optimised",
        f"spent: {spent.calls:,} requests, {spent.tokens:,} tokens{cost}",
        f"results: {folder}",
    ]
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)
    if report.diff:
        out.print()
        out.print(report.diff, markup=False, soft_wrap=True, end="")
