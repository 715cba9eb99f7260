"""``vermeil demo``: the whole of Vermeil on a shipped sample."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vermeil.cli.options import Quiet
from vermeil.cli.progress import shown_progress

EXAMPLE = "Example: vermeil demo --output vermeil-demo"


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the results.")] = Path(
        "vermeil-demo"
    ),
    quiet: Quiet = False,
) -> None:
    """Annotate, compare regimens and train on a shipped sample: minutes, without network."""
    from vermeil.demo import run_demo

    with shown_progress(quiet) as progress:
        run_demo(output, progress)
