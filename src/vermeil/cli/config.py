"""``vermeil config``: values in effect, and the meaning of keys."""

from __future__ import annotations

from typing import Annotated

import typer

from vermeil.cli.ui.options import DEFAULT_CONFIG, AsJson, ConfigFile, Overrides, load
from vermeil.cli.ui.output import console, print_json, print_line, table

EXAMPLE = "Example: vermeil config explain teacher.samples"

app = typer.Typer(no_args_is_help=True, help="The configuration: show values, explain keys.")


@app.command("show", epilog="Example: vermeil config show --changed --set teacher.samples=3")
def show(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    *,
    changed: Annotated[
        bool, typer.Option("--changed", help="Show only values that differ from the defaults.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print every value in effect as TOML, with absolute paths."""
    sections = load(config, overrides)
    if as_json:
        print_json(sections.model_dump(mode="json", exclude_defaults=changed))
        return
    from vermeil.config.dump import dump_changes

    print_line((dump_changes(sections) if changed else sections.as_toml()).rstrip("\n"))


@app.command("explain", epilog=EXAMPLE)
def explain(
    key: Annotated[
        str,
        typer.Argument(metavar="KEY", help="Key or section, for example teacher or teacher.model."),
    ],
    as_json: AsJson = False,
) -> None:
    """Print type, default, meaning and an example of a key, or of all keys of a section."""
    from vermeil.config.reference import explain as job

    found = job(key)
    if as_json:
        print_json([one.as_dict() for one in found])
        return
    out = console()
    for one in found:
        rows = [
            ("type", one.kind),
            ("default", "required" if one.default is None else one.default),
            ("example", one.example),
            ("meaning", one.meaning),
        ]
        out.print(table(one.key, ("", ""), rows, ("",)))
