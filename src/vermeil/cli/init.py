"""``vermeil init``: write a configuration template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
        file.write(template())
    print_status(f"wrote {path}; fill in [task], [corpora] and [teacher], then run `vermeil check`")
