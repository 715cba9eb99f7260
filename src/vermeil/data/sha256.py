"""SHA-256 of a file or a text."""

from __future__ import annotations

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits; the file is read as a stream."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_text(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8 as hexadecimal digits; halves of pairs are allowed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
