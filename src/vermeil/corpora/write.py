"""Writing of corpora: from documents to files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vermeil.corpora.config import CorpusConfig, FileFormat, FormatSetting
from vermeil.corpora.formats.arrow import write_datasets, write_parquet
from vermeil.corpora.formats.brat import write_brat
from vermeil.corpora.formats.conll import conll_texts
from vermeil.corpora.formats.docbin import write_docbin
from vermeil.corpora.formats.jsonl import json_lines
from vermeil.corpora.formats.tables import WordRows, text_columns, text_rows
from vermeil.corpora.formats.text import text_lines
from vermeil.corpora.formats.tokens import token_rows
from vermeil.corpora.formats.webanno.writer import write_webanno
from vermeil.corpora.recognise import require_writable
from vermeil.corpora.source import stem_of
from vermeil.corpora.tools.registry import TOOLS, tool_lines
from vermeil.data.atomic import atomic_file
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
    chosen = require_writable(path, format)
    if not _is_folder(chosen, path):
        check_file(path, overwrite=overwrite)
    losses: Counter[str] = Counter()
    seen: dict[str, None] = {}
    source = _with_unique_ids(documents, seen)
    with _report_surrogates(seen):
        match chosen:
            case "brat":
                write_brat(source, path, losses)
            case "webanno":
                write_webanno(source, path, losses)
            case "docbin":
                write_docbin(source, path)
            case "parquet":
                write_parquet(text_rows(source), text_columns(), path)
            case "datasets":
                write_datasets(text_rows(source), text_columns(), path)
            case "parquet-tokens" | "datasets-tokens":
                words = WordRows(scheme, losses)
                write = write_parquet if chosen == "parquet-tokens" else write_datasets
                write(words.rows(source), words.columns(), path)
            case _:
                _write_text(_chunks(source, chosen, path, scheme, losses), path, seen)
    return WriteReport(
        len(seen), len(seen) - losses["unwritable"], {k: n for k, n in losses.items() if n}
    )


def _is_folder(chosen: FileFormat, path: Path) -> bool:
    """Return whether a format is written as a folder."""
    if chosen == "webanno":
        return path.suffix != ".tsv"
    return chosen in ("brat", "datasets", "datasets-tokens")


def _chunks(
    source: Iterator[Document],
    chosen: FileFormat,
    path: Path,
    scheme: Scheme,
    losses: Counter[str],
) -> Iterator[str]:
    match chosen:
        case "jsonl":
            return json_lines(source)
        case "conll":
            return conll_texts(source, stem_of(path), scheme, losses)
        case "tokens":
            return token_rows(source, CorpusConfig(path=path), scheme, losses)
        case "text":
            return text_lines(source, stem_of(path), losses)
        case _:
            return tool_lines(source, TOOLS[chosen])


def _write_text(chunks: Iterator[str], path: Path, seen: dict[str, None]) -> None:
    with atomic_file(path) as file:
        for chunk in chunks:
            # A text that begins with a byte-order mark would lose it when the file is read.
            file.write("\ufeff" + chunk if len(seen) == 1 and chunk[:1] == "\ufeff" else chunk)


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
