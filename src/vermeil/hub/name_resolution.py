"""Resolution of the Hub's name within a limit.

The system's resolver has a timeout of its own, of 10 s and more without a name server. The
limit of a connection does not cover it.
"""

from __future__ import annotations

import os
import socket
import threading
from urllib.parse import urlsplit

SECONDS_TO_CONNECT = 3.0
"""Limit of the resolution, and of the first connection: without a network, a command ends soon."""


def has_proxy(address: str) -> bool:
    """Return whether the environment names a proxy for an address, which then resolves its name."""
    scheme = urlsplit(address).scheme
    names = (f"{scheme}_proxy", "all_proxy")
    return any(os.environ.get(name) or os.environ.get(name.upper()) for name in names)


def host_and_port(address: str) -> tuple[str, int]:
    """Return the host and the port of an address."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)


def resolution_problem(address: str, seconds: float = SECONDS_TO_CONNECT) -> str | None:
    """Return in words why the host of an address has no known IP address; None if it has one.

    A proxy resolves names itself, so the result is None.

    Args:
        address: URL.
        seconds: longest wait.
    """
    if has_proxy(address):
        return None
    host, port = host_and_port(address)
    problems: list[str | None] = []

    def resolve() -> None:
        try:
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            problems.append(getattr(error, "strerror", None) or str(error))
        else:
            problems.append(None)

    # A daemon: the resolver cannot be interrupted, and the command does not wait for it at its end.
    thread = threading.Thread(target=resolve, name="vermeil-resolve", daemon=True)
    thread.start()
    thread.join(seconds)
    return problems[0] if problems else f"no name server answers within {seconds:g} s"
