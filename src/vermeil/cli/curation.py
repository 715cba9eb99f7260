"""``vermeil refine`` and ``vermeil select``: correct, mask or drop the teacher's errors."""

from __future__ import annotations

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet
from vermeil.cli.ui.refine_report import run_curation

REFINE = "Example: vermeil refine --set selection.refinement=relabel"
SELECT = "Example: vermeil select --set selection.policy=drop_span --set selection.threshold=0.6"


def refine(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Correct the teacher's errors in silver with a judge that is fitted on gold."""
    run_curation("refine", config, overrides, as_json, quiet)


def select(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Mask, drop or weight doubtful silver with a judge fitted on gold; rank for review."""
    run_curation("select", config, overrides, as_json, quiet)
