"""Reader of documents with a layout: a file, or all such files below a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.formats.documents.extracted import ExtractedText, to_documents
from vermeil.corpora.formats.documents.html import read_html
from vermeil.corpora.formats.documents.pdf import read_pdf
from vermeil.corpora.formats.documents.word import read_docx
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import STDIN, Line, LocatedDocument, translate_file_errors
from vermeil.corpora.target import WriteTarget
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.errors import DataError

READERS: dict[str, Callable[[Path], ExtractedText]] = {
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
}
"""Ending to the function that extracts the text."""


def read_documents(
    config: CorpusConfig, _lines: Iterable[Line], reading: Reading
) -> Iterator[LocatedDocument]:
    """Read a file, or all PDF, Word and HTML files below a folder by name; others are counted.

    A PDF is one document per page, unless ``text_unit`` is ``file``.

    Raises:
        DataError: a file cannot be read, or the folder holds no such file.
    """
    path = config.path
    if path == STDIN:
        raise DataError("PDF, Word and HTML are not read from standard input; name a file", path)
    by_page = config.text_unit != "file"
    reading.choices["documents"] = "one per page of a PDF" if by_page else "one per file"
    with translate_file_errors(path):
        files = sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]
    known = [file for file in files if file.suffix.lower() in READERS]
    if not known:
        names = ", ".join(READERS)
        raise DataError(f"holds no file with the ending {names}; name another format", path)
    for file in files:
        if file.suffix.lower() not in READERS:
            reading.skipped[f"files with the ending {file.suffix or '(none)'}"] += 1
            continue
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        with translate_file_errors(file), translate_malformed(file):
            text = READERS[file.suffix.lower()](file)
            found = list(to_documents(text, name, by_page=by_page))
        yield from (LocatedDocument(file, None, document) for document in found)


def refuse_to_write(_documents: Iterable[Document], to: WriteTarget) -> None:
    """Raise `DataError`: documents with a layout are read, not written."""
    raise DataError("PDF, Word and HTML are only read; write jsonl or another format", to.path)


def holds_documents(path: Path) -> bool:
    """Return whether a folder holds PDF, Word or HTML files, and no plain text."""
    endings = {file.suffix.lower() for file in path.rglob("*")}
    return not endings.isdisjoint(READERS) and ".txt" not in endings
