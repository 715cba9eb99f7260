"""``vermeil annotate``: send the pool to the teacher."""

from __future__ import annotations

from typing import Annotated

import typer

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet, RunOn, load
from vermeil.cli.ui.output import print_json, print_status
from vermeil.cli.ui.stage import run_stage_command

EXAMPLE = "Example: vermeil annotate --set teacher.model=gpt-4o-mini --dry-run"


def annotate(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch",
            help="Use the provider's batch API (about half the price); sets teacher.mode to batch.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Estimate tokens and cost; send nothing.")
    ] = False,
    on: RunOn = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Annotate the pool with the teacher; documents with a stored reply are not sent again."""
    if batch:
        overrides = [*(overrides or []), "teacher.mode=batch"]
    if not dry_run:
        run_stage_command("annotate", config, overrides, as_json, quiet, on)
        return
    sections = load(config, overrides)
    from vermeil.cli.ui.reports import print_report
    from vermeil.jobs.estimate import estimate
    from vermeil.jobs.run_folder import RunFolder
    from vermeil.pipeline.demonstration_files import demonstrations_for
    from vermeil.pipeline.documents import pool_documents
    from vermeil.tasks import make_task

    replies = RunFolder(sections.run.output).replies
    report = estimate(
        pool_documents(sections),
        make_task(sections.task),
        sections.teacher,
        replies,
        demonstrations_for(sections),
    )
    (print_json if as_json else print_report)(report.as_dict())
    for warning in report.warnings:
        print_status(f"warning: {warning}")
