"""``vermeil check`` and ``vermeil doctor``: findings about a project, and about the machine."""

from __future__ import annotations

import typer

from vermeil.cli.ui.next_steps import command, print_end
from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, load
from vermeil.cli.ui.output import console, print_json, print_line

EXAMPLE = "Example: vermeil check --config vermeil.toml"
DOCTOR = "Example: vermeil doctor --json"

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


def doctor(
    config: ConfigFile = DEFAULT_CONFIG, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """Examine machine, packages, encoder, teacher, disk and locks; needs no vermeil.toml.

    Sends no text and downloads nothing. The teacher is contacted once, without retries.
    """
    is_needed = config != DEFAULT_CONFIG or bool(overrides)
    sections = load(config, overrides) if is_needed or config.exists() else None
    from rich.text import Text

    from vermeil.data.visible import visible
    from vermeil.pipeline.doctor.doctor import doctor as job

    report = job(sections)
    if as_json:
        print_json(report.as_dict())
        raise typer.Exit(report.exit_code)
    out = console()
    for title, findings in report.sections.items():
        out.print(Text(title, "bold"))
        for one in findings:
            line = Text("  ").append(one.severity, STYLES[one.severity])
            out.print(line.append(visible(f" {one.about}: {one.message}"), style=""))
    steps = [command("init") if sections is None else command("check", config=config)]
    print_end(steps=steps)
    raise typer.Exit(report.exit_code)
