"""Writer of WebAnno TSV 3.3; the module ``reader`` describes the format."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from vermeil.corpora.folders import file_name, new_folder
from vermeil.corpora.formats.webanno.escapes import (
    HEADER,
    LAYER,
    NONE,
    RELATION_LAYER,
    escape_text,
    escape_value,
)
from vermeil.corpora.source import stem_of
from vermeil.corpora.tokenised import count_unsupported, tokens_of
from vermeil.corpora.utf16 import units_before
from vermeil.data.atomic import atomic_file
from vermeil.data.document import Document, Range, Span
from vermeil.data.relation import Relation
from vermeil.errors import DataError


def write_webanno(documents: Iterable[Document], path: Path, losses: Counter[str]) -> None:
    """Write a folder with a file for each document, or a ``.tsv`` file with one document.

    Args:
        documents: the documents.
        path: the folder or ``.tsv`` file.
        losses: receives counts of lost information: the names of `count_unsupported`, ``group``,
            ``id`` (a document in a ``.tsv`` file with another name), ``tokens_made``, ``respaced``
            (white space before the first token becomes spaces), ``no_token`` (spans without a
            token), ``trimmed`` (white space at a span's ends), ``unannotated`` (documents that
            will be read as annotated without spans) and ``unwritable`` (documents without words
            or with too long ids).

    Raises:
        DataError: ``path`` is a ``.tsv`` file and there are several documents.
    """
    if path.suffix == ".tsv":
        _write_file(documents, path, losses)
        return
    with new_folder(path) as folder:
        for document in documents:
            name = file_name(document.id)
            text = None if name is None else webanno_text(document, losses)
            if text is None:
                losses["unwritable"] += 1
                continue
            with (folder / f"{name}.tsv").open("w", encoding="utf-8", newline="") as file:
                file.write(text)


def _write_file(documents: Iterable[Document], path: Path, losses: Counter[str]) -> None:
    written = 0
    with atomic_file(path) as file:
        for document in documents:
            text = webanno_text(document, losses)
            losses["unwritable"] += text is None
            losses["id"] += document.id != stem_of(path)
            if text is not None and written:
                raise DataError("holds one document; name a folder for several", path)
            if text is not None:
                written += 1
                file.write(text)


def webanno_text(document: Document, losses: Counter[str]) -> str | None:
    """Return the content of a document's file; None if the document has no words.

    Args:
        document: the document.
        losses: receives counts of lost information.
    """
    text, tokens = document.text, tokens_of(document, losses)
    if not tokens:
        return None
    relations = document.relations if document.spans is not None else None
    count_unsupported(document, losses, ("relations",) if relations is not None else ())
    losses["group"] += document.group is not None
    losses["unannotated"] += document.spans is None
    losses["respaced"] += bool(text[: tokens[0][0]].strip(" "))
    placed = _placed(document.spans or (), tokens, losses)
    cells = _cells(placed, tokens)
    layer = () if relations is None else (f"#T_RL={RELATION_LAYER}|label|BT_{LAYER}",)
    related = _relation_cells(relations or (), placed, losses)
    units = units_before(text)
    lines = [f"{HEADER}.3", f"#T_SP={LAYER}|value", *layer, ""]
    names = {
        (number, place): f"{sentence}-{number - first + 1}" + (f".{part}" if part else "")
        for sentence, (first, end) in enumerate(_sentences(text, tokens), start=1)
        for number in range(first, end)
        for part, (place, _) in enumerate(cells[number])
    }
    for first, end in _sentences(text, tokens):
        stop = tokens[end][0] if end < len(tokens) else len(text)
        body = text[tokens[first][0] : stop]
        # The reader adds a line end between sentences, and removes it if it does not fit.
        body = body.removesuffix("\n") if end < len(tokens) else body
        lines.append("")
        lines += [f"#Text={escape_text(line)}" for line in body.split("\n")]
        for number in range(first, end):
            for place, values in cells[number]:
                surface = re.sub(r"[\t\n\r]", " ", text[place[0] : place[1]])
                where = f"{units[place[0]]}-{units[place[1]]}"
                row = [names[number, place], where, surface, "|".join(values) or NONE]
                if layer:
                    row += _relation_values(related.get((number, place), []), names)
                lines.append("\t".join(row) + "\t")
    return "\n".join([*lines, ""])


def _sentences(text: str, tokens: Sequence[Range]) -> Iterator[Range]:
    """Yield the range of tokens of each line."""
    first = 0
    for number in range(1, len(tokens)):
        if "\n" in text[tokens[number - 1][1] : tokens[number][0]]:
            yield first, number
            first = number
    yield first, len(tokens)


_Place = tuple[int, Range]
"""Number of a token, and the range of a row: the token or a part of it."""


class _PlacedSpan(NamedTuple):
    """A span with its number in the file and its rows.

    Args:
        number: number of the annotation, from 1.
        label: its label.
        rows: its rows, in order.
        is_numbered: whether the number is written: several rows, or several spans of one row.
    """

    number: int
    label: str
    rows: list[_Place]
    is_numbered: bool

    @property
    def reference(self) -> int:
        """The number as relations refer to it; 0 if it is not written."""
        return self.number if self.is_numbered else 0


def _placed(
    spans: Sequence[Span], tokens: Sequence[Range], losses: Counter[str]
) -> dict[int, _PlacedSpan]:
    """Return the spans with tokens, by their index in the document."""
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    found: dict[int, list[_Place]] = {}
    rows: Counter[_Place] = Counter()
    for index, span in enumerate(spans):
        first, end = bisect_right(ends, span.start), bisect_left(starts, span.end)
        if first >= end:
            losses["no_token"] += 1
            continue
        units = [
            (number, (max(starts[number], span.start), min(ends[number], span.end)))
            for number in range(first, end)
        ]
        losses["trimmed"] += (units[0][1][0], units[-1][1][1]) != (span.start, span.end)
        found[index] = units
        rows.update(units)
    return {
        index: _PlacedSpan(number, spans[index].label, units, len(units) > 1 or rows[units[0]] > 1)
        for number, (index, units) in enumerate(found.items(), start=1)
    }


def _cells(
    placed: Mapping[int, _PlacedSpan], tokens: Sequence[Range]
) -> list[list[tuple[Range, list[str]]]]:
    """Return the rows of each token (itself, then its parts), each with its values."""
    values: list[dict[Range, list[str]]] = [{token: []} for token in tokens]
    for span in placed.values():
        value = escape_value(span.label) + (f"[{span.number}]" if span.is_numbered else "")
        for token, place in span.rows:
            values[token].setdefault(place, []).append(value)
    return [
        [
            (tokens[n], found[tokens[n]]),
            *((p, v) for p, v in sorted(found.items()) if p != tokens[n]),
        ]
        for n, found in enumerate(values)
    ]


_RowRelation = tuple[str, _PlacedSpan, _PlacedSpan]
"""Label, head and tail."""


def _relation_cells(
    relations: Sequence[Relation], placed: Mapping[int, _PlacedSpan], losses: Counter[str]
) -> dict[_Place, list[_RowRelation]]:
    """Return the relations by the first row of their tail; those without a token are counted."""
    cells: dict[_Place, list[_RowRelation]] = {}
    for one in relations:
        if one.head not in placed or one.tail not in placed:
            losses["relations"] += 1
            continue
        tail = placed[one.tail]
        cells.setdefault(tail.rows[0], []).append((one.label, placed[one.head], tail))
    return cells


def _relation_values(
    relations: Sequence[_RowRelation], names: Mapping[_Place, str]
) -> tuple[str, str]:
    """Return the cells of label and head of one row."""
    labels, bases = [], []
    for number, (label, head, tail) in enumerate(relations, start=1):
        labels.append(escape_value(label) + (f"[{number}]" if len(relations) > 1 else ""))
        ends = head.reference, tail.reference
        bases.append(names[head.rows[0]] + ("[{}_{}]".format(*ends) if any(ends) else ""))
    return "|".join(labels) or NONE, "|".join(bases) or NONE
