"""Annotating new text with a student."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent


def predict(
    model: Path, documents: Iterable[Document | str], progress: Progress = silent
) -> Iterator[Document]:
    """Annotate documents or plain texts with the student in a model folder.

    Args:
        model: a folder that `train` wrote.
        documents: read as a stream; texts of any length.
        progress: told after every block of documents.

    Yields:
        The documents in order, with spans (or labels) that carry scores.

    Raises:
        ConfigError: torch or transformers is not installed.
        DataError: the folder is not a student.
    """
    from vermeil.student.student import Student

    yield from Student.load(model).predict(documents, progress)
