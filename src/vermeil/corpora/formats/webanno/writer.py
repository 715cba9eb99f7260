"""Writer of WebAnno TSV 3.3; the module ``reader`` describes the format."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from vermeil.corpora.folders import file_name, new_folder
from vermeil.corpora.formats.webanno.escapes import HEADER, LAYER, NONE, escape_text, escape_value
from vermeil.corpora.source import stem_of
from vermeil.corpora.tokenised import count_unsupported, tokens_of
from vermeil.corpora.utf16 import units_before
from vermeil.data.atomic import atomic_file
from vermeil.data.document import Document, Range, Span
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
    count_unsupported(document, losses)
    losses["group"] += document.group is not None
    losses["unannotated"] += document.spans is None
    losses["respaced"] += bool(text[: tokens[0][0]].strip(" "))
    cells = _cells(document.spans or (), tokens, losses)
    units = units_before(text)
    lines = [f"{HEADER}.3", f"#T_SP={LAYER}|value", ""]
    for sentence, (first, end) in enumerate(_sentences(text, tokens), start=1):
        stop = tokens[end][0] if end < len(tokens) else len(text)
        body = text[tokens[first][0] : stop]
        # The reader adds a line end between sentences, and removes it if it does not fit.
        body = body.removesuffix("\n") if end < len(tokens) else body
        lines.append("")
        lines += [f"#Text={escape_text(line)}" for line in body.split("\n")]
        for number in range(first, end):
            for part, (place, values) in enumerate(cells[number]):
                name = f"{sentence}-{number - first + 1}" + (f".{part}" if part else "")
                surface = re.sub(r"[\t\n\r]", " ", text[place[0] : place[1]])
                where = f"{units[place[0]]}-{units[place[1]]}"
                lines.append(f"{name}\t{where}\t{surface}\t{'|'.join(values) or NONE}\t")
    return "\n".join([*lines, ""])


def _sentences(text: str, tokens: Sequence[Range]) -> Iterator[Range]:
    """Yield the range of tokens of each line."""
    first = 0
    for number in range(1, len(tokens)):
        if "\n" in text[tokens[number - 1][1] : tokens[number][0]]:
            yield first, number
            first = number
    yield first, len(tokens)


def _cells(
    spans: Sequence[Span], tokens: Sequence[Range], losses: Counter[str]
) -> list[list[tuple[Range, list[str]]]]:
    """Return the rows of each token (itself, then its parts), each with its values."""
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    values: list[dict[Range, list[str]]] = [{token: []} for token in tokens]
    placed: list[tuple[Span, list[tuple[int, Range]]]] = []
    rows: Counter[tuple[int, Range]] = Counter()
    for span in spans:
        first, end = bisect_right(ends, span.start), bisect_left(starts, span.end)
        if first >= end:
            losses["no_token"] += 1
            continue
        units = [
            (number, (max(starts[number], span.start), min(ends[number], span.end)))
            for number in range(first, end)
        ]
        losses["trimmed"] += (units[0][1][0], units[-1][1][1]) != (span.start, span.end)
        placed.append((span, units))
        rows.update(units)
    for number, (span, units) in enumerate(placed, start=1):
        joined = len(units) > 1 or rows[units[0]] > 1
        value = escape_value(span.label) + (f"[{number}]" if joined else "")
        for token, place in units:
            values[token].setdefault(place, []).append(value)
    return [
        [
            (tokens[n], found[tokens[n]]),
            *((p, v) for p, v in sorted(found.items()) if p != tokens[n]),
        ]
        for n, found in enumerate(values)
    ]
