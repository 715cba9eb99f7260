"""``vermeil train``: train one student with one regimen."""

from __future__ import annotations

from typing import Annotated

import typer

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet, RunOn
from vermeil.cli.ui.stage import run_stage_command

EXAMPLE = """Example: vermeil train --regimen auto
vermeil train --regimen schedule --set blending.schedule=power"""


def train(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    regimen: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Training regimen; sets blending.regimen.",
        ),
    ] = None,
    on: RunOn = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a student on gold and silver with the configured regimen."""
    chosen = [] if regimen is None else [f"blending.regimen={regimen}"]
    run_stage_command("train", config, [*(overrides or ()), *chosen], as_json, quiet, on)
