"""``vermeil select``: which silver to trust."""

from __future__ import annotations

from vermeil.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, Quiet, load
from vermeil.cli.output import print_json
from vermeil.cli.progress import shown_progress

EXAMPLE = "Example: vermeil select --set selection.policy=drop_span --set selection.threshold=0.6"


def select(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Judge silver with gold; mask, drop or weigh what is doubtful, and rank what to look at."""
    sections = load(config, overrides)
    from vermeil.cli.selections import print_selection
    from vermeil.jobs.selecting_files import select_files

    with shown_progress(quiet) as progress:
        report = select_files(sections, "select", progress)
    if as_json:
        print_json(report)
    else:
        print_selection(report)
