"""Vermeil records: one JSON object per document, one document per line.

The keys of a record are the fields of the document::

    {"id", "group", "text", "tokens": [[start, end]], "spans": [{"start", "end", "label", "score",
     "weight", "status", "origin", "soft": {LABEL: p}}], "abstain": [{"start", "end", "labels"}],
     "labels": [LABEL], "label_scores": {LABEL: p},
     "relations": [{"head", "tail", "label", "score"}],
     "abstain_pairs": [{"head", "tail", "label"}], "weight", "meta": {}}

An abstention has ``start`` and ``end``, or ``labels`` for the whole text, or all three. Only ``id``
and ``text`` are required. Absent (or null) ``spans``, ``labels`` and ``relations`` mean not
annotated; ``[]`` means annotated, none there. In a record without annotation, further keys with
plain values (a date, a source) are read into ``meta``, and the report of the reading names them.
Other keys that are not in this list, and misspelled ones, are errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from vermeil.corpora.config import FORMAT_NAMES
from vermeil.corpora.reading import Reading
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.data.records import RECORD_KEYS, document_from_record, document_to_line
from vermeil.errors import DataError

_ANNOTATION_KEYS = frozenset({"spans", "abstain", "labels", "relations"})
_SIMILAR = 0.75
"""Similarity from which an unknown key is taken for a misspelled one."""


def read_jsonl(
    objects: Iterable[tuple[int, dict[str, Any]]],
    path: Path,
    reading: Reading | None = None,
) -> Iterator[tuple[int, Document]]:
    """Read Vermeil records, with their line numbers.

    Args:
        objects: line numbers and records.
        path: the file, for errors.
        reading: receives the names of keys that were read into ``meta``.
    """
    further: dict[str, None] = {}
    for number, record in objects:
        with translate_malformed(path, number), _with_format_hint(record):
            names = _further_keys(record)
            document = document_from_record(_with_meta(record, names) if names else record)
        if reading is not None and names and not further.keys() >= set(names):
            further.update(dict.fromkeys(names))
            reading.choices["into meta"] = ", ".join(further)
        yield number, document


def _further_keys(record: Mapping[str, Any]) -> list[str]:
    """Return the unknown keys of a plain text; none where they may be a mistake."""
    unknown = [key for key in record if key not in RECORD_KEYS]
    if not unknown or not _ANNOTATION_KEYS.isdisjoint(record):
        return []
    plain = all(isinstance(record[key], str | int | float | None) for key in unknown)
    meant = any(get_close_matches(key, RECORD_KEYS, n=1, cutoff=_SIMILAR) for key in unknown)
    return unknown if plain and not meant else []


def _with_meta(record: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """Return a record with some keys in ``meta``; a key that is there already stays."""
    kept = {key: value for key, value in record.items() if key not in names}
    before = kept.get("meta") or {}
    if not isinstance(before, dict):
        return dict(record)
    return {**kept, "meta": {**{name: record[name] for name in names}, **before}}


@contextmanager
def _with_format_hint(record: Mapping[str, Any]) -> Iterator[None]:
    """Add the assumed format to the error of a record that seems to be in another format."""
    try:
        yield
    except DataError as error:
        if {"id", "text"} <= record.keys():
            raise
        raise DataError(
            f"{error}. The file was read as vermeil records (jsonl); the record has the keys "
            f"{', '.join(record)}. Write another format before the path (FORMAT:FILE), one of "
            f"{', '.join(FORMAT_NAMES)}; tokens reads other keys with token_key and tag_key "
            "(--token-key, --tag-key)"
        ) from error


def json_lines(documents: Iterable[Document]) -> Iterator[str]:
    """Yield the line of each document, with its end."""
    for document in documents:
        yield document_to_line(document) + "\n"
