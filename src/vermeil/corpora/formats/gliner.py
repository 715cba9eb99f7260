"""Formats of GLiNER: training records, and texts with its predictions.

Training: ``{"tokenized_text": ["Ann", "left"], "ner": [[0, 0, "person"]], "ner_labels": [...]}``.
The positions count words, and the last word belongs to the entity. ``ner_labels`` are all labels of
the corpus, so that GLiNER also learns from texts without one of them.

Predictions: ``{"text": "Ann left", "entities": [{"start", "end", "text", "label", "score",
"class_probs"}]}``, where ``entities`` is what ``predict_entities`` returns. ``class_probs`` become
soft labels. GLiNER computes the probability of each label on its own; if they sum to more than 1,
they are divided by their sum.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.objects import Objects
from vermeil.corpora.source import stem_of
from vermeil.corpora.tokenised import align_words, count_unsupported, join_words
from vermeil.corpora.tools.json_fields import (
    list_at,
    number_at,
    objects_at,
    optional_id,
    text_at,
    wrong_type_error,
)
from vermeil.corpora.unread import with_unread
from vermeil.data.document import UNANNOTATED, Annotation, Document, Range, Span
from vermeil.data.malformed import translate_malformed
from vermeil.data.records import format_value
from vermeil.errors import DataError

WORDS = "tokenized_text"
_TRAINING_KEYS = (WORDS, "ner", "ner_labels", "ner_negatives", "relations", "id", "text")
_PREDICTION_KEYS = ("text", "entities", "id")
_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")
"""Words as GLiNER's own splitter makes them."""


def looks_like_gliner(record: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is a training record or a prediction of GLiNER."""
    if isinstance(record.get(WORDS), list):
        return True
    entities = record.get("entities")
    return (
        isinstance(record.get("text"), str)
        and isinstance(entities, list)
        and bool(entities)
        and isinstance(entities[0], dict)
        and {"start", "end", "label", "score"} <= entities[0].keys()
    )


def read_gliner(objects: Objects, config: CorpusConfig) -> Iterator[tuple[int, Document]]:
    """Read training records or predictions, with their line numbers."""
    stem = stem_of(config.path)
    for number, (line, record) in enumerate(objects):
        with translate_malformed(config.path, line):
            name = optional_id(record.get("id")) or f"{stem}-{number}"
            read = _read_words if WORDS in record else _read_prediction
            document = read(record, name)
        yield line, document


def gliner_lines(documents: Iterable[Document], losses: Counter[str]) -> Iterator[str]:
    """Yield the training record of each annotated document.

    Documents without annotation are omitted, since GLiNER would learn that they hold no entity.

    Args:
        documents: the documents; all are held, since each record names all labels.
        losses: receives counts of lost information, under the keys of the record: also
            ``unwritable`` (documents without annotation), ``no_token`` (spans that touch no word)
            and ``cut_token`` (spans that were widened to whole words).
    """
    held = list(documents)
    labels = sorted({span.label for document in held for span in document.spans or ()})
    for document in held:
        count_unsupported(document, losses)
        if document.spans is None or not document.text.strip():
            losses["unwritable"] += 1
            continue
        losses["group"] += document.group is not None
        record = {"id": document.id, **_words_record(document, losses), "ner_labels": labels}
        yield json.dumps(record, ensure_ascii=False) + "\n"


def _words_record(document: Document, losses: Counter[str]) -> dict[str, Any]:
    text = document.text
    ranges = document.tokens or tuple(match.span() for match in _WORD.finditer(text))
    losses["tokens_made"] += not document.tokens
    words = [text[start:end] for start, end in ranges]
    record: dict[str, Any] = {WORDS: words}
    if join_words(words) != (text, ranges):
        if align_words(text, words) == ranges:
            record["text"] = text
        else:
            losses["respaced"] += 1
    starts, ends = [start for start, _ in ranges], [end for _, end in ranges]
    entities = []
    for span in document.spans or ():
        first, last = bisect_right(ends, span.start), bisect_left(starts, span.end) - 1
        if first > last:
            losses["no_token"] += 1
            continue
        losses["cut_token"] += (starts[first], ends[last]) != (span.start, span.end)
        entities.append([first, last, span.label])
    return {**record, "ner": entities}


def _read_words(record: Mapping[str, Any], name: str) -> Document:
    words = list_at(record, WORDS) or []
    if not all(isinstance(word, str) and word for word in words):
        raise wrong_type_error(record, WORDS, "a list of words that are not empty")
    text, ranges = join_words(words)
    given = record.get("text")
    if isinstance(given, str) and (placed := align_words(given, words)) is not None:
        text, ranges = given, placed
    items = list_at(record, "ner")
    unread = Counter({"relations": len(list_at(record, "relations") or ())})
    unread.update({f"key {key}": 1 for key in record if key not in _TRAINING_KEYS})
    annotation = UNANNOTATED
    if items is not None:
        annotation = Annotation(spans=tuple(_word_span(item, ranges) for item in items))
    return Document(name, text, None, ranges, annotation, meta=with_unread({}, unread))


def _word_span(item: Any, ranges: tuple[Range, ...]) -> Span:
    match item:
        case [int(first), int(last), str(label)] if 0 <= first <= last < len(ranges):
            return Span(ranges[first][0], ranges[last][1], label)
    raise DataError(
        f'"ner" holds {format_value(item)}; expected [first word, last word, label], with words '
        f"from 0 to {len(ranges) - 1}"
    )


def _read_prediction(record: Mapping[str, Any], name: str) -> Document:
    text, items = text_at(record, "text"), objects_at(record, "entities")
    unread = Counter({f"key {key}": 1 for key in record if key not in _PREDICTION_KEYS})
    annotation = UNANNOTATED
    if items is not None:
        annotation = Annotation(spans=tuple(predicted_span(item, text) for item in items))
    return Document(name, text, annotation=annotation, meta=with_unread({}, unread))


def predicted_span(item: Mapping[str, Any], text: str, label: str | None = None) -> Span:
    """Return the span of a predicted entity.

    Args:
        item: ``start``, ``end``, and optionally ``text``, ``score`` or ``confidence``, and
            ``class_probs``.
        text: the text of the document.
        label: the label; None: that of the item.

    Raises:
        DataError: a value has the wrong type, or the offsets do not fit the text.
    """
    start, end = number_at(item, "start"), number_at(item, "end")
    surface = item.get("text")
    if isinstance(surface, str) and text[start:end] != surface:
        raise DataError(
            f"the text from {start} to {end} is {text[start:end]!r}, but the entity has "
            f"{surface!r}; expected offsets that count characters (code points)"
        )
    if end > len(text):
        raise DataError(f"an entity ends at {end}, but the text has {len(text)} characters")
    label = text_at(item, "label") if label is None else label
    score = _probability(item, "score" if "score" in item else "confidence")
    return Span(start, end, label, score=score, soft=_soft(item))


def _soft(item: Mapping[str, Any]) -> dict[str, float] | None:
    given = item.get("class_probs")
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise wrong_type_error(item, "class_probs", "an object of labels and probabilities")
    found = {str(label): _probability(given, label) or 0.0 for label in given}
    total = math.fsum(found.values())
    return {label: p / total for label, p in found.items()} if total > 1 else found


def _probability(item: Mapping[str, Any], key: str) -> float | None:
    value = item.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise wrong_type_error(item, key, "a number from 0 to 1")
    return float(value)
