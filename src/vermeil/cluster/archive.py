"""Archives (tar) that send folders between machines without a shared disk."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path


def create_archive(folder: Path) -> bytes:
    """Return all files of a folder as an uncompressed tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(folder, ".")
    return buffer.getvalue()


def extract_archive(data: bytes, folder: Path) -> None:
    """Extract an archive of `create_archive` into a folder, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")
