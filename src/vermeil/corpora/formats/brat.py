"""Stand-off format of brat: a folder with a ``.txt`` file and an ``.ann`` file per document.

In the ``.ann`` file, lines ``T1<TAB>LABEL 0 2<TAB>surface`` are spans, and lines ``R1<TAB>LABEL
Arg1:T1 Arg2:T2`` are relations. If any file of the folder has one, a file without any is annotated
and has no relation. Events, attributes, normalisations, equivalences and notes are counted. A text
without ``.ann`` is not annotated. Offsets are code points; another unit is converted if all
surfaces prove it (`check_surfaces`). If a surface differs from the text, the document is not
annotated, and the spans are counted. A discontinuous annotation (``0 2;5 9``) becomes a span from
its first to its last character. Its pieces are kept in the document's ``meta`` and written again.
Pieces that only line ends separate are one span over several lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from vermeil.corpora.folders import file_name, files_below, new_folder
from vermeil.corpora.offsets import parse_offset
from vermeil.corpora.source import (
    Line,
    LocatedDocument,
    read_lines,
    read_whole,
    translate_file_errors,
)
from vermeil.corpora.surfaces import DIFFERENT, StatedSpan, check_surfaces
from vermeil.corpora.tokenised import count_unsupported
from vermeil.corpora.tools.extras import ImportedAnnotation, restore
from vermeil.data.document import Document, Range, Span
from vermeil.data.malformed import translate_malformed
from vermeil.errors import DataError

PIECES = "discontinuous"
"""Key of a document's ``meta``: pieces and label of each discontinuous annotation."""

_KINDS = {
    "E": "events",
    "A": "attributes",
    "M": "attributes",
    "N": "normalisations",
    "#": "notes",
    "*": "equivalences",
}
_LINE_ENDS = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
"""Characters that end a line for brat's server."""


class _Entity(NamedTuple):
    """Line, label and span of a text-bound annotation."""

    line: int
    label: str
    stated: StatedSpan


def read_brat(path: Path) -> Iterator[LocatedDocument]:
    """Read a folder, or the one document of a ``.txt`` or ``.ann`` file.

    Raises:
        DataError: a file is missing, an ``.ann`` has no ``.txt``, or a line is not in the format of
            brat.
    """
    with translate_file_errors(path):
        if path.is_dir():
            files = list(files_below(path, ".txt"))
            annotations = [file for file, _ in files_below(path, ".ann")]
        else:
            files = [(path.with_suffix(".txt"), path.stem)]
            annotations = [path] if path.suffix == ".ann" else []
        alone = [file for file in annotations if not file.with_suffix(".txt").exists()]
    if alone:
        more = f"; so do {len(alone) - 1:,} more files" if len(alone) > 1 else ""
        raise DataError(
            f"has no {alone[0].with_suffix('.txt').name} beside it{more}; copy the text files, too",
            alone[0],
        )
    related = any(_holds_relations(file) for file in annotations)
    for file, name in files:
        annotation_file = file.with_suffix(".ann")
        text = read_whole(file, keep_bom=True)
        imported = ImportedAnnotation(text)
        if annotation_file.exists():
            imported = _read_annotation(annotation_file, text, related=related)
        with translate_malformed(annotation_file if annotation_file.exists() else file):
            document = restore(imported, None, name)
        yield LocatedDocument(file, None, document)


def write_brat(documents: Iterable[Document], path: Path, losses: Counter[str]) -> None:
    """Write a folder.

    Args:
        documents: the documents.
        path: the folder.
        losses: receives counts of lost information: the names of `count_unsupported`, ``group``,
            ``tokens``, ``odd_label`` (spans and relations omitted, since brat's labels are single
            words), ``no_token`` (spans of line ends only, omitted), ``trimmed`` (line ends at a
            span's ends), ``relations`` (of omitted spans), ``relations_unannotated`` (documents
            whose relations are not annotated, next to others with relations: they are read as
            documents without relations) and ``unwritable`` (documents whose id is too long for a
            file's name).
    """
    related, unannotated = False, 0
    with new_folder(path) as folder:
        for document in documents:
            related = related or bool(document.relations)
            unannotated += document.spans is not None and document.relations is None
            name = file_name(document.id)
            if name is None:
                losses["unwritable"] += 1
                continue
            with (folder / f"{name}.txt").open("w", encoding="utf-8", newline="") as file:
                file.write(document.text + "\n")
            lines = _lines(document, losses)
            if document.spans is not None:
                with (folder / f"{name}.ann").open("w", encoding="utf-8", newline="") as file:
                    file.writelines(line + "\n" for line in lines)
    losses["relations_unannotated"] += unannotated if related else 0


def _lines(document: Document, losses: Counter[str]) -> list[str]:
    annotation = document.annotation
    related = annotation.spans is not None and annotation.relations != ()
    pieces = pieces_of(document)
    meta = {k: v for k, v in document.meta.items() if k != PIECES or not pieces}
    rest = Document(document.id, document.text, None, None, annotation, document.weight, meta)
    count_unsupported(rest, losses, ("relations",) if related else ())
    losses["group"] += document.group is not None
    losses["tokens"] += document.tokens is not None
    lines, omitted = [], set[int]()
    for number, span in enumerate(annotation.spans or ()):
        places = _without_line_ends(document.text, pieces.get(span.key, [(span.start, span.end)]))
        if not places or not _is_word(span.label):
            losses["no_token" if not places else "odd_label"] += 1
            omitted.add(number)
            continue
        losses["trimmed"] += (places[0][0], places[-1][1]) != (span.start, span.end)
        where = ";".join(f"{start} {end}" for start, end in places)
        surface = " ".join(document.text[start:end] for start, end in places)
        lines.append(f"T{number + 1}\t{span.label} {where}\t{surface}")
    for number, relation in enumerate(annotation.relations or ()):
        if not _is_word(relation.label):
            losses["odd_label"] += 1
        elif {relation.head, relation.tail} & omitted:
            losses["relations"] += 1
        else:
            ends = f"Arg1:T{relation.head + 1} Arg2:T{relation.tail + 1}"
            lines.append(f"R{number + 1}\t{relation.label} {ends}")
    return lines


def _without_line_ends(text: str, places: list[Range]) -> list[Range]:
    """Return the ranges without line ends, which brat does not allow in annotations."""
    parts: list[Range] = []
    for start, end in places:
        for gap in _LINE_ENDS.finditer(text, start, end):
            parts.append((start, gap.start()))
            start = gap.end()  # noqa: PLW2901
        parts.append((start, end))
    return [(start, end) for start, end in parts if start < end]


def _merge_across_lines(text: str, places: list[Range]) -> list[Range]:
    """Return the ranges, merged where only line ends separate them."""
    joined = places[:1]
    for start, end in places[1:]:
        if _LINE_ENDS.fullmatch(text, joined[-1][1], start):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _holds_relations(path: Path) -> bool:
    return any(line.text.startswith("R") for line in read_lines(path))


def _read_annotation(path: Path, text: str, *, related: bool) -> ImportedAnnotation:
    """Return the annotation of a text.

    Args:
        path: the ``.ann`` file.
        text: the text.
        related: whether the folder holds relations; a file without any then has none.
    """
    entities: dict[str, _Entity] = {}
    rows: list[tuple[int, str]] = []
    unread: Counter[str] = Counter()
    for line in read_lines(path):
        with translate_malformed(path, line.number):
            kind = line.text[:1]
            if not line.text.strip():
                continue
            if kind == "T":
                name, entity = _entity(line)
                if name in entities:
                    first = entities[name].line
                    raise DataError(f"{name} is in line {first} already; expected each id once")
                entities[name] = entity
            elif kind == "R":
                rows.append((line.number, line.text))
            elif kind in _KINDS:
                unread[_KINDS[kind]] += 1
            else:
                raise DataError(f"{line.text[:40]!r} is not an annotation in the format of brat")
    names = {name: number for number, name in enumerate(entities)}
    relations = []
    for number, row in rows:
        with translate_malformed(path, number):
            relations.append(_relation(row, names, unread))
    found = [relation for relation in relations if relation is not None]
    ranges = _checked_ranges(path, text, entities, unread)
    if ranges is None:
        unread["relations"] += len(found)
        return ImportedAnnotation(text, unread=unread)
    spans, pieces = [], []
    for entity, places in zip(entities.values(), ranges, strict=True):
        spans.append(Span(places[0][0], max(end for _, end in places), entity.label))
        merged = _merge_across_lines(text, places)
        if len(merged) > 1:
            pieces.append({"pieces": [list(p) for p in merged], "label": entity.label})
    meta = {PIECES: pieces} if pieces else {}
    return ImportedAnnotation(text, spans, None, found if related else None, meta, unread)


def _checked_ranges(
    path: Path, text: str, entities: Mapping[str, _Entity], unread: Counter[str]
) -> list[list[Range]] | None:
    """Return the ranges of all entities in code points; None if their surfaces differ."""
    checked = check_surfaces(text, [entity.stated for entity in entities.values()])
    unread.update(checked.counts)
    for (name, entity), places in zip(entities.items(), checked.ranges, strict=True):
        end = max(end for _, end in places)
        if end > len(text):
            message = f"{name} ends at {end}; the text has {len(text)} characters"
            raise DataError(message, path, entity.line)
    if checked.counts.get(DIFFERENT):
        return None
    return [sorted(places) for places in checked.ranges]


def _entity(line: Line) -> tuple[str, _Entity]:
    cells = line.text.split("\t", 2)
    label, _, where = cells[1].partition(" ") if len(cells) > 1 else ("", "", "")
    try:
        places = [
            (parse_offset(start), parse_offset(end))
            for start, end in (place.split() for place in where.split(";"))
        ]
    except ValueError:
        places = []
    if not places or not label:
        raise DataError(f"{line.text[:40]!r}: expected T1, a tab, a label, start and end")
    if any(not 0 <= start < end for start, end in places):
        raise DataError(f"{cells[0]} is empty or negative; expected start < end")
    surface = cells[2] if len(cells) > 2 else None
    return cells[0], _Entity(line.number, label, StatedSpan(sorted(places), surface))


def _relation(
    line: str, names: dict[str, int], unread: Counter[str]
) -> tuple[int, int, str] | None:
    parts = line.split("\t")[1].split() if "\t" in line else []
    if len(parts) != 3 or not all(":" in part for part in parts[1:]):
        raise DataError(f"{line[:40]!r}: expected R1, a tab, a label, Arg1:T1 and Arg2:T2")
    ends = [part.split(":", 1)[1] for part in parts[1:]]
    if not all(end in names for end in ends):
        # An argument may be an event, which a document cannot hold.
        unread["relations"] += 1
        return None
    return names[ends[0]], names[ends[1]], parts[0]


def pieces_of(document: Document) -> dict[tuple[int, int, str], list[Range]]:
    """Return the pieces of discontinuous spans, by the key of the span."""
    found = {}
    noted = document.meta.get(PIECES)
    for item in noted if isinstance(noted, list) else ():
        match item:
            case {"pieces": [[int(), int()], *_] as places, "label": str(label)}:
                ranges = [(int(start), int(end)) for start, end in places]
                if all(0 <= a < b <= len(document.text) for a, b in ranges):
                    found[(ranges[0][0], max(b for _, b in ranges), label)] = ranges
    return found


def _is_word(label: str) -> bool:
    return label.split() == [label]
