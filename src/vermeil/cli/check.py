"""``vermeil check``: check the configuration, files and packages that a run needs."""

from __future__ import annotations

import typer

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, load
from vermeil.cli.ui.output import console, print_json

EXAMPLE = "Example: vermeil check --config vermeil.toml"

_STYLES = {"ok": "green", "warning": "yellow", "error": "red"}


def check(
    config: ConfigFile = DEFAULT_CONFIG, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """Check configuration, files, leaks, teacher and encoder; sends no text."""
    sections = load(config, overrides)
    from rich.text import Text

    from vermeil.data.visible import visible
    from vermeil.pipeline.check import check as job

    report = job(sections)
    if as_json:
        print_json(report.as_dict())
    else:
        out = console()
        for finding in report.findings:
            line = Text(finding.severity, _STYLES[finding.severity])
            out.print(line.append(visible(f" {finding.about}: {finding.message}"), style=""))
    raise typer.Exit(report.exit_code)
