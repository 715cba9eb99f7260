r"""Reader of WebAnno TSV 3, the format of INCEpTION: a file, or a folder with one per document.

The header ``#FORMAT=WebAnno TSV 3.3`` is followed by the layers (``#T_SP=…NamedEntity|value``) and
the sentences. A sentence is ``#Text=`` with the text, and a row for each token:
``1-2<TAB>4-8<TAB>Haag<TAB>PER[1]``. Offsets are UTF-16 units. ``[1]`` joins the rows of one
annotation, ``|`` separates annotations of one row, ``_`` means none, ``*`` one without a value.
Special characters are escaped with a backslash. Rows ``1-2.1`` are parts of a token.
`chosen_layers` selects the layer of the spans, the same for all files of a folder. A file without
it is not annotated. Relations between these spans are read (`relations`). Annotations and relations
of other layers, and chains, are counted. A document is a file, with all its sentences. Offsets are
compared with the words of the rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.folders import files_below
from vermeil.corpora.formats.webanno.escapes import HEADER, NONE, unescape
from vermeil.corpora.formats.webanno.layers import (
    ROLE,
    Column,
    chosen_layers,
    declared_columns,
    label_columns,
)
from vermeil.corpora.formats.webanno.relations import (
    RelationColumns,
    RelationRows,
    relation_columns,
)
from vermeil.corpora.offsets import parse_offset
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import (
    Line,
    LocatedDocument,
    read_lines,
    stem_of,
    translate_file_errors,
)
from vermeil.corpora.surfaces import DIFFERENT, is_same_text
from vermeil.corpora.unread import with_unread
from vermeil.corpora.utf16 import units_before
from vermeil.data.document import Annotation, Document, Range, Span
from vermeil.data.malformed import translate_malformed
from vermeil.errors import DataError

_NO_VALUE = "*"
_MARK = re.compile(r"\\.|\|", re.DOTALL)
_BLANKS = 100_000
_BLANKS_PER_CHARACTER = 4
"""Limits of the white space between sentences, which a file describes by offsets alone."""
_NUMBERED = re.compile(r"(.*)\[(\d+)\]", re.DOTALL)


@dataclass(slots=True)
class _FileContent:
    """Collected content of a file; ranges are UTF-16 units until the text is complete."""

    text: list[str] = field(default_factory=list)
    units: int = 0
    blanks: int = 0
    tokens: list[Range] = field(default_factory=list)
    spans: list[tuple[int, int, str]] = field(default_factory=list)
    numbered: dict[tuple[str, str], int] = field(default_factory=dict)
    unread: Counter[str] = field(default_factory=Counter)
    words: list[tuple[Range, str]] = field(default_factory=list)
    relations: RelationRows = field(default_factory=RelationRows)

    def add(self, text: str) -> None:
        self.text.append(text)
        self.units += len(text) + sum(character > "\uffff" for character in text)


def read_webanno(
    config: CorpusConfig, lines: Iterable[Line], reading: Reading
) -> Iterator[LocatedDocument]:
    """Read a file, or all ``.tsv`` files below a folder.

    Args:
        config: the file or folder; ``tag_key`` is the layer of the spans.
        lines: lines of the file; ignored for a folder.
        reading: receives the layers that are read.

    Raises:
        DataError: a file is not WebAnno TSV 3.
    """
    path = config.path
    if not path.is_dir():
        first = list(_header(lines := iter(lines)))
        layers = chosen_layers(first, path, config.tag_key)
        _report(layers, reading)
        document = webanno_document(chain(first, lines), path, stem_of(path), layers)
        yield LocatedDocument(path, None, document)
        return
    with translate_file_errors(path):
        files = list(files_below(path, ".tsv"))
    headers = chain.from_iterable(_header(read_lines(file)) for file, _ in files)
    layers = chosen_layers(headers, path, config.tag_key)
    _report(layers, reading)
    for file, name in files:
        yield LocatedDocument(file, None, webanno_document(read_lines(file), file, name, layers))


def holds_webanno(folder: Path) -> bool:
    """Return whether the first ``.tsv`` file below a folder is in this format."""
    for file, _ in files_below(folder, ".tsv"):
        first = next(iter(read_lines(file)), None)
        return first is not None and first.text.startswith(HEADER)
    return False


def _report(layers: Sequence[str], reading: Reading) -> None:
    if layers:
        reading.choices["layer"] = ", ".join(layer.rpartition(".")[2] for layer in layers)


def webanno_document(
    lines: Iterable[Line], path: Path, name: str, layers: Collection[str]
) -> Document:
    """Return the document of a file.

    Args:
        lines: lines of the file.
        path: the file, for errors.
        name: id of the document.
        layers: layers of the spans. If the file has none of them, it is not annotated.
    """
    lines = iter(lines)
    first = next(lines, Line(1, ""))
    if not first.text.startswith(HEADER):
        raise DataError(f"expected {HEADER}.3 in the first line", path, 1)
    columns: list[Column] = []
    found, waiting = _FileContent(), list[str]()
    chosen: list[int] | None = None
    related: tuple[RelationColumns, ...] = ()
    for line in lines:
        with translate_malformed(path, line.number):
            if line.text.startswith("#T_"):
                columns += declared_columns(line.text)
            elif line.text.startswith("#Text="):
                waiting.append(unescape(line.text.removeprefix("#Text=")))
            elif line.text and not line.text.startswith("#"):
                if chosen is None:
                    chosen = label_columns(columns, layers)
                    related = tuple(relation_columns(columns, layers))
                cells = _row(line.text, columns, chosen, found, waiting, related)
                _add_relations(cells, related, found)
    annotated = any(c.kind == "SP" and c.layer in layers for c in columns)
    if layers and not annotated:
        found.unread["files_without_the_layer"] += 1
    return _document(found, path, name, annotated=annotated, related=bool(related))


def _header(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines up to the first one after the declared layers."""
    for number, line in enumerate(lines):
        yield line
        if number and not line.text.startswith("#T_"):
            return


def _row(
    line: str,
    columns: Sequence[Column],
    chosen: Sequence[int],
    found: _FileContent,
    waiting: list[str],
    related: Sequence[RelationColumns],
) -> list[str]:
    """Read the text and the spans of a row, and return its cells."""
    cells = line.split("\t")
    if len(cells) < len(columns) + 3:
        raise DataError(
            f"the row has {len(cells)} columns; expected {len(columns) + 3} for the declared layers"
        )
    start, hyphen, end = cells[1].partition("-")
    place = _range(start, end) if hyphen and start.isdecimal() and end.isdecimal() else None
    if place is None:
        raise DataError(f"{cells[1][:40]!r} is not a range; expected start-end")
    if waiting:
        _begin_sentence(place[0], found, waiting)
    found.words.append((place, cells[2]))
    layers = {*(columns[n].layer for n in chosen), *(one.layer for one in related)}
    if "." not in cells[0]:
        found.tokens.append(place)
    for number, column in enumerate(columns):
        cell = cells[number + 3]
        if cell == NONE and column.feature.startswith(ROLE):
            # A role without a name is marked only in the column of its targets.
            cell = cells[min(number + 4, len(cells) - 1)]
        if cell == NONE:
            continue
        values = list(_values(cell))
        if number in chosen:
            for value in values:
                _add(value, column, cells[0], place, found)
        elif column.layer not in layers:
            _count(values, number, columns, found)
    return cells


def _add_relations(
    cells: Sequence[str], related: Sequence[RelationColumns], found: _FileContent
) -> None:
    for layer, label, base in related:
        bases, labels = (NONE if n is None else cells[n + 3] for n in (base, label))
        if bases != NONE:
            values = list(_values(labels))
            found.relations.add(cells[0], values, list(_values(bases)), layer)


def _range(start: str, end: str) -> Range | None:
    try:
        place = (parse_offset(start), parse_offset(end))
    except ValueError:
        return None
    return place if place[0] <= place[1] else None


def _values(cell: str) -> Iterator[str]:
    """Yield the annotations of a cell, which are separated by ``|`` without a backslash."""
    start = 0
    for mark in _MARK.finditer(cell):
        if mark[0] == "|":
            yield cell[start : mark.start()]
            start = mark.end()
    if start < len(cell):
        yield cell[start:]


def _count(values: list[str], number: int, columns: Sequence[Column], found: _FileContent) -> None:
    """Count each annotation of a layer that is not read once."""
    column = columns[number]
    if number and columns[number - 1].layer == column.layer:
        return
    for value in values:
        numbered = _NUMBERED.fullmatch(value) if column.kind != "CH" else None
        key = (column.layer, numbered[2] if numbered else "")
        if numbered is None or key not in found.numbered:
            found.unread[f"layer_{column.layer.rpartition('.')[2]}"] += 1
        if numbered is not None:
            found.numbered[key] = -1


def _begin_sentence(start: int, found: _FileContent, waiting: list[str]) -> None:
    """Add the text of a sentence whose first token is at ``start``."""
    if found.units > start and found.text and found.text[-1] == "\n":
        found.text.pop()
        found.units -= 1
    if found.units > start:
        raise DataError(
            f"the sentence begins at {start}, before the earlier text ends ({found.units})"
        )
    blanks = start - found.units
    found.blanks += blanks
    if found.blanks > _BLANKS + _BLANKS_PER_CHARACTER * (found.units + blanks - found.blanks):
        raise DataError(
            f"the sentence begins at {start}, {blanks:,} characters after the earlier text; check "
            "the offsets"
        )
    found.add(" " * blanks)
    found.add("\n".join(waiting))
    found.add("\n")
    waiting.clear()


def _add(value: str, column: Column, row: str, place: Range, found: _FileContent) -> None:
    numbered = _NUMBERED.fullmatch(value)
    text, number = (numbered[1], numbered[2]) if numbered else (value, None)
    nameless = text == _NO_VALUE or column.feature.startswith(ROLE)
    label = column.layer.rpartition(".")[2] if nameless else unescape(text)
    key = (column.layer, number or "")
    if number is not None and key in found.numbered:
        at = found.numbered[key]
        found.relations.owners[row, key[1]] = at
        start, end, known = found.spans[at]
        found.spans[at] = (min(start, place[0]), max(end, place[1]), known)
        return
    if number is not None:
        found.numbered[key] = len(found.spans)
    found.relations.owners[row, key[1] or "0"] = len(found.spans)
    found.spans.append((*place, label))


def _document(
    found: _FileContent, path: Path, name: str, *, annotated: bool, related: bool
) -> Document:
    text = "".join(found.text).removesuffix("\n")
    position = {units: number for number, units in enumerate(units_before(text))}

    def is_word(places: Mapping[int, int], where: Range, word: str) -> bool:
        start, end = (places.get(one, -1) for one in where)
        return 0 <= start <= end and any(
            is_same_text(text, [(start, end)], form) for form in (word, unescape(word))
        )

    differing = sum(not is_word(position, *word) for word in found.words)
    code_points = {number: number for number in range(len(text) + 1)}
    if differing and all(is_word(code_points, *word) for word in found.words):
        position = code_points
        found.unread["code_point_offsets_converted"] = differing

    def place(start: int, end: int) -> Range:
        if start not in position or end not in position:
            raise DataError(f"{start}-{end} is not in the text, or cuts a character in two", path)
        return position[start], position[end]

    found.unread["empty_labels"] += sum(not label for *_, label in found.spans)
    found.unread["empty_spans"] += sum(start == end for start, end, _ in found.spans)
    spans, places = list[Span](), dict[int, int]()
    for number, (start, end, label) in enumerate(found.spans):
        if label and start < end:
            places[number] = len(spans)
            spans.append(Span(*place(start, end), label))
    relations = found.relations.relations(places) if related and annotated else None
    tokens: tuple[Range, ...] | None = tuple(place(start, end) for start, end in found.tokens)
    if differing and position is not code_points:
        found.unread[DIFFERENT] = differing
        annotated, tokens, relations = False, None, None
        found.relations.unread = len(found.relations.found)
    found.unread["relations"] += found.relations.unread
    with translate_malformed(path):
        return Document(
            name,
            text,
            tokens=tokens,
            annotation=Annotation(tuple(spans) if annotated else None, relations=relations),
            meta=with_unread({}, found.unread),
        )
