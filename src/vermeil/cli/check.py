"""``vermeil check``: check the configuration, files and packages that a run needs."""

from __future__ import annotations

import typer

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, load
from vermeil.cli.ui.output import console, print_json

EXAMPLE = "Example: vermeil check --config vermeil.toml"

_MARKS = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "error": "[red]error[/]"}


def check(
    config: ConfigFile = DEFAULT_CONFIG, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """Check configuration, files, leaks, teacher and encoder; sends no text."""
    sections = load(config, overrides)
    from rich.markup import escape

    from vermeil.pipeline.check import check as job

    report = job(sections)
    if as_json:
        print_json(report.as_dict())
    else:
        out = console()
        for finding in report.findings:
            mark = _MARKS[finding.severity]
            out.print(f"{mark} {escape(finding.about)}: {escape(finding.message)}")
    raise typer.Exit(report.exit_code)
