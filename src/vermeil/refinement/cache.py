"""The cache of class probabilities: one file per trained scorer, reused by later runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from vermeil.blending.regimens import with_fixed_regimen
from vermeil.data.atomic import atomic_path
from vermeil.data.document import Document
from vermeil.data.malformed import MALFORMED
from vermeil.data.records import document_to_line
from vermeil.errors import DataError
from vermeil.renamed import with_old_keys
from vermeil.section import Section
from vermeil.student.config import RELATIONS_VERSION, RESULT_INDEPENDENT_KEYS
from vermeil.student.network.encoder import EMBEDDED
from vermeil.training.job import TrainJob

ClassProbabilities = Mapping[str, NDArray[np.float32]]
"""Id of a document to class probabilities: shape (words, classes), or (1, classes)."""

_UNREADABLE: tuple[type[Exception], ...] = (OSError, BadZipFile, RuntimeError, *MALFORMED)

ProbabilityStream = Iterable[tuple[str, NDArray[np.float32]]]
"""Pairs of document id and class probabilities, document by document."""


PAIRS = "\npairs"
"""End of the key of the scored pairs of a document, after its id."""


def pairs_of(probabilities: ClassProbabilities, document_id: str) -> NDArray[np.float32] | None:
    """Return the scored pairs of a document; None if there are none.

    Args:
        probabilities: the output of a scorer.
        document_id: id of the document.
    """
    return probabilities.get(f"{document_id}{PAIRS}")


def as_stored(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return class probabilities with the precision of stored ones."""
    return rows.astype(np.float16).astype(np.float32)


class ProbabilityCache:
    """A folder of class probabilities, so that an interrupted run continues.

    Args:
        folder: holds one file per scorer; made with the first file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(
        self, name: str, compute: Callable[[], ProbabilityStream]
    ) -> dict[str, NDArray[np.float32]]:
        """Return the class probabilities of a file, which is computed and written if missing.

        Args:
            name: name of the file, without its suffix.
            compute: yields the id and the class probabilities of each document.

        Raises:
            DataError: the file is broken.
        """
        path = self.folder / f"{name}.npz"
        if not path.exists():
            _write(path, dict(compute()))
        return _read(path)


def cache_key(purpose: str, corpora: Sequence[Sequence[Document]], job: TrainJob) -> str:
    """Return the digest of everything that decides class probabilities, 16 characters.

    Args:
        purpose: name and version of the scorer.
        corpora: the documents that the scorer reads, in their order.
        job: task, student and blending. Its documents and its seed are not part of the digest.
    """
    digest = hashlib.sha256(purpose.encode())
    if job.task.head == "pair":
        digest.update(f"relations:{RELATIONS_VERSION}".encode())
    if job.student.encoder != EMBEDDED:  # the weights of the embedded encoder are fixed
        from vermeil.student.network.encoder_digest import encoder_digest

        digest.update(encoder_digest(job.student.encoder).encode())
    digest.update(job.student.model_dump_json(exclude=RESULT_INDEPENDENT_KEYS).encode())
    digest.update(_section_json("task", job.task.config))
    digest.update(_section_json("blending", with_fixed_regimen(job.blending)))
    for documents in corpora:
        digest.update(b"|")
        for document in documents:
            digest.update(document_to_line(document).encode())
    return digest.hexdigest()[:16]


def _section_json(name: str, section: Section) -> bytes:
    """Return a section as JSON under the names of its keys that existing digests are made of."""
    return to_json(with_old_keys(name, section.model_dump(mode="json")))


def _write(path: Path, probabilities: ClassProbabilities) -> None:
    """Write the probabilities of all documents as one array, with the first row of each.

    Scored pairs are a second array, for they have other columns, and indices among them.
    """
    pairs = {name: rows for name, rows in probabilities.items() if name.endswith(PAIRS)}
    words = {name: rows for name, rows in probabilities.items() if name not in pairs}
    arrays = _as_arrays(words, np.float16)
    if pairs:
        arrays |= {f"pair_{name}": own for name, own in _as_arrays(pairs, np.float32).items()}
    with atomic_path(path) as partial, partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _as_arrays(
    probabilities: ClassProbabilities, number: type[np.floating[Any]]
) -> dict[str, NDArray[Any]]:
    sizes = [len(rows) for rows in probabilities.values()]
    return {
        "ids": np.array(list(probabilities)),
        "starts": np.cumsum([0, *sizes]),
        "rows": np.concatenate([rows.astype(number) for rows in probabilities.values()]),
    }


def _read(path: Path) -> dict[str, NDArray[np.float32]]:
    try:
        with path.open("rb") as file, np.load(file) as stored:
            found: dict[str, NDArray[np.float32]] = {}
            for prefix in ("", "pair_") if "pair_ids" in stored else ("",):
                rows = stored[f"{prefix}rows"].astype(np.float32)
                starts = stored[f"{prefix}starts"]
                for number, name in enumerate(stored[f"{prefix}ids"]):
                    found[str(name)] = rows[starts[number] : starts[number + 1]]
            return found
    except _UNREADABLE as error:
        why = f"cannot be read ({error}); delete it to compute the probabilities again"
        raise DataError(why, path) from error
