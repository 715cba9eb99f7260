"""Replies with a table: one row per entity, or one column or row per label.

Markdown tables with and without header and outer bars, and tables with tabs. The columns of surface
and label are found by their header, otherwise by their content. Only `detect` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from vermeil.data.mention import Mention
from vermeil.tasks.ner.formats.claims import (
    accept_claims,
    claims_of,
    is_no_surface,
    is_placeholder_claim,
    occurs,
    split_claim,
    split_surfaces,
)
from vermeil.tasks.ner.formats.entity_keys import LABELS, SURFACES, fold_key
from vermeil.tasks.ner.formats.prose import answer_part, clean_surface, is_rejection, without_number
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_BORDER = re.compile(r"[+|:=\s-]*")
_MAX_COLUMNS = 30
_MIN_LABELS = 0.5
"""Minimum share of the rows whose cell is a requested label, in the column of labels."""
_MAX_LABEL_WORDS = 8
"""Maximum number of words of a label; longer cells are explanations."""

Row = list[str]


def parse_tables(reply: str, question: Question) -> ParsedReply | None:
    """Return the entities of all tables in a reply; None if it has none."""
    lines = [line.strip(" \r") for line in answer_part(reply).split("\n") if line.strip()]
    mentions: list[Mention] = []
    malformed, is_cut = 0, False
    others: list[str] = []
    for separator, group in groupby(lines, key=_separator):
        part = list(group)
        rows = [_cells(line, separator) for line in part] if separator else []
        found = _read_table(rows, question) if len(rows) > 0 else None
        if found is None:
            others += [line for line in part if not _BORDER.fullmatch(line)]
            continue
        if separator == "|" and len(part) > 1 and _is_cut(part):
            found, is_cut = _read_table(rows[:-1], question) or ([], 0), True
        mentions += found[0]
        malformed += found[1]
    return accept_claims(mentions, others, malformed, question, is_cut=is_cut)


def _separator(line: str) -> str:
    """Return the separator of the cells of a line; empty if it is no row."""
    return "|" if "|" in line else "\t" if "\t" in line else ""


def _cells(line: str, separator: str) -> Row:
    if separator == "\t":
        return [cell.strip() for cell in line.split("\t")]
    inner = line.strip()
    inner = inner.removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    cells = re.split(r"(?<!\\)\|", inner)
    return [cell.strip().replace("\\|", "|") for cell in cells]


def _is_cut(lines: Sequence[str]) -> bool:
    """Return whether the last row lacks the closing bar that all others have."""
    return not lines[-1].endswith("|") and all(line.endswith("|") for line in lines[:-1])


def _read_table(rows: Sequence[Row], question: Question) -> tuple[list[Mention], int] | None:
    """Return the mentions and the number of malformed rows; None if the rows are no such table."""
    borders = [n for n, row in enumerate(rows) if all(map(_BORDER.fullmatch, row)) and any(row)]
    header = rows[0] if borders[:1] == [1] else None
    body = [row for n, row in enumerate(rows) if n not in borders and row is not header]
    if header is None and body and _names_columns(body[0]):
        header, body = body[0], body[1:]
    width = max(map(len, body), default=0)
    if not 1 <= width <= _MAX_COLUMNS:
        return None
    if header is not None and (found := _read_columns(header, body, question)) is not None:
        return found
    label = _label_column(header or [], body, width, question)
    if label is None:
        claims = [_claims_in(row, question) for row in body]
        return ([m for one in claims for m in one], 0) if any(claims) else None
    surface = _surface_column(header or [], body, width, label, question)
    return None if surface is None else _read_rows(body, surface, label, question)


def _claims_in(row: Row, question: Question) -> list[Mention]:
    """Return the claims in the cells of a row, such as "Ann (PER), New York (LOC)"."""
    parts = (part for cell in row for part in claims_of(cell, question))
    found = (split_claim(part, question) for part in parts)
    return [one for one in found if one is not None]


def _names_columns(row: Row) -> bool:
    """Return whether a row is a header: its cells name surface and label."""
    keys = [fold_key(cell) for cell in row]
    return any(key in SURFACES for key in keys) and any(key in LABELS for key in keys)


def _read_columns(
    header: Row, body: Sequence[Row], question: Question
) -> tuple[list[Mention], int] | None:
    """Read a table whose columns are labels; None for any other table."""
    labels = [question.labels.of_heading(cell) for cell in header]
    if sum(label is not None for label in labels) < max(1, len(header) - 1):
        return None
    mentions = [
        Mention(surface, label)
        for row in body
        for label, cell in zip(labels, row, strict=False)
        if label is not None and cell and not is_no_surface(cell)
        for surface in split_surfaces(cell, question.text)
        if surface and not is_placeholder_claim(surface, question.text)
    ]
    return (mentions, 0) if mentions else None


def _label_column(header: Row, body: Sequence[Row], width: int, question: Question) -> int | None:
    """Return the column with most requested labels; a header that names it decides first."""
    counts = [
        sum(n < len(row) and question.labels.normalise(row[n]) is not None for row in body)
        for n in range(width)
    ]
    named = [n for n, cell in enumerate(header[:width]) if fold_key(cell) in LABELS and counts[n]]
    if named:
        return max(named, key=lambda n: counts[n])
    best = max(range(width), key=lambda n: counts[n])
    return best if counts[best] and counts[best] >= _MIN_LABELS * len(body) else None


def _surface_column(
    header: Row, body: Sequence[Row], width: int, label: int, question: Question
) -> int | None:
    """Return the column whose cells the text holds; a header that names it decides first.

    Of several columns, the one with the shortest cells is returned: others quote sentences.
    """
    found = [_count_in_text(body, n, question.text) for n in range(width)]
    named = [n for n, c in enumerate(header[:width]) if fold_key(c) in SURFACES and n != label]
    named = [n for n in named if found[n]]
    columns = named or [
        n for n in range(width) if n != label and found[n] and _holds_words(body, n)
    ]
    if not columns:
        return None
    most = max(found[n] for n in columns)
    likely = [n for n in columns if 2 * found[n] >= most]
    return min(likely, key=lambda n: sum(len(row[n]) for row in body if n < len(row)))


def _count_in_text(body: Sequence[Row], column: int, text: str) -> int:
    cells = (row[column] for row in body if column < len(row))
    return sum(any(occurs(one, text) for one in split_surfaces(c, text)) for c in cells)


def _holds_words(body: Sequence[Row], column: int) -> bool:
    """Return whether any cell of a column has a letter; otherwise it holds numbers."""
    return any(any(map(str.isalpha, row[column])) for row in body if column < len(row))


def _read_rows(
    body: Sequence[Row], surface: int, label: int, question: Question
) -> tuple[list[Mention], int]:
    """Return the mentions of the rows, and the number of rows without one."""
    mentions: list[Mention] = []
    malformed = 0
    for row in body:
        if len(row) <= max(surface, label):
            malformed += 1
            continue
        written, name = without_number(row[surface]), row[label].strip(" *_`")
        if not written or is_no_surface(written) or is_no_surface(name):
            continue
        if is_rejection(name, question.labels) or is_placeholder_claim(written, question.text):
            continue
        if not name or len(name.split()) > _MAX_LABEL_WORDS:
            malformed += 1
            continue
        cleaned = clean_surface(written.strip(" *_`"), question.text)
        whole = [cleaned] if occurs(cleaned, question.text) else None
        split = split_surfaces(written, question.text)
        is_list = len(split) > 1 and all(occurs(one, question.text) for one in split)
        surfaces = whole or (split if is_list else [cleaned])
        mentions += [Mention(one, name) for one in surfaces if one]
    return mentions, malformed
