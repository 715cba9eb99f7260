"""Comma-separated tables of texts with a header: ``id``, ``group``, ``text`` and ``label``.

The text is the column ``text`` or the configured one. The label of the whole text is the column
``label``, ``labels``, ``category`` or ``class``, or the configured one; an empty cell means not
annotated. Cells are separated by commas, semicolons or tabs, and may be quoted. Other columns are
counted.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.formats.corpus_format import FileStart
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import Line, stem_of
from vermeil.corpora.tokenised import count_unsupported
from vermeil.data.document import Annotation, Document
from vermeil.data.malformed import translate_malformed
from vermeil.errors import DataError

LABEL_COLUMNS = ("label", "labels", "category", "class")
"""Names of the label's column, tried in this order if none is named."""

_DELIMITERS = (",", ";", "\t")
_WRITTEN = ("id", "group", "text", "label")
_TABLE_ENDINGS = (".csv", ".tsv")
_QUOTED = re.compile(r'[",;\t\r\n]')


class _CsvColumns(NamedTuple):
    """Number of each column; None if the table lacks it."""

    text: int
    label: int | None
    id: int | None
    group: int | None


def read_csv(
    lines: Iterable[Line], config: CorpusConfig, reading: Reading
) -> Iterator[tuple[int, Document]]:
    """Read the texts of a table, with the line on which each row begins.

    Args:
        lines: lines of the file.
        config: the file and its columns.
        reading: receives the columns that are read, and counts of the others.

    Raises:
        DataError: the table has no column of the text, or a row has another number of cells.
    """
    lines = iter(lines)
    first = next((line for line in lines if line.text.strip()), Line(1, ""))
    names, delimiter = _header(first.text, config)
    columns = _columns(names, config)
    label = columns.label if reading.with_tags else None
    reading.choices["text"] = f"column {names[columns.text]}"
    reading.choices["labels"] = "none" if label is None else f"column {names[label]}"
    unread = [n for n in range(len(names)) if n not in columns]
    for number, (line, cells) in enumerate(_rows(lines, delimiter, config)):
        with translate_malformed(config.path, line):
            if len(cells) != len(names):
                raise DataError(f"the row has {len(cells)} cells; the header has {len(names)}")
            name = cells[columns.id] if columns.id is not None else ""
            group = cells[columns.group] if columns.group is not None else ""
            value = cells[label] if label is not None else ""
            document = Document(
                name or f"{stem_of(config.path)}-{number}",
                cells[columns.text],
                group or None,
                annotation=Annotation(labels=(value,) if value else None),
            )
        reading.skipped.update(f"column {names[n]}" for n in unread if cells[n])
        yield line, document


def csv_lines(documents: Iterable[Document], losses: Counter[str]) -> Iterator[str]:
    """Yield the header and the row of each document.

    Args:
        documents: the documents.
        losses: receives counts of lost information: the names of `count_unsupported`, ``spans``,
            ``tokens``, ``labels`` (of documents with none or several), and ``respaced`` (a carriage
            return before a line feed).
    """
    yield _row(_WRITTEN)
    for document in documents:
        labels = document.labels
        label = labels[0] if labels is not None and len(labels) == 1 else ""
        count_unsupported(document, losses, ("labels",))
        losses["labels"] += labels is not None and not label
        losses["spans"] += document.spans is not None
        losses["tokens"] += document.tokens is not None
        losses["group"] += document.group == ""
        cells = (document.id, document.group or "", document.text, label)
        losses["respaced"] += any("\r\n" in cell for cell in cells)
        yield _row(cells)


def looks_like_csv(start: FileStart) -> bool:
    """Return whether a ``.csv`` or ``.tsv`` file begins with a header that names the text."""
    if not start.config.path.name.removesuffix(".gz").lower().endswith(_TABLE_ENDINGS):
        return False
    names = _names(start.opening.text)[0]
    return len(names) > 1 and (start.config.text_key or "text") in names


def _names(header: str) -> tuple[list[str], str]:
    """Return the names of the columns, and the delimiter: the one that divides most."""
    found = [(_split(header, delimiter), delimiter) for delimiter in _DELIMITERS]
    names, delimiter = max(found, key=lambda one: len(one[0]))
    return [name.strip() for name in names], delimiter


def _split(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return header.split(delimiter)


def _header(header: str, config: CorpusConfig) -> tuple[list[str], str]:
    names, delimiter = _names(header)
    for option in ("text_key", "tag_key", "id_key"):
        name = getattr(config, option)
        if name is not None and name not in names:
            shown = ", ".join(names)[:200]
            raise DataError(f"has no column {name!r} ({option}); it has {shown}", config.path)
    if config.text_key is None and "text" not in names:
        raise DataError(
            f"the first row is {', '.join(names)[:200]!r}; expected a header with the column text, "
            "or name the column with text_key (--text-key)",
            config.path,
        )
    return names, delimiter


def _columns(names: Sequence[str], config: CorpusConfig) -> _CsvColumns:
    place = {name: number for number, name in reversed(list(enumerate(names)))}
    label = config.tag_key or next((name for name in LABEL_COLUMNS if name in place), "")
    return _CsvColumns(
        place[config.text_key or "text"],
        place.get(label),
        place.get(config.id_key or "id"),
        place.get("group"),
    )


def _rows(
    lines: Iterator[Line], delimiter: str, config: CorpusConfig
) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row that is not blank, with the line on which it begins."""
    csv.field_size_limit(sys.maxsize)  # a text may be longer than the default of 131,072 characters
    last = begin = 0

    def feed() -> Iterator[str]:
        nonlocal last, begin
        for line in lines:
            last, begin = line.number, begin or line.number
            yield line.text + "\n"

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    while True:
        begin = 0
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DataError(f"is not a row of a table ({error})", config.path, begin) from error
        if cells is None:
            return
        if cells:
            yield begin, cells


def _row(cells: Sequence[str]) -> str:
    quoted = (
        '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell for cell in cells
    )
    return ",".join(quoted) + "\n"
