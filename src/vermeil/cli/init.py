"""``vermeil init``: write a configuration template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from vermeil.cli.ui.output import print_status

EXAMPLE = "Example: vermeil init my-project"


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Target folder; created if it is missing.")
    ] = Path(),
    force: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing vermeil.toml.")
    ] = False,
    teacher: Annotated[
        Literal["openai", "local"],
        typer.Option(
            "--teacher",
            help="openai: a server with OpenAI's API. local: a GGUF file on this machine, with "
            "settings for small models.",
        ),
    ] = "openai",
) -> None:
    """Write a commented vermeil.toml to fill in."""
    from vermeil.config.template import template
    from vermeil.data.atomic import atomic_file
    from vermeil.errors import ConfigError

    path = folder / "vermeil.toml"
    if path.exists() and not force:
        raise ConfigError(
            f"{path}: exists already; name another folder, or replace it with --overwrite"
        )
    with atomic_file(path) as file:
        file.write(template(teacher))
    print_status(f"wrote {path}; fill in [task], [corpora] and [teacher], then run `vermeil check`")
    if teacher == "local":
        print_status("models that were tested as teachers: vermeil local list")
