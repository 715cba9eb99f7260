"""Files of torch with a checksum: damage of any single bit is found before the file is used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from vermeil.data.atomic import atomic_path
from vermeil.data.disk_space import full_disk_error
from vermeil.errors import DataError

_MARK = b"\nVERMEIL-SHA256 "
_LENGTH = len(_MARK) + 64
"""Length of the checksum at the end of the file, in bytes."""
_BLOCK = 1 << 20
_TENSOR_OVERHEAD = 1000
"""Approximate size of name, position and padding of a tensor in a file, in bytes."""


def save_sealed(path: Path, value: Mapping[str, Any]) -> None:
    """Write tensors and plain values with a checksum, atomically.

    Raises:
        DataError: the file cannot be written; for a full disk with its free space and the space
            that is needed.
    """
    try:
        with atomic_path(path) as partial:
            with partial.open("wb") as file:  # torch hides the system's error for a path
                torch.save(dict(value), file)
            digest = _digest(partial, partial.stat().st_size)
            with partial.open("ab") as file:
                file.write(_MARK + digest)
    except (RuntimeError, DataError) as error:
        full = full_disk_error(path, _tensor_bytes(value), error)
        if full is None and isinstance(error, DataError):
            raise
        raise full or DataError(
            f"cannot be written ({str(error).splitlines()[0]})", path
        ) from error


def load_sealed(path: Path) -> dict[str, Any]:
    """Return the value of a file of `save_sealed`; its tensors are on the processor.

    Raises:
        ValueError: the file has no checksum, or was changed after it was written.
        OSError: the file cannot be read.
        RuntimeError, pickle.PickleError: torch cannot read the file.
    """
    length = path.stat().st_size - _LENGTH
    with path.open("rb") as file:
        file.seek(max(length, 0))
        seal = file.read()
    if length <= 0 or not seal.startswith(_MARK):
        raise ValueError(f"{path.name} is not complete: it does not end with a checksum")
    if seal != _MARK + _digest(path, length):
        raise ValueError(f"{path.name} was changed: its checksum is wrong")
    value: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return value


def _digest(path: Path, length: int) -> bytes:
    """Return the SHA-256 of the first bytes of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while length > 0 and (block := file.read(min(length, _BLOCK))):
            digest.update(block)
            length -= len(block)
    return digest.hexdigest().encode()


def _tensor_bytes(value: object) -> int:
    """Return the approximate size of all tensors in nested dicts and lists in a file, in bytes."""
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size() + _TENSOR_OVERHEAD
    if isinstance(value, Mapping):
        return sum(_tensor_bytes(one) for one in value.values())
    if isinstance(value, list | tuple):
        return sum(_tensor_bytes(one) for one in value)
    return 0
