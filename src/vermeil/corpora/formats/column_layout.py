"""Layout of a file in columns: which column holds the words, the tags and the row numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.formats.column_survey import (
    NO_TAG,
    ColumnSurvey,
    ColumnValues,
    is_tag,
    names_tags,
    names_words,
    survey_columns,
)
from vermeil.corpora.source import Line
from vermeil.errors import DataError

_SHOWN = 4
"""Number of labels in a message."""


@dataclass(frozen=True, slots=True)
class ColumnLayout:
    """Columns of a file, from 0.

    Args:
        width: number of columns.
        word: column of the words.
        tag: column of the tags; None if the file has none.
        key: key of the tags within the column; None if the column holds the tags alone.
        key_means_o: a row without the key has the tag ``O``, not "not annotated".
        numbered: the first column numbers the rows.
        misc: column in which ``SpaceAfter=No`` may stand; None if there is none.
        first_row: line of the first row.
        header: line of the header; None if there is none.
        prefix_ids: ids are repeated in other groups, so they are prefixed with the group.
        plain: labels of tags without a prefix.
        other_tags: columns or keys with tags that are not read.
        certain: the column of the tags was named, or holds tags.
    """

    width: int
    word: int
    tag: int | None
    key: str | None = None
    key_means_o: bool = False
    numbered: bool = False
    misc: int | None = None
    first_row: int = 0
    header: int | None = None
    prefix_ids: bool = False
    plain: frozenset[str] = frozenset()
    other_tags: tuple[str, ...] = ()
    certain: bool = True

    @property
    def has_tags(self) -> bool:
        """Return whether the file has a column of tags."""
        return self.tag is not None

    def is_row(self, cells: Sequence[str]) -> bool:
        """Return whether a line that begins with ``#`` is a row, not a comment."""
        if self.numbered or len(cells) < self.width or any(cells[self.width :]):
            return False
        if self.tag is None or self.key is not None:
            return cells[0] == "#"
        return is_tag(cells[self.tag]) or cells[self.tag] in self.plain

    def describe(self) -> dict[str, str]:
        """Return the choices by name, for the report."""
        tags = "none" if self.tag is None else f"column {self.tag}"
        if self.key is not None:
            tags += f", key {self.key}"
        found = {**self.describe_words(), "tags": tags}
        if self.other_tags:
            found["tags elsewhere"] = ", ".join(self.other_tags)
        if self.prefix_ids:
            found["ids"] = "group and id"
        return found

    def describe_words(self) -> dict[str, str]:
        """Return the choice of the words alone, for readings without tags."""
        return {"words": f"column {self.word} (from 0)"}


def layout_of(
    lines: Iterable[Line], config: CorpusConfig, *, with_tags: bool = True
) -> ColumnLayout:
    """Return the layout of a file from its lines and the configured columns.

    Args:
        lines: the lines, or the first ones.
        config: columns and keys that are named.
        with_tags: a column of the tags is needed.

    Raises:
        DataError: a named column or key is missing, or several columns may hold the tags.
    """
    return _layout(survey_columns(lines), config, with_tags=with_tags)


def _layout(survey: ColumnSurvey, config: CorpusConfig, *, with_tags: bool = True) -> ColumnLayout:
    width, numbered = survey.width, survey.numbered
    if not width:
        return ColumnLayout(2, 0, 1)
    word = _word_column(config, survey)
    try:
        choice = _Chooser(config, survey, word).choose()
    except DataError:
        if with_tags:
            raise
        choice = _Choice(None, certain=False)
    key = survey.keys.get(choice.key or "")
    plain = frozenset[str]()
    if choice.column is not None and choice.column < len(survey.columns):
        plain = survey.columns[choice.column].plain_labels
    return ColumnLayout(
        width=width,
        word=word,
        tag=choice.column,
        key=choice.key,
        key_means_o=choice.key is not None and key is not None and not key.has("O"),
        numbered=numbered,
        misc=_misc_column(survey),
        first_row=survey.first[0] if survey.first is not None else 0,
        header=survey.header,
        prefix_ids=survey.repeated_ids,
        plain=plain,
        other_tags=choice.others,
        certain=choice.certain,
    )


def looks_like_columns(lines: Sequence[Line], config: CorpusConfig) -> bool:
    """Return whether the first lines of a file are columns with tags.

    Args:
        lines: first lines of the file.
        config: columns that are named.
    """
    survey = survey_columns(lines)
    if survey.docstart:
        return True
    if survey.width < 2 or len({n for n, rows in survey.widths.items() if rows}) > 1:
        return False
    try:
        layout = _layout(survey, config)
    except DataError:
        return True
    if not layout.certain or layout.tag is None:
        return survey.numbered
    separated = any("\t" in line.text for line in lines)
    return (
        separated
        or not layout.plain
        or all(label.isupper() or "-" in label for label in layout.plain)
    )


def has_equal_rows(lines: Sequence[Line]) -> int:
    """Return the number of columns if all rows have the same, at least two; else 0.

    Rows that only spaces separate may be prose; they are columns if ``O`` is in one of them.
    """
    rows = [line.text.strip() for line in lines if line.text.strip()]
    for separator in ("\t", " "):
        cells = [row.split(separator) for row in rows]
        width = len(cells[0]) if cells else 0
        if len(rows) > 1 and width > 1 and all(len(row) == width for row in cells):
            has_o = any(row[n] == "O" for row in cells for n in range(1, width))
            return width if separator == "\t" or has_o else 0
    return 0


def _word_column(config: CorpusConfig, survey: ColumnSurvey) -> int:
    if config.word_column is not None:
        return _index("word_column", config.word_column, survey.width)
    named = [n for n, name in enumerate(survey.names[: survey.width]) if names_words(name)]
    if named:
        return named[0]
    return 1 if survey.numbered else 0


def _misc_column(survey: ColumnSurvey) -> int | None:
    if "misc" in survey.names:
        return survey.names.index("misc")
    return survey.width - 1 if survey.numbered and "SpaceAfter" in survey.keys else None


def _index(name: str, column: int, width: int) -> int:
    if not -width <= column < width:
        raise DataError(
            f"the row has {width} columns, so there is no {name} {column}; the columns are 0 to "
            f"{width - 1}"
        )
    return column % width


@dataclass(frozen=True, slots=True)
class _Choice:
    """Column of the tags, and the key within it."""

    column: int | None
    key: str | None = None
    others: tuple[str, ...] = ()
    certain: bool = True


class _Chooser:
    """Choice of the column of the tags."""

    def __init__(self, config: CorpusConfig, survey: ColumnSurvey, word: int) -> None:
        self._config, self._survey = config, survey
        self._last = survey.width - 1
        self._columns: Mapping[int, ColumnValues] = {
            n: values
            for n, values in enumerate(survey.columns[: survey.width])
            if n != word and not (survey.numbered and n == 0)
        }
        self._keys = {k: v for k, v in survey.keys.items() if k and v.labels}

    def choose(self) -> _Choice:
        """Return the column, as configured or recognised."""
        config, names = self._config, self._survey.names
        if config.tag_column is not None:
            column = _index("tag_column", config.tag_column, self._survey.width)
            if config.tag_key is not None or (column == self._last and len(self._keys) == 1):
                return self._named_key(config.tag_key or next(iter(self._keys)))
            return _Choice(column)
        if config.tag_key is not None:
            wanted = config.tag_key.lower()
            return _Choice(names.index(wanted)) if wanted in names else self._named_key()
        named = [n for n, name in enumerate(names) if names_tags(name) and n in self._columns]
        if len(named) == 1:
            return _Choice(named[0])
        return self._recognise()

    def _named_key(self, key: str | None = None) -> _Choice:
        key = key or self._config.tag_key or ""
        if key and key in self._survey.keys:
            return _Choice(self._last, key)
        known = [*self._survey.names, *(name for name in self._survey.keys if name)]
        exists = f"there are {', '.join(known)}" if known else "the columns have no names"
        raise DataError(f"no column or key has the name {key!r} (tag_key); {exists}")

    def _recognise(self) -> _Choice:
        tags = [n for n, one in self._columns.items() if one.labels and not one.is_chunks]
        chunks = [n for n, one in self._columns.items() if one.is_chunks]
        plain = [n for n, one in self._columns.items() if one.plain_labels]
        only_o = [n for n, one in self._columns.items() if one.holds_only("O")]
        last = self._last
        if tags:
            return self._among_tags(tags, [*only_o, *plain])
        if len(self._keys) > 1:
            raise DataError(
                f"several keys of column {last} hold tags: {', '.join(self._keys)}; set tag_key "
                "(--tag-key) to one of them"
            )
        if self._keys:
            return _Choice(last, next(iter(self._keys)))
        ends = self._columns.get(last, ColumnValues())
        if last in (*plain, *only_o, *chunks):
            return _Choice(last)
        if len(plain) > 1:
            raise self._ambiguous(plain)
        for found in (plain, chunks, only_o[-1:]):
            if len(found) == 1:
                return _Choice(found[0])
        if self._survey.numbered and self._survey.keys_only:
            return _Choice(None)
        return _Choice(last, certain=ends.holds_only(NO_TAG))

    def _among_tags(self, tags: Sequence[int], without: Sequence[int]) -> _Choice:
        """Return the last column if it holds tags, else the only one that does."""
        last = self._last
        if last in tags:
            return _Choice(last, others=tuple(f"column {n}" for n in tags if n != last))
        if len(tags) == 1 and last not in without:
            return _Choice(tags[0])
        raise self._ambiguous([*tags, *({last} & set(without))])

    def _ambiguous(self, columns: Sequence[int]) -> DataError:
        names = self._survey.names
        shown: list[str] = []
        for n in sorted(columns):
            values = self._columns[n]
            labels = values.labels or sorted(values.plain_labels) or ["only O"]
            name = f" {names[n]}" if n < len(names) else ""
            shown.append(f"{n}{name} ({', '.join(labels[:_SHOWN])})")
        return DataError(
            f"several columns may hold the tags: {', '.join(shown)}; set tag_column "
            "(--tag-column) to the one to read"
        )
