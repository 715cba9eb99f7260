"""``vermeil local``: teachers that Vermeil starts on this machine."""

from __future__ import annotations

from typing import Any

import typer

from vermeil.cli.ui.options import AsJson
from vermeil.cli.ui.output import console, print_json, print_status, table

EXAMPLE = "Example: vermeil local list --json"

app = typer.Typer(help="Teachers on this machine: list tested models.", no_args_is_help=True)


@app.callback()
def local() -> None:
    """Keep ``list`` a command of its own, although it is the only one."""


@app.command("list", epilog=EXAMPLE)
def list_(as_json: AsJson = False) -> None:
    """List tested models and how to get them; downloads nothing."""
    from vermeil.teacher.backends.local.engines import installed_engines
    from vermeil.teacher.backends.local.listed_models import LISTED_MODELS

    engines = installed_engines()
    if as_json:
        models = [model.as_dict() for model in LISTED_MODELS]
        print_json({"models": models, "engines": [engine.name for engine in engines]})
        return
    out = console()
    for model in LISTED_MODELS:
        rows: list[tuple[str, Any]] = [
            ("file", model.file),
            ("size", f"{model.size:,} bytes"),
            ("SHA-256", f"begins with {model.sha256}" if model.sha256 else "not known"),
            ("licence", model.licence),
            ("tested", f"{model.tested}: {model.result}"),
            ("to get it", "\n".join(model.commands)),
        ]
        out.print()
        out.print(table(model.hub_id, ("", ""), rows, ("",)))
    out.print('\nThen set teacher.backend = "local" and teacher.model to the path of the file.')
    names = ", ".join(f"{engine.name} ({engine.program})" for engine in engines)
    print_status(f"installed engines: {names or 'none'}")
