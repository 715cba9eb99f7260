"""``vermeil replay``: serve recorded replies over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vermeil.cli.ui.output import print_status

EXAMPLE = "Example: vermeil replay strong=replies.jsonl --port 8000"


def replay(
    recordings: Annotated[
        list[str],
        typer.Argument(metavar="NAME=FILE…", help="Model name and file of its recorded replies."),
    ],
    port: Annotated[int, typer.Option("--port", "-p", help="Port; 0 picks a free one.")] = 8000,
) -> None:
    """Serve recorded replies as an OpenAI-compatible teacher on this machine, until Ctrl-C."""
    from vermeil.errors import ConfigError
    from vermeil.teacher.replay.server import ReplayServer

    named: dict[str, Path] = {}
    for recording in recordings:
        name, equals, file = recording.partition("=")
        if not (name and equals and file):
            raise ConfigError(f"{recording}: expected NAME=FILE")
        if name in named:
            raise ConfigError(f"{recording}: the name {name} is already used for {named[name]}")
        named[name] = Path(file)
    models = ", ".join(named)
    try:
        ReplayServer(named, port).serve(
            lambda url: print_status(f"replaying {models} at {url}; stop with Ctrl-C")
        )
    except KeyboardInterrupt:
        print_status("stopped")
