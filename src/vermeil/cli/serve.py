"""``vermeil serve``: serve a model over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from vermeil.cli.ui.options import AnyPrecision, Model
from vermeil.cli.ui.output import print_status

EXAMPLE = "Example: vermeil serve vermeil-run/model"


def serve(
    model: Model,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0 picks a free one.")
    ] = 8765,
    *,
    precision: AnyPrecision = "auto",
    max_documents: Annotated[
        int, typer.Option(min=1, help="Largest number of documents per request.")
    ] = 1_000,
    max_characters: Annotated[
        int, typer.Option(min=1, help="Largest number of characters per request.")
    ] = 1_000_000,
    max_waiting: Annotated[
        int, typer.Option(min=1, help="Largest queue in wordpieces; a full queue answers 429.")
    ] = 1_000_000,
    max_batch: Annotated[int, typer.Option(min=1, help="Largest batch in wordpieces.")] = 8_192,
    max_connections: Annotated[
        int, typer.Option(min=1, help="Largest number of open connections.")
    ] = 1_000,
    max_buffered: Annotated[
        int, typer.Option(min=1, help="Bytes of all bodies in memory; more answers 429.")
    ] = 64_000_000,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Time limit per request, in seconds.")
    ] = 60.0,
    read_timeout: Annotated[
        float, typer.Option(min=0.1, help="Time limit for receiving a request, in seconds.")
    ] = 30.0,
) -> None:
    """Serve POST /v1/predict. Requires VERMEIL_TOKEN as bearer token if it is set."""
    from vermeil.serving.limits import ServiceLimits
    from vermeil.serving.serve import serve as job

    limits = ServiceLimits(
        max_documents=max_documents,
        max_characters=max_characters,
        max_waiting=max_waiting,
        max_batch=max_batch,
        timeout=timeout,
        read_timeout=read_timeout,
        max_connections=max_connections,
        max_buffered=max_buffered,
    )
    job(model, host, port, limits, precision, print_status)
