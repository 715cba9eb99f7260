"""The function `serve`, which runs the HTTP service."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.serving.limits import ServiceLimits

if TYPE_CHECKING:
    from vermeil.student.inference.model_settings import Precision

TOKEN_VARIABLE = "VERMEIL_TOKEN"
"""Environment variable with the bearer token that clients must send."""

SHUTDOWN_SECONDS = 30
"""Maximum seconds to finish running requests at shutdown."""


def serve(
    model: Path | str,
    host: str = "127.0.0.1",
    port: int = 8765,
    limits: ServiceLimits | None = None,
    precision: Precision = "auto",
    on_message: Callable[[str], None] = print,
) -> None:
    """Serve predictions over HTTP until the process is stopped.

    Args:
        model: model folder written by `train` or `export`.
        host: address to listen on; a loopback address serves this machine only.
        port: port to listen on; 0: any free port.
        limits: limits on requests and queued work.
        precision: as for `vermeil.predict`.
        on_message: called with a warning if no token protects the service, and with its address.

    Raises:
        ConfigError: a package is not installed, or the address cannot be used.
        DataError: the folder is not a model folder.
    """
    model = Path(model)
    from vermeil.student.load import load_predictor, require_model

    require_model("vermeil serve", model, "serve")
    import uvicorn

    from vermeil.serving.app import make_app

    limits, token = limits or ServiceLimits(), os.environ.get(TOKEN_VARIABLE) or None
    predictor = load_predictor(model, precision)

    def predict(documents: list[Document]) -> list[Document]:
        return list(predictor.predict(documents))

    predict([Document("warm-up", "Ada met Grace.")])
    with _open_listener(host, port) as listener:
        address = f"http://{host}:{listener.getsockname()[1]}"
        if token is None and not _is_loopback(host):
            on_message(
                f"every machine that can connect to {address} can use it; set {TOKEN_VARIABLE} to "
                "require a token"
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
    """Return a listening socket with the protocol TCP.

    Accepted sockets inherit the protocol. asyncio switches off Nagle's algorithm only for sockets
    with the protocol TCP. Otherwise a response waits 40 ms between its headers and its body.
    """
    try:
        server = socket.create_server((host, port), family=_family(host), backlog=1024)
        return socket.socket(server.family, server.type, socket.IPPROTO_TCP, fileno=server.detach())
    except OSError as error:
        raise ConfigError(
            f"--host, --port: cannot listen on {host}:{port} ({error.strerror}); choose another one"
        ) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
