"""Where the teacher is, and the key that opens it."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

from vermeil.errors import ConfigError
from vermeil.teacher.config import TeacherConfig


def host_of(base_url: str) -> str:
    """Return the host of an http(s) address, without its port.

    Raises:
        ConfigError: it is not such an address, or holds a user name or password.
    """
    wrong = f"teacher.base_url: {base_url!r} is not an address like http://127.0.0.1:8000/v1"
    try:
        parts = urlsplit(base_url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise ConfigError(wrong) from error
    if parts.username is not None or parts.password is not None:
        raise ConfigError(
            "teacher.base_url holds a user name or password; keys belong into the environment "
            "variable named by teacher.api_key_env"
        )
    strange = any(c.isspace() or c == "\\" or not c.isprintable() for c in base_url)
    if parts.scheme not in {"http", "https"} or not host or strange:
        raise ConfigError(wrong)
    return host


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: localhost, 127.0.0.0/8 or ::1, and nothing else."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def api_key(config: TeacherConfig) -> str | None:
    """Return the key from the environment; None where a teacher on loopback has none.

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
            f"the environment variable {config.key_variable} holds characters that no API key has"
        )
    return key
