"""The function `serve`, which runs the HTTP service."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vermeil.data.document import Document
from vermeil.serving.limits import ServiceLimits
from vermeil.serving.listener import base_address, is_loopback, open_listener
from vermeil.serving.token import TOKEN_VARIABLE, read_token

if TYPE_CHECKING:
    from vermeil.student.inference.model_settings import Precision


def serve(
    model: Path | str,
    host: str = "127.0.0.1",
    port: int = 8765,
    limits: ServiceLimits | None = None,
    precision: Precision = "auto",
    on_message: Callable[[str], None] = print,
) -> None:
    """Serve predictions over HTTP until the process is stopped; Ctrl-C returns.

    Args:
        model: model folder written by `train` or `export`.
        host: address to listen on; a loopback address serves this machine only.
        port: port to listen on; 0: any free port.
        limits: limits on connections, requests and queued work.
        precision: as for `vermeil.predict`.
        on_message: called with a warning if no token protects the service, and with its address.

    Raises:
        ConfigError: a package is not installed, or the address or the token cannot be used.
        DataError: the folder is not a model folder.
    """
    model, token = Path(model), read_token()
    from vermeil.student.load import load_predictor, require_model

    require_model("vermeil serve", model, "serve")
    from vermeil.serving.app import make_app
    from vermeil.serving.server import make_server

    limits = limits or ServiceLimits()
    predictor = load_predictor(model, precision)

    def predict(documents: list[Document]) -> list[Document]:
        return list(predictor.predict(documents))

    predict([Document("warm-up", "Ada met Grace.")])
    with open_listener(host, port) as listener:
        address = base_address(host, listener)
        if token is None and not is_loopback(host):
            on_message(
                f"every machine that can connect to {address} can use it; set {TOKEN_VARIABLE} to "
                "require a token"
            )
        on_message(f"serving {model} on {address}; stop with Ctrl-C")
        secret = "" if token is None else f' -H "Authorization: Bearer ${TOKEN_VARIABLE}"'
        on_message(
            f"try: curl -H 'Content-Type: application/json'{secret} "
            f"""-d '{{"text": "Ada met Grace in Oslo."}}' {address}/v1/predict"""
        )
        server = make_server(make_app(predict, limits, token), limits)
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
