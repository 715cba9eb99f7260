"""``vermeil annotate``: send the pool to the teacher."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from vermeil.cli.ui.options import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigFile,
    Order,
    Overrides,
    Quiet,
    RunOn,
    load,
    with_order,
)
from vermeil.cli.ui.output import print_json, print_status
from vermeil.cli.ui.stage import run_stage_command
from vermeil.errors import ConfigError

if TYPE_CHECKING:
    from vermeil.config import Config
    from vermeil.data.progress import Progress
    from vermeil.jobs.again import Again
    from vermeil.jobs.executor import Executor
    from vermeil.pipeline.stage import Report

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
        bool,
        typer.Option(
            "--dry-run", help="Estimate tokens, cost and, if local, time; send no document."
        ),
    ] = False,
    again: Annotated[
        list[str] | None,
        typer.Option(
            "--again",
            metavar="STATE",
            help="Send only the requests in this state again, with the current settings: "
            "unparsable, truncated, failed, unplaced, refused, off_schema, empty or done. "
            "Repeatable, or a list with commas.",
        ),
    ] = None,
    repeat: Annotated[
        int,
        typer.Option(
            "--repeat",
            min=1,
            metavar="N",
            help="With --again: send unchanged requests an N-th time.",
        ),
    ] = 1,
    labels: Annotated[
        list[str] | None,
        typer.Option(
            "--labels",
            metavar="LABEL",
            help="Request only labels that were added later (added = true in their section of "
            "\\[task.labels]). Repeatable, or a list with commas.",
        ),
    ] = None,
    order: Order = None,
    on: RunOn = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Annotate the pool with the teacher; documents with a stored reply are not sent again."""
    overrides = with_order(overrides, order)
    if batch:
        overrides = [*(overrides or []), "teacher.mode=batch"]
    if repeat > 1 and not again:
        raise ConfigError("--repeat: needs --again with the states to repeat")
    chosen = _chosen(again, repeat)
    names = [name.strip() for one in labels or () for name in one.split(",") if name.strip()]
    if not dry_run:
        run = partial(_request, chosen, names) if chosen is not None or names else None
        run_stage_command("annotate", config, overrides, as_json, quiet, on, run)
        return
    sections = load(config, overrides)
    from vermeil.cli.ui.reports import print_report
    from vermeil.pipeline.estimate import estimate_groups

    report, warnings = estimate_groups(sections, chosen, names)
    (print_json if as_json else print_report)(report)
    for warning in warnings:
        print_status(f"warning: {warning}")


def _chosen(again: list[str] | None, repeat: int) -> Again | None:
    if not again:
        return None
    from vermeil.jobs.again import Again

    return Again(again, repeat)


def _request(
    again: Again | None, labels: list[str], config: Config, progress: Progress, executor: Executor
) -> Report:
    from vermeil.pipeline.actions import request_replies

    return request_replies(config, progress, executor, again, labels)
