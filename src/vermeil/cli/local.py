"""``vermeil local``: teachers that Vermeil starts on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vermeil.cli.ui.options import AsJson, Quiet
from vermeil.cli.ui.output import console, print_json, print_line, print_status, table
from vermeil.cli.ui.progress import shown_progress
from vermeil.errors import ConfigError, ConsentError

EXAMPLE = "Example: vermeil local list --json"

GET_EXAMPLE = "Example: vermeil local get qwen2.5-coder-1.5b-instruct-q4_k_m.gguf --yes"

app = typer.Typer(
    help="Teachers on this machine: list and get tested models.", no_args_is_help=True
)


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


@app.command("get", epilog=GET_EXAMPLE)
def get(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="File or repository of a listed one.")
    ],
    folder: Annotated[Path, typer.Option("--folder", help="Where the file is written.")] = Path(
        "models"
    ),
    yes: Annotated[
        bool, typer.Option("--yes", help="Download it. Without it, only show what would be done.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Download a tested model from the Hugging Face Hub, and check its SHA-256.

    An interrupted download continues. Without --yes nothing is downloaded.
    """
    from vermeil.hub.download import download_file
    from vermeil.teacher.backends.local.listed_models import LISTED_MODELS

    found = [model for model in LISTED_MODELS if name in (model.file, model.hub_id)]
    if not found:
        names = ", ".join(model.file for model in LISTED_MODELS)
        raise ConfigError(
            f"{name!r} is no listed model (there are: {names}); see vermeil local list"
        )
    model = found[0]
    if not yes and not (folder / model.file).exists():
        raise ConsentError(
            f"vermeil local get would download {model.size:,} bytes from {model.hub_id} on the "
            f"Hugging Face Hub to {folder / model.file} (licence {model.licence}). Nothing was "
            "downloaded; allow it with --yes"
        )
    with shown_progress(quiet) as progress:
        path = download_file(model.hub_id, model.file, model.sha256, folder, progress)
    if as_json:
        print_json({"path": str(path), "hub_id": model.hub_id, "sha256": model.sha256})
    else:
        print_line(f"{path}: checked; set teacher.model to this path")
