"""Class probabilities of documents, kept in files, so that what was interrupted goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from vermeil.data.atomic import atomic_path
from vermeil.data.document import Document
from vermeil.data.records import document_to_line
from vermeil.errors import DataError
from vermeil.refinement.student_trainer import ScorerSettings
from vermeil.student.config import RESULT_INDEPENDENT_KEYS

ClassProbabilities = Mapping[str, NDArray[np.float32]]
"""Id of a document to class probabilities: shape (words, classes), or (1, classes)."""

ProbabilityStream = Iterable[tuple[str, NDArray[np.float32]]]
"""The same, document by document."""


def cached_probabilities(
    path: Path, compute: Callable[[], ProbabilityStream]
) -> dict[str, NDArray[np.float32]]:
    """Return rows from a file, which is made first if it is not there.

    Args:
        path: the file.
        compute: yields a document's id and its rows, document by document.

    Raises:
        DataError: the file is broken.
    """
    if not path.exists():
        _write(path, dict(compute()))
    return _read(path)


def cache_key(
    purpose: str,
    corpora: Sequence[Sequence[Document]],
    scorer_settings: ScorerSettings,
) -> str:
    """Return what names rows that are made from these, 16 characters.

    Args:
        purpose: what is done with them, and the version of it.
        corpora: documents, in their order.
        scorer_settings: task, encoder, training settings, regimen and budget; not its seed or folder.
    """
    found = hashlib.sha256(purpose.encode())
    found.update(scorer_settings.student.model_dump_json(exclude=RESULT_INDEPENDENT_KEYS).encode())
    for section in (scorer_settings.task.config, scorer_settings.blending):
        found.update(section.model_dump_json().encode())
    for documents in corpora:
        found.update(b"|")
        for document in documents:
            found.update(document_to_line(document).encode())
    return found.hexdigest()[:16]


def _write(path: Path, probabilities: ClassProbabilities) -> None:
    """Write the rows of all documents as one array, with where each begins."""
    sizes = [len(r) for r in probabilities.values()]
    with atomic_path(path) as partial, partial.open("wb") as file:
        np.savez(
            file,
            ids=np.array(list(probabilities)),
            starts=np.cumsum([0, *sizes]),
            rows=np.concatenate([r.astype(np.float16) for r in probabilities.values()]),
        )


def _read(path: Path) -> dict[str, NDArray[np.float32]]:
    try:
        with path.open("rb") as file, np.load(file) as held:
            rows, starts = held["rows"].astype(np.float32), held["starts"]
            return {
                str(name): rows[starts[i] : starts[i + 1]] for i, name in enumerate(held["ids"])
            }
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        why = f"cannot be read ({error}); delete it, and it is made again"
        raise DataError(why, path) from error
