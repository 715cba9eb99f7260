"""``vermeil check``: check the configuration, files and packages that a run needs."""

from __future__ import annotations

import typer

from vermeil.cli.ui.next_steps import command, print_end
from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, load
from vermeil.cli.ui.output import console, print_json, print_line

EXAMPLE = "Example: vermeil check --config vermeil.toml"

STYLES = {"ok": "green", "warning": "yellow", "error": "red"}


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
            line = Text(finding.severity, STYLES[finding.severity])
            out.print(line.append(visible(f" {finding.about}: {finding.message}"), style=""))
        print_line(report.summary)
        if report.exit_code:
            again = command("check", config=config)
            print_end(steps=[f"correct the errors, then: {again}"])
        else:
            print_end(steps=[command("run", config=config)])
    raise typer.Exit(report.exit_code)
