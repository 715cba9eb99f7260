"""CoNLL columns: a word and its tag per line, a blank line after each text.

Columns are separated by a tab if the line has one, else by spaces. The first column is the word;
any other column may hold the tags. ``-DOCSTART-`` opens a group. A text whose tags are all ``_`` is
not annotated. Lines ``# key = value`` before the first word (as in CoNLL-U) may give the ``id``
(or ``sent_id``), the ``text``, and with ``newdoc id`` the group of all following texts. Other
comments are skipped. Without comments, texts and groups are numbered from 0 in each file
(``train-0``, ``train-1`` …), and a text is its words, joined by spaces.

Comments are written only if a reader of the columns alone would get another result.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.source import Line, add_error_location, stem_of
from vermeil.corpora.tokenised import (
    TokenisedRow,
    document_to_tagged_words,
    is_single_line,
    row_to_document,
)
from vermeil.data.document import Document
from vermeil.data.tags import Scheme, split_tag
from vermeil.errors import DataError

DOCSTART = "-DOCSTART-"
NO_TAG = "_"

_COMMENT = re.compile(r"# ([A-Za-z_][\w .:-]*?) =(?: ([^\t]*))?")
_ID, _GROUP, _TEXT = "id", "newdoc id", "text"
_OTHER_NAMES = {"sent_id": _ID}


@dataclass(slots=True)
class _ColumnText:
    """Collected lines of one text."""

    line: int = 0
    words: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    group: str | None = None
    comments: dict[str, str] = field(default_factory=dict)

    @property
    def annotated(self) -> bool:
        return any(tag != NO_TAG for tag in self.tags)


def read_conll(
    lines: Iterable[Line], config: CorpusConfig, scheme: Scheme
) -> Iterator[tuple[int, Document]]:
    """Read texts in columns, with the line on which each begins."""
    stem = stem_of(config.path)
    for number, text in enumerate(_texts(lines, config, scheme)):
        row = TokenisedRow(
            id=text.comments.get(_ID, f"{stem}-{number}"),
            group=text.group,
            words=text.words,
            tags=text.tags if text.annotated else None,
            text=text.comments.get(_TEXT),
        )
        with add_error_location(config.path, text.line):
            document = row_to_document(row, scheme)
        yield text.line, document


def conll_tags(lines: Iterable[Line], config: CorpusConfig) -> Iterator[tuple[int, list[str]]]:
    """Read the tags of annotated texts, with the line on which each text begins."""
    for text in _texts(lines, config, "bioes"):
        if text.annotated:
            yield text.line, text.tags


def conll_texts(
    documents: Iterable[Document], stem: str, scheme: Scheme, losses: Counter[str]
) -> Iterator[str]:
    """Yield the lines of each document, in one string; empty if columns cannot hold it.

    Args:
        documents: the documents.
        stem: name of the file without its ending, the prefix of numbered texts and groups.
        scheme: scheme of the tags.
        losses: receives counts of lost information: ``id`` and ``group`` with line ends,
            ``unwritable`` (documents without words, or with the word ``-DOCSTART-``), and the
            names of `document_to_tagged_words`.
    """
    number = groups = 0
    group: str | None = None
    for document in documents:
        tagged = document_to_tagged_words(document, scheme, losses, single_line=True)
        if not tagged.words or DOCSTART in tagged.words:
            losses["unwritable"] += 1
            yield ""
            continue
        lines: list[str] = []
        next_group = _single_line_or_none(document.group, "group", losses)
        if next_group not in (None, group):
            lines += [f"{DOCSTART}\tO", ""]
            group, groups = f"{stem}-{groups}", groups + 1
        if next_group != group:
            lines.append(f"# {_GROUP} = {next_group or ''}")
            group = next_group
        name = _single_line_or_none(document.id, "id", losses)
        if name not in (None, f"{stem}-{number}"):
            lines.append(f"# {_ID} = {name}")
        if tagged.text is not None:
            lines.append(f"# {_TEXT} = {tagged.text}")
        tags = tagged.tags or [NO_TAG] * len(tagged.words)
        lines += [f"{word}\t{tag}" for word, tag in zip(tagged.words, tags, strict=True)]
        number += 1
        yield "\n".join([*lines, "", ""])


def looks_like_conll(lines: Iterable[Line], tag_column: int) -> bool:
    """Return whether the first text of a file has columns with tags.

    Args:
        lines: first lines of the file.
        tag_column: column of the tags.
    """
    widths: set[int] = set()
    for line in lines:
        if not line.text.strip():
            if widths:
                break
            continue
        cells = _cells(line.text)
        if not widths and (cells[0] == DOCSTART or _COMMENT.fullmatch(line.text)):
            if cells[0] == DOCSTART:
                return True
            continue
        widths.add(len(cells))
        if len(widths) > 1 or len(cells) < 2 or not _is_tag(cells, tag_column):
            return False
    return bool(widths)


def _texts(lines: Iterable[Line], config: CorpusConfig, scheme: Scheme) -> Iterator[_ColumnText]:
    """Collect lines into texts; groups come from ``-DOCSTART-``, a comment or a column."""
    stem, width, groups = stem_of(config.path), 0, 0
    group: str | None = None
    text = _ColumnText()
    for line in lines:
        cells = _cells(line.text)
        opens_group = cells[:1] == [DOCSTART]
        if opens_group or not line.text.strip(" \t"):
            if text.words:
                yield text
            text = _ColumnText()
            if opens_group:
                group, groups = f"{stem}-{groups}", groups + 1
            continue
        comment = None if text.words else _COMMENT.fullmatch(line.text)
        if comment:
            key, value = comment[1], comment[2] or ""
            text.comments[_OTHER_NAMES.get(key, key)] = value
            group = (value or None) if key == _GROUP else group
            continue
        with add_error_location(config.path, line.number):
            width = width or len(cells)
            _add_row(text, cells, width, config, scheme)
        if not text.line:
            text.line, text.group = line.number, _group(cells, config, group)
    if text.words:
        yield text


def _add_row(
    text: _ColumnText, cells: list[str], width: int, config: CorpusConfig, scheme: Scheme
) -> None:
    if len(cells) != width:
        raise DataError(f"the row has {len(cells)} columns, but earlier rows have {width}")
    columns = {"tag_column": config.tag_column, "group_column": config.group_column}
    for name, column in columns.items():
        if column is not None and not -width <= column < width:
            raise DataError(f"the row has {width} columns, so there is no {name} {column}")
    if width == 1:
        raise DataError(
            "the row has one column; expected a word and its tag, separated by tab or space"
        )
    tag = cells[config.tag_column]
    if tag != NO_TAG:
        split_tag(tag, scheme)
    if text.tags and (tag == NO_TAG) != (text.tags[-1] == NO_TAG):
        raise DataError(f"{NO_TAG!r} (not annotated) is mixed with tags; expected one or the other")
    text.words.append(cells[0])
    text.tags.append(tag)


def _group(cells: list[str], config: CorpusConfig, group: str | None) -> str | None:
    if config.group_column is None:
        return group
    return f"{stem_of(config.path)}-{cells[config.group_column]}"


def _cells(line: str) -> list[str]:
    if "\t" in line:
        return line.split("\t")
    return [cell for cell in line.split(" ") if cell]


def _is_tag(cells: list[str], column: int) -> bool:
    try:
        return cells[column] == NO_TAG or bool(split_tag(cells[column]))
    except (DataError, IndexError):
        return False


def _single_line_or_none(value: str | None, name: str, losses: Counter[str]) -> str | None:
    if value is None or (value and is_single_line(value)):
        return value
    losses[name] += 1
    return None
