"""Writing of corpora: from documents to files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vermeil.corpora.config import FormatSetting
from vermeil.corpora.formats.registry import FORMATS
from vermeil.corpora.recognise import require_writable
from vermeil.corpora.target import WriteTarget
from vermeil.data.document import Document
from vermeil.data.tags import Scheme
from vermeil.data.written import check_file
from vermeil.errors import DataError


@dataclass(frozen=True, slots=True)
class WriteReport:
    """Result of writing a corpus, with the information that the format cannot hold.

    Args:
        documents: number of given documents.
        written: number of documents in the file; the others are ``losses["unwritable"]``.
        losses: name of a loss to number; empty if reading the file gives the same documents.
    """

    documents: int
    written: int
    losses: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "documents": self.documents,
            "written": self.written,
            "losses": {name: self.losses[name] for name in sorted(self.losses)},
        }


def write_corpus(
    documents: Iterable[Document],
    path: Path | str,
    format: FormatSetting = "auto",  # noqa: A002
    scheme: Scheme = "iob2",
    *,
    overwrite: bool = False,
) -> WriteReport:
    """Write documents to a file or folder, atomically; ``.gz`` compresses text files.

    jsonl, parquet, datasets and the formats of annotation tools hold everything. Information that
    another format cannot hold is counted by name.

    Args:
        documents: the documents, in order.
        path: the file or folder; missing parent folders are created.
        format: one of `vermeil.corpora.config.FORMAT_NAMES`, or auto: by the ending.
        scheme: tag scheme of conll, tokens and tables of tokens.
        overwrite: replace an existing file; a folder that is not empty is never replaced.

    Raises:
        ConfigError: a library that the format needs is not installed.
        DataError: the file exists or cannot be written, two documents have the same id, or a
            text holds half of a surrogate pair.
    """
    path = Path(path)
    corpus_format = FORMATS[require_writable(path, format)]
    if not corpus_format.is_folder(path):
        check_file(path, overwrite=overwrite)
    losses: Counter[str] = Counter()
    seen: dict[str, None] = {}
    with _report_surrogates(seen):
        corpus_format.write(_with_unique_ids(documents, seen), WriteTarget(path, scheme, losses))
    return WriteReport(
        len(seen), len(seen) - losses["unwritable"], {k: n for k, n in losses.items() if n}
    )


@contextmanager
def _report_surrogates(seen: dict[str, None]) -> Iterator[None]:
    """Name the document in the error about characters that UTF-8 cannot encode."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise DataError(
            f"document {next(reversed(seen))!r} holds half of a surrogate pair, "
            "which is not a character"
        ) from error


def _with_unique_ids(documents: Iterable[Document], seen: dict[str, None]) -> Iterator[Document]:
    for document in documents:
        if document.id in seen:
            raise DataError(f"two documents have the id {document.id!r}; ids must be unique")
        seen[document.id] = None
        yield document
