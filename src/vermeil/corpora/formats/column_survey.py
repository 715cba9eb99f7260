"""Survey of a file in columns: widths, values of each column, row numbers, comments and ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vermeil.corpora.offsets import parse_offset
from vermeil.corpora.source import Line
from vermeil.data.tags import is_plain_tag, split_tag
from vermeil.errors import DataError

DOCSTART = "-DOCSTART-"
NO_TAG = "_"
ID, GROUP, NEW_GROUP, TEXT, NAMES = "id", "newdoc id", "newdoc", "text", "global.columns"

_COMMENT = re.compile(r"#\s*([A-Za-z_][\w .:-]*?) =(?: ([^\t]*))?")
_NEW_DOCUMENT = re.compile(r"#\s*newdoc\s*")
_PLAIN_ID = re.compile(r"#\s*id\s+([^\s=]+)(?:\s+\w+=\S+)*\s*")
_OTHER_NAMES = {"sent_id": ID}
_NUMBER = re.compile(r"(\d+)(?:-(\d+)|\.\d+)?")
_MOST = 0.9
"""Share of rows that show what a column holds; the others may be errors."""
_MAX_VALUES = 5000
"""Number of distinct values above which a column does not hold tags."""
_MAX_LABELS = 300
_CHUNKS = frozenset(
    ("NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP")
)
_WORD_NAMES = frozenset(["token", "tokens", "word", "words", "form", "wordform"])
_TAG_NAMES = {"entity", "entities", "label", "labels", "iob", "iob2", "bio", "bioes"} | frozenset(
    ("tag", "tags", "ner", "ne", "ner_tag", "ner_tags", "ne_tag", "ne_tags", "named_entity")
)


def split_cells(line: str) -> list[str]:
    """Return the cells of a line: separated by tabs if it has one, else by spaces."""
    if "\t" in line:
        first, *others = line.split("\t")
        return [first, *(cell.strip(" ") for cell in others)]
    return [cell for cell in line.split(" ") if cell]


def parse_comment(line: str) -> tuple[str, str] | None:
    """Return key and value of a comment that names something; None for other comments."""
    if match := _COMMENT.fullmatch(line):
        return _OTHER_NAMES.get(match[1], match[1]), match[2] or ""
    if _NEW_DOCUMENT.fullmatch(line):
        return NEW_GROUP, ""
    if match := _PLAIN_ID.fullmatch(line):
        return ID, match[1]
    return None


def is_tag(value: str) -> bool:
    """Return whether a value is ``O``, ``_`` or a tag with a prefix."""
    try:
        return value == NO_TAG or bool(split_tag(value))
    except DataError:
        return False


def row_number(cell: str) -> tuple[int, int | None] | None:
    """Return the number of a row in CoNLL-U, and the last number of a multiword token."""
    match = _NUMBER.fullmatch(cell)
    if match is None:
        return None
    try:
        return parse_offset(match[1]), None if match[2] is None else parse_offset(match[2])
    except ValueError:
        return None


def key_values(cell: str) -> Iterator[tuple[str, str]]:
    """Yield keys and values of a cell such as ``SpaceAfter=No|name=B-PER``."""
    for part in cell.split("|"):
        key, equals, value = part.partition("=")
        if equals:
            yield key, value


class ColumnValues:
    """Counts of the values of one column, or of one key within a column."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._many = False

    def add(self, value: str) -> None:
        """Count a value."""
        if not self._many:
            self._counts[value] += 1
            self._many = len(self._counts) > _MAX_VALUES

    def holds_only(self, *values: str) -> bool:
        """Return whether the column holds no other values than these."""
        return not self._many and bool(self._counts) and set(self._counts) <= set(values)

    def has(self, value: str) -> bool:
        """Return whether a value occurs."""
        return value in self._counts

    @property
    def labels(self) -> list[str]:
        """Labels of the tags with a prefix, most frequent first; empty if these are not tags."""
        if self._many:
            return []
        tags = sum(n for value, n in self._counts.items() if is_tag(value))
        if tags < _MOST * self._counts.total():
            return []
        found: Counter[str] = Counter()
        for value, number in self._counts.items():
            if value not in ("O", NO_TAG) and is_tag(value):
                found[split_tag(value)[1]] += number
        return [label for label, _ in found.most_common()]

    @property
    def is_chunks(self) -> bool:
        """True if the labels are those of syntactic chunks."""
        return bool(self.labels) and set(self.labels) <= _CHUNKS

    @property
    def plain_labels(self) -> frozenset[str]:
        """Labels of tags without a prefix; empty if the column does not hold such tags."""
        labels = frozenset(value for value in self._counts if value not in ("O", NO_TAG))
        if self._many or "O" not in self._counts or not 0 < len(labels) <= _MAX_LABELS:
            return frozenset()
        return labels if all(map(is_plain_tag, labels)) else frozenset()


@dataclass(slots=True)
class _Numbers:
    """Evidence that the first column numbers the rows of each text."""

    rows: int = 0
    numbered: int = 0
    steps: int = 0
    right: int = 0
    starts: int = 0
    texts: int = 0
    last: int | None = None

    def add(self, cell: str) -> None:
        self.rows += 1
        found = row_number(cell)
        if found is None:
            return
        self.numbered += 1
        number, end = found
        if end is not None or "." in cell:
            return
        if self.last is None:
            self.texts += 1
            self.starts += number in (0, 1)
        else:
            self.steps += 1
            self.right += number == self.last + 1
        self.last = number

    @property
    def number_rows(self) -> bool:
        if not self.rows or self.numbered < self.rows:
            return False
        if self.steps:
            return self.right >= _MOST * self.steps
        return self.starts == self.texts


@dataclass(slots=True)
class ColumnSurvey:
    """Counts over the lines of a file in columns.

    Args:
        rows: number of rows with words.
        widths: number of cells to number of rows.
        columns: values of each column, without the first row of the file.
        keys: values of each key in the last column, e.g. of CoNLL-U.
        first: the first row, with its line; it may be a header.
        names: names of the columns, from ``global.columns`` or a header.
        repeated_ids: an id occurs in several groups.
        docstart: the file has a line ``-DOCSTART-``.
    """

    rows: int = 0
    widths: Counter[int] = field(default_factory=Counter)
    columns: list[ColumnValues] = field(default_factory=list)
    keys: dict[str, ColumnValues] = field(default_factory=dict)
    first: tuple[int, list[str]] | None = None
    header: int | None = None
    names: tuple[str, ...] = ()
    repeated_ids: bool = False
    docstart: bool = False
    _numbers: _Numbers = field(default_factory=_Numbers)

    @property
    def numbered(self) -> bool:
        """True if the first of three or more columns numbers the rows of each text."""
        if self.names and self.header is None:
            return self.names[0] == "id"
        return self._numbers.number_rows and self.width >= 3

    @property
    def width(self) -> int:
        """Number of columns of most rows, without columns at the end that are always empty."""
        if not self.widths:
            return 0
        width = self.widths.most_common(1)[0][0]
        while width > 1 and len(self.columns) >= width and self.columns[width - 1].holds_only(""):
            width -= 1
        return width

    @property
    def keys_only(self) -> bool:
        """True if the last column holds keys with values, or nothing."""
        return bool(self.keys) and "" not in self.keys


def survey_columns(lines: Iterable[Line]) -> ColumnSurvey:
    """Read the lines of a file and count what its columns hold."""
    survey = ColumnSurvey()
    hashes: list[tuple[int, list[str]]] = []
    ids: dict[str, str | None] = {}
    group: str | None = None
    groups = 0
    for line in lines:
        text = line.text.removeprefix("\ufeff")
        if not text.strip(" \t"):
            survey._numbers.last = None
            continue
        if text.startswith(DOCSTART):
            survey.docstart, groups = True, groups + 1
            survey._numbers.last, group = None, f"{DOCSTART}{groups}"
            continue
        if text.startswith("#"):
            comment = parse_comment(text)
            if comment is None:
                hashes.append((line.number, split_cells(text)))
                continue
            key, value = comment
            if key == NAMES and not survey.names:
                survey.names = tuple(name.lower() for name in value.split())
            elif key in (GROUP, NEW_GROUP):
                groups += 1
                group = value or f"newdoc{groups}"
            elif key == ID and ids.setdefault(value, group) != group:
                survey.repeated_ids = True
            continue
        _add_row(survey, line.number, split_cells(text))
    if not survey.rows:
        for number, cells in hashes:
            _add_row(survey, number, cells)
    if survey.first is not None:
        _add_first_row(survey, *survey.first)
    if survey.header is None and len(survey.names) not in survey.widths:
        survey.names = ()
    return survey


def _add_row(survey: ColumnSurvey, line: int, cells: list[str]) -> None:
    survey.rows += 1
    if survey.first is None:
        survey.first = (line, cells)
        survey.widths[len(cells)] = 0
        if not _is_header(cells):
            survey._numbers.add(cells[0])
        return
    survey._numbers.add(cells[0])
    survey.widths[len(cells)] += 1
    _count(survey, cells)


def _count(survey: ColumnSurvey, cells: list[str]) -> None:
    while len(survey.columns) < len(cells):
        survey.columns.append(ColumnValues())
    for values, cell in zip(survey.columns, cells, strict=False):
        values.add(cell)
    last = cells[-1] if cells[-1] or len(cells) < 2 else cells[-2]
    pairs = list(key_values(last))
    for key, value in pairs:
        survey.keys.setdefault(key, ColumnValues()).add(value)
    if not pairs and last not in (NO_TAG, "-", ""):
        survey.keys.setdefault("", ColumnValues()).add(last)


def _add_first_row(survey: ColumnSurvey, line: int, cells: list[str]) -> None:
    """Count the first row, unless it is a header."""
    if _is_header(cells) and survey.rows > 1:
        survey.header = line
        survey.names = tuple(name.strip().lower() for name in cells)
        survey.rows -= 1
        return
    survey.widths[len(cells)] += 1
    _count(survey, cells)


def _is_header(cells: list[str]) -> bool:
    names = [cell.strip().lower() for cell in cells]
    return not _WORD_NAMES.isdisjoint(names) and any(map(names_tags, names))


def names_tags(name: str) -> bool:
    """Return whether a column with this name holds tags of entities."""
    return name in _TAG_NAMES or name.startswith(("ne-", "ner-")) or name.endswith(":ner")


def names_words(name: str) -> bool:
    """Return whether a column with this name holds the words."""
    return name in _WORD_NAMES
