"""``vermeil annotate``: ask the teacher."""

from __future__ import annotations

from typing import Annotated

import typer

from vermeil.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet
from vermeil.cli.stage import do_stage

EXAMPLE = "Example: vermeil annotate --set teacher.model=gpt-4o-mini"


def annotate(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch", help='By the batch, at half the price; short for teacher.mode = "batch".'
        ),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Ask the teacher about the pool; only documents without a stored reply are asked about."""
    if batch:
        overrides = [*(overrides or []), "teacher.mode=batch"]
    do_stage("annotate", config, overrides, as_json, quiet)
