"""Listening sockets of the services on this machine."""

from __future__ import annotations

import ipaddress
import socket

from vermeil.errors import ConfigError


def open_listener(host: str, port: int) -> socket.socket:
    """Return a listening socket with the protocol TCP.

    Accepted sockets inherit the protocol. asyncio switches off Nagle's algorithm only for sockets
    with the protocol TCP. Otherwise a response waits 40 ms between its headers and its body.

    Args:
        host: address to listen on.
        port: port to listen on; 0: any free port.

    Raises:
        ConfigError: the address cannot be used.
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


def is_loopback(host: str) -> bool:
    """Return whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def base_address(host: str, listener: socket.socket) -> str:
    """Return the address of a listening service, without a path."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"
