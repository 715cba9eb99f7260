"""CoNLL columns: a word and its tag per line, a blank line after each text.

Columns are separated by a tab if the line has one, else by spaces. `column_layout` describes how
the columns of words and tags are chosen. In CoNLL-U and CoNLL-U Plus, the first column numbers the
rows; a multiword token (``2-3``) is one word, with the tag of its parts, and empty nodes (``8.1``)
are skipped. ``-DOCSTART-`` opens a group. A text whose tags are all ``_`` is not annotated. Lines
``# key = value`` before the first word (as in CoNLL-U) may give the ``id`` (or ``sent_id``), the
``text``, and with ``newdoc id`` the group of all following texts. Other comments are skipped and
counted. If ids are repeated in other groups, the group is put before them. Without comments, texts
and groups are numbered from 0 in each file (``train-0``, ``train-1`` …), and a text is its words,
joined by spaces (not where ``SpaceAfter=No``).

Comments are written only if a reader of the columns alone would get another result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.formats.column_layout import ColumnLayout
from vermeil.corpora.formats.column_survey import (
    DOCSTART,
    GROUP,
    ID,
    NAMES,
    NEW_GROUP,
    NO_TAG,
    TEXT,
    key_values,
    parse_comment,
    row_number,
    split_cells,
)
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import Line, stem_of
from vermeil.corpora.tokenised import (
    TokenisedRow,
    document_to_tagged_words,
    is_single_line,
    row_to_document,
)
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.data.tags import ReadScheme, Scheme, split_tag
from vermeil.errors import DataError

_BOM = "\ufeff"


@dataclass(slots=True)
class _ColumnText:
    """Collected lines of one text."""

    line: int = 0
    words: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    joined: list[bool] = field(default_factory=list)
    group: str | None = None
    comments: dict[str, str] = field(default_factory=dict)
    parts_until: int = -1
    parts: list[str] = field(default_factory=list)

    @property
    def annotated(self) -> bool:
        return any(tag != NO_TAG for tag in self.tags)

    @property
    def text(self) -> str | None:
        """The text of its comment, or of the words if some are not followed by a space."""
        if TEXT in self.comments or not any(self.joined):
            return self.comments.get(TEXT)
        pieces = (w if glue else f"{w} " for w, glue in zip(self.words, self.joined, strict=True))
        return "".join(pieces).removesuffix(" ")


def read_conll(
    lines: Iterable[Line],
    config: CorpusConfig,
    scheme: ReadScheme,
    layout: ColumnLayout,
    reading: Reading,
) -> Iterator[tuple[int, Document]]:
    """Read texts in columns, with the line on which each begins.

    Args:
        lines: lines of the file.
        config: the file and its column of groups.
        scheme: scheme of the tags.
        layout: columns of the file.
        reading: receives counts of lines that are not read.
    """
    stem = stem_of(config.path)
    for number, text in enumerate(_texts(lines, config, scheme, layout, reading.skipped)):
        name = text.comments.get(ID)
        if name and layout.prefix_ids and text.group is not None:
            name = f"{text.group}/{name}"
        row = TokenisedRow(
            id=f"{stem}-{number}" if name is None else name,
            group=text.group,
            words=text.words,
            tags=text.tags if text.annotated and reading.with_tags else None,
            text=text.text,
        )
        with translate_malformed(config.path, text.line):
            document = row_to_document(row, scheme)
        if TEXT in text.comments and document.text != text.comments[TEXT]:
            reading.skipped["text_comments_without_the_words"] += 1
        yield text.line, document


def conll_tags(
    lines: Iterable[Line], config: CorpusConfig, layout: ColumnLayout
) -> Iterator[tuple[int, list[str]]]:
    """Read the tags of annotated texts, with the line on which each text begins."""
    for text in _texts(lines, config, None, layout, Counter()):
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
            lines.append(f"# {GROUP} = {next_group or ''}")
            group = next_group
        name = _single_line_or_none(document.id, "id", losses)
        if name not in (None, f"{stem}-{number}"):
            lines.append(f"# {ID} = {name}")
        if tagged.text is not None:
            lines.append(f"# {TEXT} = {tagged.text}")
        tags = tagged.tags or [NO_TAG] * len(tagged.words)
        lines += [f"{word}\t{tag}" for word, tag in zip(tagged.words, tags, strict=True)]
        # The reader removes one byte-order mark at the start of each line but the file's first.
        lines = [f"{_BOM}{line}" if line.startswith(_BOM) else line for line in lines]
        if number == 0:
            lines[0] = lines[0].removeprefix(_BOM)
        number += 1
        yield "\n".join([*lines, "", ""])


def _texts(
    lines: Iterable[Line],
    config: CorpusConfig,
    scheme: ReadScheme | None,
    layout: ColumnLayout,
    skipped: Counter[str],
) -> Iterator[_ColumnText]:
    """Collect lines into texts; groups come from ``-DOCSTART-``, a comment or a column."""
    groups = _Groups(stem_of(config.path))
    text = _ColumnText()
    for line in lines:
        content = line.text
        if line.number > 1 and content.startswith(_BOM):
            content = content[1:]
            skipped["byte_order_marks"] += 1
        cells = split_cells(content)
        opens_group = cells[:1] == [DOCSTART]
        if opens_group or not content.strip(" \t"):
            if text.words:
                yield text
            text = _ColumnText()
            if opens_group:
                groups.begin()
            continue
        if content.startswith("#") and not layout.is_row(cells):
            _add_comment(content, text, groups, skipped)
            continue
        if line.number == layout.header:
            skipped["header_rows"] += 1
            continue
        with translate_malformed(config.path, line.number), _with_header_hint(line, layout):
            _add_row(text, cells, layout, scheme, skipped)
        if text.words and not text.line:
            text.line, text.group = line.number, _group(cells, config, groups.current)
    if text.words:
        yield text


@dataclass(slots=True)
class _Groups:
    """The current group; groups without a name are numbered."""

    stem: str
    current: str | None = None
    number: int = 0

    def begin(self) -> None:
        self.current, self.number = f"{self.stem}-{self.number}", self.number + 1


def _add_comment(content: str, text: _ColumnText, groups: _Groups, skipped: Counter[str]) -> None:
    """Store what a comment before the first word names; count other comments."""
    comment = None if text.words else parse_comment(content)
    if comment is None:
        skipped["comment_lines"] += 1
        return
    key, value = comment
    text.comments.setdefault(key, value)
    if key == GROUP:
        groups.current = value or None
    elif key == NEW_GROUP:
        groups.begin()
    skipped["comment_lines"] += key not in (ID, TEXT, GROUP, NEW_GROUP, NAMES)


@contextmanager
def _with_header_hint(line: Line, layout: ColumnLayout) -> Iterator[None]:
    try:
        yield
    except DataError as error:
        if line.number != layout.first_row:
            raise
        raise DataError(f"{error}. If this row is a header, remove it") from error


def _add_row(
    text: _ColumnText,
    cells: list[str],
    layout: ColumnLayout,
    scheme: ReadScheme | None,
    skipped: Counter[str],
) -> None:
    width = layout.width
    if len(cells) < width or any(cells[width:]):
        raise DataError(f"the row has {len(cells)} columns, but other rows have {width}")
    if width == 1:
        raise DataError(
            "the row has one column; expected a word and its tag, separated by tab or space"
        )
    end = None
    if layout.numbered:
        found = row_number(cells[0])
        if found is None or "." in cells[0]:
            if found is None:
                raise DataError(
                    f"{cells[0][:40]!r} is not the number of a row, but other rows have one"
                )
            skipped["empty_nodes"] += 1
            return
        number, end = found
        if number <= text.parts_until:
            skipped["parts_of_multiword_tokens"] += 1
            text.parts.append(_tag(cells, layout, scheme))
            if number == text.parts_until:
                text.tags[-1] = _merge([text.tags[-1], *text.parts])
                text.parts = []
            return
    word = cells[layout.word]
    if not word:
        raise DataError(f"word {len(text.words) + 1} is empty (column {layout.word})")
    tag = _tag(cells, layout, scheme)
    if end is not None:
        text.parts_until, text.parts = end, []
    elif text.tags and (tag == NO_TAG) != (text.tags[-1] == NO_TAG):
        raise DataError(f"{NO_TAG!r} (not annotated) is mixed with tags; expected one or the other")
    text.words.append(word)
    text.tags.append(tag)
    misc = "" if layout.misc is None else cells[layout.misc]
    text.joined.append("SpaceAfter=No" in misc.split("|"))


def _tag(cells: list[str], layout: ColumnLayout, scheme: ReadScheme | None) -> str:
    if layout.tag is None:
        return NO_TAG
    tag = cells[layout.tag]
    if layout.key is not None:
        tag = dict(key_values(tag)).get(layout.key, "O" if layout.key_means_o else NO_TAG)
    if tag == NO_TAG or (tag in layout.plain and scheme is None):
        return tag
    try:
        split_tag(tag, scheme or "bioes")
    except DataError as error:
        raise DataError(
            f"{error}. The tag was read from column {layout.tag}: another column is named with "
            "tag_column (--tag-column), another scheme with scheme (--scheme)"
        ) from error
    return tag


def _merge(tags: list[str]) -> str:
    """Return the tag of a multiword token from its own tag and those of its parts."""
    known = [tag for tag in tags if tag != NO_TAG]
    marked = [tag for tag in known if tag != "O"]
    if not marked:
        return known[0] if known else NO_TAG
    first, last = marked[0], marked[-1]
    if first[1:] == last[1:] and last[:2] in ("E-", "L-"):
        return ("S" if first[0] in "BSU" else "E") + first[1:]
    return first


def _group(cells: list[str], config: CorpusConfig, group: str | None) -> str | None:
    column = config.group_column
    if column is None:
        return group
    if not -len(cells) <= column < len(cells):
        raise DataError(f"the row has {len(cells)} columns, so there is no group_column {column}")
    return f"{stem_of(config.path)}-{cells[column]}"


def _single_line_or_none(value: str | None, name: str, losses: Counter[str]) -> str | None:
    if value is None or (value and is_single_line(value)):
        return value
    losses[name] += 1
    return None
