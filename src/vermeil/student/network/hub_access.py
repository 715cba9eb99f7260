"""Access to encoders of the Hugging Face Hub: the local cache, and a check of the connection.

In a closed network, the libraries retry for minutes. The check fails within seconds.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from vermeil.hub.name_resolution import (
    SECONDS_TO_CONNECT,
    has_proxy,
    host_and_port,
    resolution_problem,
)

_ENDPOINT = "https://huggingface.co"
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")


def cached_encoder(name: str) -> bool:
    """Return whether configuration and weights of a Hub encoder are in the local cache.

    Args:
        name: Hub id.
    """
    folder = _cache() / f"models--{name.replace('/', '--')}" / "snapshots"
    return any(
        (snapshot / "config.json").exists() and any((snapshot / one).exists() for one in _WEIGHTS)
        for snapshot in (folder.iterdir() if folder.is_dir() else ())
    )


def connection_problem() -> str | None:
    """Return in words why the Hub cannot be reached; None if it can, or if a proxy decides.

    One connection is opened and closed. Nothing is sent.
    """
    if any(os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE") for name in _OFFLINE):
        return "the environment variable HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set"
    address = os.environ.get("HF_ENDPOINT") or _ENDPOINT
    if has_proxy(address):
        return None
    host, port = host_and_port(address)
    if problem := resolution_problem(address):
        return f"{host} cannot be reached ({problem})"
    try:
        socket.create_connection((host, port), timeout=SECONDS_TO_CONNECT).close()
    except OSError as error:
        return f"{host} cannot be reached ({error.strerror or error})"
    return None


def _cache() -> Path:
    """Return the folder of the Hub's cache; the same rules as those of huggingface_hub."""
    if own := os.environ.get("HF_HUB_CACHE"):
        return Path(own).expanduser()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    home = Path(os.environ.get("HF_HOME") or caches / "huggingface")
    return home.expanduser() / "hub"
