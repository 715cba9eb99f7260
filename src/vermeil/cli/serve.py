"""``vermeil serve``: a model over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from vermeil.cli.ui.options import AnyPrecision, Model
from vermeil.cli.ui.output import print_status

EXAMPLE = "Example: vermeil serve vermeil-run/model"


def serve(
    model: Model,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any.")] = 8765,
    *,
    precision: AnyPrecision = "auto",
    max_documents: Annotated[int, typer.Option(min=1, help="Of one request.")] = 1_000,
    max_characters: Annotated[int, typer.Option(min=1, help="Of one request.")] = 1_000_000,
    max_waiting: Annotated[
        int, typer.Option(min=1, help="Wordpieces that may wait; beyond: 429.")
    ] = 1_000_000,
    max_batch: Annotated[
        int, typer.Option(min=1, help="Wordpieces that are predicted together.")
    ] = 8_192,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for one request.")] = 60.0,
) -> None:
    """Answer POST /v1/predict; a token in VERMEIL_TOKEN is asked of clients."""
    from vermeil.serving.limits import Limits
    from vermeil.serving.serve import serve as job

    limits = Limits(
        documents=max_documents,
        characters=max_characters,
        waiting=max_waiting,
        batch=max_batch,
        seconds=timeout,
    )
    job(model, host, port, limits, precision, print_status)
