"""CoNLL04-style JSON: one object per sentence, with words, entities and relations.

Two layouts are read. The first one is written, with offsets in code points::

    {"id", "text", "tokens": ["EU", …], "spans": [{"start", "end", "label"}],
     "relations": [{"head", "tail", "label"}]}

The second one has offsets in words, and the words are joined by spaces::

    {"orig_id", "tokens": ["EU", …], "entities": [{"start", "end", "type"}],
     "relations": [{"head", "tail", "type"}]}

``head`` and ``tail`` are positions in the list of entities. Other keys are counted, and so are
relations of an entity with itself and repeated ones. An absent list means not annotated.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vermeil.corpora.objects import Objects
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import stem_of
from vermeil.corpora.tokenised import align_words, count_unsupported, join_words, tokens_of
from vermeil.corpora.tools.extras import ImportedAnnotation, restore
from vermeil.corpora.tools.json_fields import number_at, objects_at, optional_id, text_at
from vermeil.data.document import Document, Range, Span
from vermeil.data.malformed import translate_malformed
from vermeil.data.records import format_value
from vermeil.errors import DataError

_KEYS = frozenset(("id", "orig_id", "text", "tokens", "spans", "entities", "relations"))


def looks_like_conll04(record: Mapping[str, Any]) -> bool:
    """Return whether a JSON object has words, entities and relations.

    With ``"tokens": []`` it is a record of an empty text, not a sentence.
    """
    tokens, relations = record.get("tokens"), record.get("relations")
    if not isinstance(tokens, list) or not tokens or not isinstance(relations, list):
        return False
    entities = record.get("spans", record.get("entities"))
    return all(isinstance(token, str) for token in tokens) and isinstance(entities, list)


def read_conll04(objects: Objects, path: Path, reading: Reading) -> Iterator[tuple[int, Document]]:
    """Read sentences, with their line numbers.

    Args:
        objects: the objects of the file.
        path: the file, for ids and errors.
        reading: receives counts of keys that are not read.
    """
    for number, (line, record) in enumerate(objects):
        with translate_malformed(path, line):
            document = _document(record, f"{stem_of(path)}-{number}")
        reading.skipped.update(f"key {key}" for key in record if key not in _KEYS)
        yield line, document


def conll04_lines(documents: Iterable[Document], losses: Counter[str]) -> Iterator[str]:
    """Yield the line of each document, with its end.

    Args:
        documents: the documents.
        losses: receives counts of lost information: the names of `count_unsupported`, ``group`` and
            ``tokens_made``.
    """
    for document in documents:
        count_unsupported(document, losses, ("relations",))
        losses["group"] += document.group is not None
        text, tokens = document.text, tokens_of(document, losses)
        record: dict[str, Any] = {"id": document.id, "text": text}
        record["tokens"] = [text[start:end] for start, end in tokens]
        if document.spans is not None:
            record["spans"] = [
                {"start": one.start, "end": one.end, "label": one.label} for one in document.spans
            ]
        if document.relations is not None:
            record["relations"] = [
                {"head": one.head, "tail": one.tail, "label": one.label}
                for one in document.relations
            ]
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _document(record: Mapping[str, Any], default_id: str) -> Document:
    words = record.get("tokens")
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise DataError(f'"tokens" is {format_value(words)}; expected a list of words')
    text, tokens = join_words(words)
    if isinstance(record.get("text"), str):
        text = str(record["text"])
        aligned = align_words(text, words)
        if aligned is None:
            raise DataError('"tokens" are not the words of "text"; correct one of them')
        tokens = aligned
    spans = _spans(record, tokens)
    found = objects_at(record, "relations")
    relations = None
    if spans is not None and found is not None:
        relations = [_relation(item, len(spans)) for item in found]
    identity = optional_id(record.get("id")) or optional_id(record.get("orig_id")) or default_id
    extras = {"tokens": [list(token) for token in tokens]}
    return restore(ImportedAnnotation(text, spans, None, relations), extras, identity)


def _spans(record: Mapping[str, Any], tokens: tuple[Range, ...]) -> list[Span] | None:
    """Return the entities: ``spans`` in code points, or ``entities`` in words."""
    items = objects_at(record, "spans")
    if items is not None:
        return [
            Span(number_at(item, "start"), number_at(item, "end"), _label(item)) for item in items
        ]
    items = objects_at(record, "entities")
    if items is None:
        return None
    spans = []
    for item in items:
        first, end = number_at(item, "start"), number_at(item, "end")
        if not 0 <= first < end <= len(tokens):
            raise DataError(
                f"entity [{first}, {end}) is out of range; the sentence has {len(tokens)} words"
            )
        spans.append(Span(tokens[first][0], tokens[end - 1][1], _label(item)))
    return spans


def _relation(item: Mapping[str, Any], entities: int) -> tuple[int, int, str]:
    head, tail = number_at(item, "head"), number_at(item, "tail")
    for number in (head, tail):
        if not 0 <= number < entities:
            raise DataError(f"a relation names entity {number}; there are {entities} entities")
    return head, tail, _label(item)


def _label(item: Mapping[str, Any]) -> str:
    return text_at(item, "type" if "type" in item and "label" not in item else "label")
