"""Running the service."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.serving.limits import Limits

if TYPE_CHECKING:
    from vermeil.student.inference.model_settings import Precision

TOKEN_VARIABLE = "VERMEIL_TOKEN"
"""Environment variable that holds the token which clients have to send."""

SHUTDOWN_SECONDS = 30
"""Seconds that running requests are given at the end."""


def serve(
    model: Path,
    host: str = "127.0.0.1",
    port: int = 8765,
    limits: Limits | None = None,
    precision: Precision = "auto",
    on_message: Callable[[str], None] = print,
) -> None:
    """Answer requests for predictions over HTTP, until the process is told to end.

    Args:
        model: a folder that `train` or `export` wrote.
        host: the address to listen on; loopback: this machine alone.
        port: the port; 0: any that is free.
        limits: how much is taken on at a time.
        precision: as for `vermeil.jobs.predict.predict`.
        on_message: told the address, and what is to be minded.

    Raises:
        ConfigError: what is needed is not installed, or the address is not to be had.
        DataError: the folder is not a student.
    """
    from vermeil.student.load import load_predictor, require_model

    require_model("vermeil serve", model, "serve")
    import uvicorn

    from vermeil.serving.app import make_app

    limits, token = limits or Limits(), os.environ.get(TOKEN_VARIABLE) or None
    predictor = load_predictor(model, precision)

    def predict(documents: list[Document]) -> list[Document]:
        return list(predictor.predict(documents))

    predict([Document("warm-up", "Ada met Grace.")])
    with _open_listener(host, port) as listener:
        address = f"http://{host}:{listener.getsockname()[1]}"
        if token is None and not _is_loopback(host):
            on_message(
                f"anybody who reaches {address} may use it; set {TOKEN_VARIABLE} to ask for a token"
            )
        on_message(f"serving {model} on {address}")
        config = uvicorn.Config(
            make_app(predict, limits, token),
            log_level="warning",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            timeout_keep_alive=30,
        )
        uvicorn.Server(config).run(sockets=[listener])


def _open_listener(host: str, port: int) -> socket.socket:
    """Return a socket that is listened on.

    It says that it is TCP, as those that it accepts then do: asyncio switches off Nagle's algorithm
    for such alone, without which an answer waits for 40 ms between its head and its body.
    """
    try:
        made = socket.create_server((host, port), family=_family(host), backlog=1024)
        return socket.socket(made.family, made.type, socket.IPPROTO_TCP, fileno=made.detach())
    except OSError as error:
        raise ConfigError(f"--host, --port: {host}:{port}: {error.strerror}") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
