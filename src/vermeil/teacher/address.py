"""Address and API key of the teacher."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

from vermeil.errors import ConfigError
from vermeil.teacher.config import TeacherConfig


def host_of(base_url: str) -> str:
    """Return the host of an http(s) address, without its port.

    Raises:
        ConfigError: the address is not http(s), or contains a user name or password.
    """
    problem = f"teacher.base_url: {base_url!r} is not an address like http://127.0.0.1:8000/v1"
    try:
        parts = urlsplit(base_url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise ConfigError(problem) from error
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            "teacher.base_url contains a user name or password; remove it and set the key in the "
            "environment variable that teacher.api_key_env names"
        )
    has_invalid = any(c.isspace() or c == "\\" or not c.isprintable() for c in base_url)
    if parts.scheme not in {"http", "https"} or not host or has_invalid:
        raise ConfigError(problem)
    return host


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine: localhost, 127.0.0.0/8 or ::1 only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def api_key(config: TeacherConfig) -> str | None:
    """Return the API key from the environment; None if a teacher on loopback has none.

    Raises:
        ConfigError: a remote teacher's key is missing, or the variable cannot hold a key.
    """
    key = os.environ.get(config.key_variable, "").strip()
    if not key:
        if is_loopback(host_of(config.base_url)):
            return None
        raise ConfigError(
            f"no API key for {host_of(config.base_url)}: set the environment variable "
            f"{config.key_variable} (or name another one in teacher.api_key_env)"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(
            f"environment variable {config.key_variable}: not a valid API key; expected printable "
            "ASCII characters without spaces"
        )
    return key
