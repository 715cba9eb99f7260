"""``vermeil train``: one student, one regimen."""

from __future__ import annotations

from vermeil.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, On, Overrides, Quiet
from vermeil.cli.stage import do_stage

EXAMPLE = "Example: vermeil train --set blending.regimen=schedule --set blending.schedule=power"


def train(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    on: On = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a student on gold and silver with the configured regimen."""
    do_stage("train", config, overrides, as_json, quiet, on)
