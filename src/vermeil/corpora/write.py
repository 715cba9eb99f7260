"""Documents to files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vermeil.corpora.config import CorpusConfig, Format
from vermeil.corpora.conll import conll_texts
from vermeil.corpora.formats import format_for
from vermeil.corpora.jsonl import json_lines
from vermeil.corpora.source import stem_of
from vermeil.corpora.text import text_lines
from vermeil.corpora.tokens import token_rows
from vermeil.data.atomic import atomic_file
from vermeil.data.document import Document
from vermeil.data.tags import Scheme
from vermeil.errors import DataError


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What was written, and what the format could not hold.

    Args:
        documents: documents that came in.
        written: documents that are in the file; the others are ``losses["unwritable"]``.
        losses: name of a loss to number; empty where reading the file gives the same documents.
    """

    documents: int
    written: int
    losses: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        return {
            "documents": self.documents,
            "written": self.written,
            "losses": {name: self.losses[name] for name in sorted(self.losses)},
        }


def write_corpus(
    documents: Iterable[Document],
    path: Path,
    format: Format = "auto",  # noqa: A002
    scheme: Scheme = "iob2",
) -> WriteReport:
    """Write documents to a file, whole or not at all; a name that ends in ``.gz`` is compressed.

    jsonl holds everything. What another format cannot hold is counted by name.

    Args:
        documents: what is written, in order.
        path: where to; missing folders are made.
        format: jsonl, conll, tokens, text (a line per document), or auto: by the ending.
        scheme: tag scheme of conll and tokens.

    Raises:
        DataError: the file cannot be written, two documents have the same id, or a text holds
            what UTF-8 cannot hold.
    """
    chosen = format_for(path) if format == "auto" else format
    losses: Counter[str] = Counter()
    seen: dict[str, None] = {}
    config = CorpusConfig(path=path)
    source = _noted(documents, seen)
    chunks: Iterator[str]
    match chosen:
        case "jsonl":
            chunks = json_lines(source)
        case "conll":
            chunks = conll_texts(source, stem_of(path), scheme, losses)
        case "tokens":
            chunks = token_rows(source, config, scheme, losses)
        case _:
            chunks = text_lines(source, stem_of(path), losses)
    with atomic_file(path) as file:
        for chunk in chunks:
            try:
                # A file that begins with a byte-order mark would lose it on reading.
                file.write("\ufeff" + chunk if len(seen) == 1 and chunk[:1] == "\ufeff" else chunk)
            except UnicodeEncodeError as error:
                raise DataError(
                    f"document {next(reversed(seen))!r} holds half of a surrogate pair, "
                    "which is not a character"
                ) from error
    return WriteReport(
        len(seen), len(seen) - losses["unwritable"], {k: n for k, n in losses.items() if n}
    )


def _noted(documents: Iterable[Document], seen: dict[str, None]) -> Iterator[Document]:
    for document in documents:
        if document.id in seen:
            raise DataError(f"two documents have the id {document.id!r}; ids must be unique")
        seen[document.id] = None
        yield document
