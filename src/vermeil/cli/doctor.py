"""``vermeil doctor``: versions, processor, encoder, teacher, disk and locks."""

from __future__ import annotations

import typer

from vermeil.cli.ui.next_steps import command, print_end
from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, load
from vermeil.cli.ui.output import console, print_json

EXAMPLE = "Example: vermeil doctor --json"


def doctor(
    config: ConfigFile = DEFAULT_CONFIG, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """Examine machine, packages, encoder, teacher, disk and locks; needs no vermeil.toml.

    Sends no text and downloads nothing. The teacher is contacted once, without retries.
    """
    is_needed = config != DEFAULT_CONFIG or bool(overrides)
    sections = load(config, overrides) if is_needed or config.exists() else None
    from rich.text import Text

    from vermeil.cli.check import STYLES
    from vermeil.data.visible import visible
    from vermeil.pipeline.doctor import doctor as job

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
