"""``vermeil calibrate``: calibrate the scores of a model on gold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vermeil.cli.ui.next_steps import command, print_end
from vermeil.cli.ui.options import AsJson, Model, Quiet
from vermeil.cli.ui.output import console, print_json
from vermeil.cli.ui.progress import shown_progress

EXAMPLE = "Example: vermeil calibrate vermeil-run/model dev.jsonl"


def calibrate(
    model: Model,
    dev: Annotated[
        Path, typer.Argument(metavar="DEV", help="Gold documents that were not used for training.")
    ],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fit the temperature of a model's scores; the predicted spans do not change."""
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus
    from vermeil.jobs.calibrate import calibrate as job

    gold = list(read_corpus(corpus_config(dev)))
    with shown_progress(quiet) as progress:
        report = job(model, gold, progress)
    if as_json:
        print_json(report.as_dict())
        return
    parts = {"": report, "relations: ": report.relations}
    for name, one in parts.items():
        if one is not None:
            console().print(
                f"{name}temperature {one.temperature}: expected calibration error "
                f"{one.before.ece:.3f} before, {one.after.ece:.3f} after"
            )
    print_end([model], [command("predict", model, "FILE")], quiet=quiet)
