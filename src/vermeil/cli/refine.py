"""``vermeil refine``: correct the teacher's errors in silver."""

from __future__ import annotations

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet
from vermeil.cli.ui.refine_report import run_curation

EXAMPLE = "Example: vermeil refine --set selection.refinement=relabel"


def refine(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Correct the teacher's errors in silver with a judge that is fitted on gold."""
    run_curation("refine", config, overrides, as_json, quiet)
