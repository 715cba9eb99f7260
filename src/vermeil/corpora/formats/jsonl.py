"""Vermeil records: one JSON object per document, one document per line.

The keys of a record are the fields of the document::

    {"id", "group", "text", "tokens": [[start, end]], "spans": [{"start", "end", "label", "score",
     "weight", "status", "origin", "soft": {LABEL: p}}], "abstain": [{"start", "end", "labels"}],
     "labels": [LABEL], "label_scores": {LABEL: p},
     "relations": [{"head", "tail", "label", "score"}],
     "abstain_pairs": [{"head", "tail", "label"}], "weight", "meta": {}}

An abstention has ``start`` and ``end``, or ``labels`` for the whole text, or all three. Only ``id``
and ``text`` are required. Absent (or null) ``spans``, ``labels`` and ``relations`` mean not
annotated; ``[]`` means annotated, none there. Keys that are not in this list are errors; further
values of a source belong into ``meta``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vermeil.corpora.config import FORMAT_NAMES
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.data.records import document_from_record, document_to_line
from vermeil.errors import DataError


def read_jsonl(
    objects: Iterable[tuple[int, dict[str, Any]]], path: Path
) -> Iterator[tuple[int, Document]]:
    """Read Vermeil records, with their line numbers."""
    for number, record in objects:
        with translate_malformed(path, number), _with_format_hint(record):
            document = document_from_record(record)
        yield number, document


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
