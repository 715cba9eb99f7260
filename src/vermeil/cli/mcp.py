"""``vermeil mcp``: serve tools for agent programs with the Model Context Protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vermeil.cli.ui.output import print_status
from vermeil.errors import ConfigError

EXAMPLE = """Example: vermeil mcp --root my-project

\b
Others:
  vermeil mcp --root my-project --allow-writes
  vermeil mcp --root my-project --http --port 8766

Agent programs start the server themselves, see docs/agents.md.
"""


def mcp(
    root: Annotated[
        Path, typer.Option("--root", metavar="FOLDER", help="No path outside it can be used.")
    ] = Path(),
    *,
    allow_writes: Annotated[
        bool,
        typer.Option(
            "--allow-writes",
            help="Also offer annotate, locate, train and predict_file. Consent and spending limits "
            "stay those of vermeil.toml.",
        ),
    ] = False,
    http: Annotated[
        bool,
        typer.Option(
            "--http",
            help="Serve HTTP on 127.0.0.1 instead of standard input and output. Requires "
            "VERMEIL_TOKEN as bearer token if it is set.",
        ),
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            help="With --http: port; 0 picks a free one. [default: 8766]",
        ),
    ] = None,
) -> None:
    """Serve tools for agent programs (MCP); read-only without --allow-writes."""
    from vermeil.mcp_server import ServerOptions, serve_mcp

    if port is not None and not http:
        raise ConfigError("--port: needs --http")
    chosen = (8766 if port is None else port) if http else None
    serve_mcp(ServerOptions(root, allow_writes, chosen), print_status)
