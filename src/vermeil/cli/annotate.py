"""``vermeil annotate``: ask the teacher."""

from __future__ import annotations

from vermeil.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet
from vermeil.cli.stage import do_stage

EXAMPLE = "Example: vermeil annotate --set teacher.model=gpt-4o-mini"


def annotate(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Ask the teacher about the pool; only documents without a stored reply are asked about."""
    do_stage("annotate", config, overrides, as_json, quiet)
