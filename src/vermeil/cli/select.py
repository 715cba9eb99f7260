"""``vermeil select``: which silver to trust."""

from __future__ import annotations

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet
from vermeil.cli.ui.refine_report import run_curation

EXAMPLE = "Example: vermeil select --set selection.policy=drop_span --set selection.threshold=0.6"


def select(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Judge silver with gold; mask, drop or weigh what is doubtful, and rank what to look at."""
    run_curation("select", config, overrides, as_json, quiet)
