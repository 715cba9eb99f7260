"""Plain text: one document per line, per file, or per file of a folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from vermeil.corpora.source import (
    STDIN,
    Line,
    LocatedDocument,
    read_lines,
    read_whole,
    stem_of,
    translate_file_errors,
)
from vermeil.corpora.tokenised import count_unsupported
from vermeil.data.document import Document
from vermeil.errors import DataError

_BREAKS = re.compile(r"[\r\n]+")


def read_text_lines(lines: Iterable[Line], path: Path) -> Iterator[tuple[int, Document]]:
    """Read one document per line, unchanged; its id is file name and line number.

    Blank lines are skipped, but count in the numbers.
    """
    stem = stem_of(path)
    for line in lines:
        if line.text.strip():
            yield line.number, Document(f"{stem}:{line.number}", line.text)


def read_text_files(path: Path) -> Iterator[LocatedDocument]:
    """Read one file as a document, or every ``.txt`` (``.txt.gz``) below a folder, by name.

    The id is the file's name without its ending; in a folder, the relative path without it.
    The line end at the end of a file is not part of its text.

    Raises:
        DataError: the folder holds no such file.
    """
    if path == STDIN or not path.is_dir():
        yield LocatedDocument(path, None, Document(stem_of(path), read_whole(path)))
        return
    for file, name in _text_files(path):
        yield LocatedDocument(file, None, Document(name, read_whole(file)))


def read_lines_of_files(path: Path) -> Iterator[LocatedDocument]:
    """Read one document per line of every ``.txt`` (``.txt.gz``) below a folder, by name.

    The id is the relative path without its ending, and the line number. The path is the group.

    Raises:
        DataError: the folder holds no such file.
    """
    for file, name in _text_files(path):
        for line in read_lines(file):
            if line.text.strip():
                document = Document(f"{name}:{line.number}", line.text, group=name)
                yield LocatedDocument(file, line.number, document)


def _text_files(folder: Path) -> list[tuple[Path, str]]:
    """Return the text files below a folder, each with its relative path without ending."""
    with translate_file_errors(folder):
        files = sorted(file for file in folder.rglob("*.txt*") if _is_text(file))
    if not files:
        raise DataError("the folder holds no .txt file", folder)
    return [(file, (file.parent.relative_to(folder) / stem_of(file)).as_posix()) for file in files]


def text_lines(documents: Iterable[Document], stem: str, losses: Counter[str]) -> Iterator[str]:
    """Yield each document's text on one line; empty if it has no text.

    Args:
        documents: the documents.
        stem: name of the file without its ending, the prefix of ids.
        losses: receives counts of lost information, under the keys of the record: also ``id`` (ids
            that do not equal file name and line number), ``respaced`` (texts whose line ends
            became spaces) and ``unwritable`` (documents without text).
    """
    number = 1
    for document in documents:
        count_unsupported(document, losses)
        values = (document.spans, document.tokens, document.group, document.id)
        readable = (None, None, None, f"{stem}:{number}")
        for name, value, implied in zip(
            ("spans", "tokens", "group", "id"), values, readable, strict=True
        ):
            losses[name] += value != implied
        text = _BREAKS.sub(" ", document.text)
        losses["respaced"] += text != document.text
        blank = not text.strip()
        losses["unwritable"] += blank
        number += not blank
        yield "" if blank else text + "\n"


def _is_text(path: Path) -> bool:
    return path.is_file() and path.name.removesuffix(".gz").endswith(".txt")
