"""``vermeil demo``: every stage on the sample corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vermeil.cli.ui.options import AsJson, Overwrite, Quiet
from vermeil.cli.ui.output import print_json
from vermeil.cli.ui.progress import shown_progress

EXAMPLE = "Example: vermeil demo --minutes 10"


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the results.")] = Path(
        "vermeil-demo"
    ),
    local: Annotated[
        Path | None,
        typer.Option(
            "--local",
            metavar="FILE",
            help="GGUF file of a language model. It annotates a part of the pool on this machine "
            "for about five minutes, and is compared with the recorded teacher.",
        ),
    ] = None,
    minutes: Annotated[
        float,
        typer.Option(
            "--minutes",
            min=1,
            max=600,
            help="Time of the demo. The number of cells and their training budget are chosen by "
            "the measured speed of this machine, and reused by the next run in the same folder.",
        ),
    ] = 5.0,
    full: Annotated[
        bool,
        typer.Option("--full", help="Train all cells with the full budget, without a time limit."),
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", help="Write the scores of this run to a file."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Annotate, train and compare regimens on a sample corpus; minutes, no network."""
    from vermeil.data.written import check_file
    from vermeil.demo import run_demo
    from vermeil.demo.full_run import write_scores
    from vermeil.demo.local_teacher import LocalPart
    from vermeil.terminal import make_console

    if record is not None:
        check_file(record, overwrite=overwrite)
    console = make_console(stderr=as_json)  # with --json the narration goes to standard error
    with shown_progress(quiet) as progress:
        part = None if local is None else LocalPart(local)
        report = run_demo(
            output,
            progress,
            console,
            minutes=None if full else minutes,
            local=part,
            overwrite=overwrite,
        )
    if record is not None:
        write_scores(report.scores, record)
    if as_json:
        print_json(report.as_dict())
