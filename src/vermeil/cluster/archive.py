"""Folders on their way between machines that share no disk."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path


def create_archive(folder: Path) -> bytes:
    """Return all files of a folder, as one piece."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, ".")
    return buffer.getvalue()


def extract_archive(data: bytes, folder: Path) -> None:
    """Write what `pack` returned into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")
