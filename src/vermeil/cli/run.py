"""``vermeil run``: every stage of vermeil.toml."""

from __future__ import annotations

from vermeil.cli.ui.announce import announce_regimen
from vermeil.cli.ui.options import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigFile,
    Order,
    Overrides,
    Quiet,
    RunOn,
    load,
    with_order,
)
from vermeil.cli.ui.output import print_json, print_line, print_status
from vermeil.cli.ui.progress import shown_progress
from vermeil.cli.ui.stage import select_executor

EXAMPLE = "Example: vermeil run --config vermeil.toml"


def run(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    order: Order = None,
    on: RunOn = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Annotate, locate, train and evaluate; skips stages that are up to date."""
    sections = load(config, with_order(overrides, order))
    from vermeil.cli.ui.reports import print_report
    from vermeil.pipeline.run import run as job

    announce_regimen(sections, quiet)

    with shown_progress(quiet) as progress:
        report = job(sections, progress, print_status, select_executor(sections, on))
    if as_json:
        print_json(report.as_dict())
        return
    for stage in report.stages:
        if stage.report is not None:
            print_report(stage.report, stage.name)
    for name, path in report.outputs.items():
        print_line(f"{name}: {path}")
    if "model" in report.outputs:
        print_line(f"annotate new text: vermeil predict {report.outputs['model']} FILE")
