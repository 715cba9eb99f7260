"""Access to output files: the target of writing a corpus, and text files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from vermeil.data.atomic import atomic_file
from vermeil.data.tags import Scheme


class WriteTarget(NamedTuple):
    """File or folder to write a corpus to.

    Args:
        path: the file or folder.
        scheme: tag scheme of formats with tags.
        losses: receives counts of information that the format cannot hold.
    """

    path: Path
    scheme: Scheme
    losses: Counter[str]


def write_text_file(chunks: Iterable[str], path: Path) -> None:
    """Write the text of a file from pieces, atomically; ``.gz`` compresses it."""
    is_empty = True
    with atomic_file(path) as file:
        for chunk in chunks:
            # A text that begins with a byte-order mark would lose it when the file is read.
            file.write("\ufeff" + chunk if is_empty and chunk[:1] == "\ufeff" else chunk)
            is_empty = is_empty and not chunk
