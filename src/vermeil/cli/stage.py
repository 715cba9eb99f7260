"""One stage of a run by itself: what annotate, locate and train have in common."""

from __future__ import annotations

import os
from pathlib import Path

from vermeil.cli.options import load
from vermeil.cli.output import print_json
from vermeil.cli.progress import shown_progress


def do_stage(
    stage: str, config: Path, overrides: list[str] | None, as_json: bool, quiet: bool
) -> None:
    """Do one stage now, whether or not its output stands, and print its report."""
    sections = load(config, overrides)
    from vermeil.cli.reports import print_report
    from vermeil.jobs.stages import perform

    is_helper = os.environ.get("RANK", "0") != "0"  # torchrun: the first process alone tells
    with shown_progress(quiet or is_helper) as progress:
        report = perform(stage, sections, progress)
    if is_helper:
        return
    if as_json:
        print_json(report)
    else:
        print_report(report)
