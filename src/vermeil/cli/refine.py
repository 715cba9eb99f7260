"""``vermeil refine``: silver with the teacher's errors corrected."""

from __future__ import annotations

from vermeil.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet, load
from vermeil.cli.output import print_json
from vermeil.cli.progress import shown_progress

EXAMPLE = "Example: vermeil refine --set selection.refinement=relabel"


def refine(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Judge silver with gold, and correct the teacher's errors as far as gold shows how."""
    sections = load(config, overrides)
    from vermeil.cli.selections import print_selection
    from vermeil.jobs.selecting_files import select_files

    with shown_progress(quiet) as progress:
        report = select_files(sections, "refine", progress)
    if as_json:
        print_json(report)
    else:
        print_selection(report)
