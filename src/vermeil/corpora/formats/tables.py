"""Tables in Parquet and Hugging Face `datasets`: rows of tokens and tags, or of texts and spans.

A row of words has ``tokens`` (strings) and tags in a `ClassLabel` column (``ner_tags``, ``tags`` or
the configured one). A row of text has ``text`` and ``spans`` (or ``entities``): a list of ``{start,
end, label}``, or lists under these names. Both kinds can be written. Rows of text hold everything
that a record holds (``meta`` as JSON); rows of words hold words and tags only.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.formats.arrow import Columns, Features, TableRows, read_rows
from vermeil.corpora.formats.tokens import TAG_KEYS
from vermeil.corpora.objects import parse_text
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import LocatedDocument, stem_of
from vermeil.corpora.tokenised import (
    TokenisedRow,
    align_words,
    document_to_tagged_words,
    row_to_document,
)
from vermeil.corpora.tools.answers import document_of
from vermeil.corpora.tools.argilla import plain_values, read_argilla, record_of_row
from vermeil.corpora.tools.json_fields import number_at, objects_at
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.data.records import document_from_record, document_to_record, format_value
from vermeil.data.tags import Scheme, detect_scheme
from vermeil.errors import DataError

_SPAN_COLUMNS = ("spans", "entities")
_RECORD_KEYS = ("group", "abstain", "labels", "relations", "abstain_pairs", "weight")
_RECORD_COLUMNS = (*_RECORD_KEYS, "label_scores", "tokens", "meta")
_STARTS, _ENDS, _LABELS = (
    ("start", "start_offset", "begin"),
    ("end", "end_offset"),
    ("label", "type", "entity"),
)


def read_table(config: CorpusConfig, reading: Reading) -> Iterator[LocatedDocument]:
    """Read the documents of a table.

    Args:
        config: the file or folder and its columns.
        reading: receives the columns that are read, and the others.

    Raises:
        ConfigError: pyarrow is not installed.
        DataError: a named column is missing, the columns are not those of documents, or a row has
            a value of a wrong type.
    """
    path = config.path
    table = read_rows(path)
    for option in ("token_key", "tag_key", "text_key", "id_key"):
        name = getattr(config, option)
        if name is not None and name not in table.columns:
            raise DataError(
                f"has no column {name!r} ({option}); it has {', '.join(table.columns)}", path
            )
    stem = stem_of(path)
    tokens, text = config.token_key or "tokens", config.text_key or "text"
    spans = _span_column(table, config)
    has_words = tokens in table.columns and not table.holds_objects(tokens)
    if has_words and (spans is None or (config.tag_key is None and text not in table.columns)):
        yield from _words(table, config, reading)
        return
    if any(name.endswith((".responses", ".suggestion")) for name in table.columns):
        reading.choices["spans"] = "columns of Argilla"
        for file, number, row in table.rows:
            with translate_malformed(file, number):
                answered = read_argilla(record_of_row(row))
                document = document_of(answered, f"{stem}-{number - 1}")
            yield LocatedDocument(file, number, document)
        return
    if text not in table.columns:
        raise DataError(
            f"has the columns {', '.join(table.columns)}; expected tokens and ner_tags, or "
            "text and spans; name others with token_key, tag_key and text_key (--token-key, "
            "--tag-key, --text-key)",
            path,
        )
    spans = (
        spans
        or config.tag_key
        or next((name for name in _SPAN_COLUMNS if name in table.columns), None)
    )
    reading.choices["text"] = f"column {text}"
    reading.choices["spans"] = "none" if spans is None else f"column {spans}"
    keys = _TextKeys(text, config.id_key or "id", spans)
    unread = [name for name in table.columns if name not in (*_RECORD_COLUMNS, *keys)]
    names = _span_label_names(table.features.get(spans or ""))
    for file, number, row in table.rows:
        with translate_malformed(file, number):
            document = _text_document(row, keys, names, f"{stem}-{number - 1}")
        reading.skipped.update(f"column {name}" for name in unread if row[name] is not None)
        yield LocatedDocument(file, number, document)


def _span_column(table: TableRows, config: CorpusConfig) -> str | None:
    """Return the column of the spans: a list of objects, or an object of lists."""
    if config.tag_key is not None:
        return config.tag_key if table.holds_objects(config.tag_key) else None
    found = [name for name in _SPAN_COLUMNS if name in table.columns]
    return next((name for name in found if table.holds_objects(name)), None)


def text_columns() -> Columns:
    """Return the columns of a table of texts and spans."""

    def features() -> Features:
        string, whole, real = (_value(kind) for kind in ("string", "int64", "float64"))
        pair = {"head": whole, "tail": whole, "label": string}
        place = {"start": whole, "end": whole}
        details = {"score": real, "weight": real, "status": string, "origin": string}
        return {
            "id": string,
            "group": string,
            "text": string,
            "tokens": _list_of(place),
            "spans": _list_of({**place, "label": string, **details, "soft": string}),
            "abstain": _list_of({**place, "labels": _list_of(string)}),
            "labels": _list_of(string),
            "label_scores": string,
            "relations": _list_of({**pair, "score": real}),
            "abstain_pairs": _list_of(pair),
            "weight": real,
            "meta": string,
        }

    return Columns({name: _arrow_type(kind) for name, kind in features().items()}, features)


def text_rows(documents: Iterable[Document]) -> Iterator[list[Any]]:
    """Yield the row of each document, with all its information."""
    names = list(text_columns().types)
    for document in documents:
        row = document_to_record(document)
        if document.tokens is not None:
            row["tokens"] = [{"start": start, "end": end} for start, end in document.tokens]
        for span in row.get("spans", ()):
            if "soft" in span:
                span["soft"] = _json(span["soft"], document)
        for key in ("meta", "label_scores"):
            if key in row:
                row[key] = _json(row[key], document)
        yield [row.get(name) for name in names]


class _TextKeys(NamedTuple):
    """Columns of a table of texts."""

    text: str
    id: str
    spans: str | None


class WordRows:
    """Rows of words and tags; tags are numbered in the order of their first occurrence.

    Args:
        scheme: scheme of the tags.
        losses: receives counts of lost information, as in `document_to_tagged_words`.
    """

    def __init__(self, scheme: Scheme, losses: Counter[str]) -> None:
        self._scheme: Scheme = scheme
        self._losses = losses
        self._tags: dict[str, int] = {"O": 0}

    def columns(self) -> Columns:
        """Return the columns; the names of the tags are complete only after the last row."""

        def features() -> Features:
            tags = {"names": list(self._tags), "_type": "ClassLabel"}
            return {**self._common_columns(), "ner_tags": {"feature": tags, "_type": "List"}}

        types = {**self._common_columns(), "ner_tags": _list_of(_value("int64"))}
        return Columns(
            {name: _arrow_type(kind) for name, kind in types.items()}, features, needs_all_rows=True
        )

    def rows(self, documents: Iterable[Document]) -> Iterator[list[Any]]:
        """Yield the row of each document, and count lost information."""
        for document in documents:
            tagged = document_to_tagged_words(document, self._scheme, self._losses)
            tags = tagged.tags
            numbers = (
                None if tags is None else [self._tags.setdefault(t, len(self._tags)) for t in tags]
            )
            yield [document.id, document.group, tagged.text, tagged.words, numbers]

    @staticmethod
    def _common_columns() -> Features:
        string = _value("string")
        return {"id": string, "group": string, "text": string, "tokens": _list_of(string)}


def _words(table: TableRows, config: CorpusConfig, reading: Reading) -> Iterator[LocatedDocument]:
    stem = stem_of(config.path)
    words, text_key, id_key = (
        config.token_key or "tokens",
        config.text_key or "text",
        config.id_key or "id",
    )
    column = config.tag_key or next((n for n in TAG_KEYS if n in table.columns), None)
    names = _class_names(table.features.get(column or ""))
    reading.choices["words"] = f"column {words}"
    reading.choices["tags"] = "none" if column is None else f"column {column}"
    scheme = config.scheme
    if scheme == "auto" and column is not None and reading.with_tags:
        with translate_malformed(config.path):
            scheme = detect_scheme(
                _tags(row.get(column), names, column) or ()
                for _, _, row in read_rows(config.path).rows
            )
    if column is not None and scheme != "auto":
        reading.choices["scheme"] = scheme
    read = (words, column, text_key, id_key, "group")
    unread = [name for name in table.columns if name not in read]
    for file, number, row in table.rows:
        with translate_malformed(file, number):
            tokens, text = _strings(row.get(words), words), row.get(text_key)
            if text is not None and not isinstance(text, str):
                raise DataError(f'"{text_key}" is {format_value(text)}; expected a string')
            if text is not None and align_words(text, tokens) is None:
                raise DataError(
                    f"{text_key} is not the tokens in order, with only white space between"
                )
            name, group = row.get(id_key), row.get("group")
            tagged = column is not None and reading.with_tags
            document = row_to_document(
                TokenisedRow(
                    id=f"{stem}-{number - 1}" if name is None else str(name),
                    group=None if group is None else str(group),
                    words=tokens,
                    tags=_tags(row.get(column or ""), names, column) if tagged else None,
                    text=text,
                ),
                "iob2" if scheme == "auto" else scheme,
            )
        reading.skipped.update(f"column {name}" for name in unread if row[name] is not None)
        yield LocatedDocument(file, number, document)


def _text_document(
    row: dict[str, Any], keys: _TextKeys, names: Sequence[str] | None, name: str
) -> Document:
    spans = keys.spans
    record = {key: value for key, value in row.items() if key in _RECORD_KEYS and value is not None}
    if row.get(keys.text) is None:
        raise DataError(f'"{keys.text}" is null; expected a string')
    if not isinstance(record.get("labels", []), list):
        del record["labels"]
    identity = row.get(keys.id)
    record |= {"id": name if identity is None else str(identity), "text": row[keys.text]}
    if spans is not None and row[spans] is not None:
        record["spans"] = [_span(item, names) for item in _items(row[spans])]
    tokens = row.get("tokens")
    if isinstance(tokens, list) and tokens and isinstance(tokens[0], Mapping):
        record["tokens"] = [
            [number_at(token, "start"), number_at(token, "end")]
            for token in objects_at({"tokens": tokens}, "tokens") or ()
        ]
    elif tokens == []:
        record["tokens"] = []
    for key in ("label_scores", "meta"):
        value = row.get(key)
        if isinstance(value, str):
            record[key] = _parsed(value, key)
        elif isinstance(value, Mapping):
            record[key] = plain_values(value)
    return document_from_record(record)


def _span(item: Mapping[str, Any], names: Sequence[str] | None) -> dict[str, Any]:
    label = _one_of(item, _LABELS)
    span = {"start": _one_of(item, _STARTS), "end": _one_of(item, _ENDS)}
    span["label"] = _label_name(label, names) if type(label) is int else label
    for key in ("score", "weight", "status", "origin"):
        if item.get(key) is not None:
            span[key] = item[key]
    if isinstance(item.get("soft"), str):
        span["soft"] = _parsed(item["soft"], "soft")
    return span


def _items(value: Any) -> list[Mapping[str, Any]]:
    """Return the list of spans, which `datasets` may store as an object of lists."""
    if isinstance(value, Mapping):
        lists = {key: items for key, items in value.items() if items is not None}
        whole = all(isinstance(items, list) for items in lists.values())
        if not whole or len({len(items) for items in lists.values()}) > 1:
            raise DataError(f"spans are {format_value(value)}; expected lists of one length")
        return [dict(zip(lists, items, strict=True)) for items in zip(*lists.values(), strict=True)]
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        return value
    raise DataError(f"spans are {format_value(value)}; expected a list of start, end and label")


def _one_of(item: Mapping[str, Any], names: Sequence[str]) -> Any:
    for name in names:
        if name in item:
            return item[name]
    raise DataError(f"a span has {', '.join(item)}; expected {names[0]}")


def _tags(value: Any, names: Sequence[str] | None, column: str | None) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(type(tag) in (int, str) for tag in value):
        raise DataError(f'"{column}" is {format_value(value)}; expected a list of tags')
    return [_label_name(tag, names) if type(tag) is int else tag for tag in value]


def _label_name(number: int, names: Sequence[str] | None) -> str:
    if names is None:
        raise DataError(
            f"{number} is not a label, and the file has no names of labels; expected strings, or a "
            "ClassLabel column of Hugging Face datasets"
        )
    if not 0 <= number < len(names):
        raise DataError(f"{number} is out of range; the file names {len(names)} labels")
    return names[number]


def _class_names(feature: Any) -> Sequence[str] | None:
    """Return the names of a `ClassLabel`, which may be nested in lists."""
    while isinstance(feature, list) and len(feature) == 1:
        feature = feature[0]
    while isinstance(feature, Mapping) and "names" not in feature and "feature" in feature:
        feature = feature["feature"]
    if isinstance(feature, Mapping) and isinstance(feature.get("names"), list):
        return [str(name) for name in feature["names"]]
    return None


def _span_label_names(feature: Any) -> Sequence[str] | None:
    if isinstance(feature, list) and feature:
        feature = feature[0]
    if isinstance(feature, Mapping) and isinstance(feature.get("feature"), Mapping):
        feature = feature["feature"]
    for name in _LABELS:
        if isinstance(feature, Mapping) and name in feature:
            return _class_names(feature[name])
    return None


def _strings(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DataError(f'"{name}" is {format_value(value)}; expected a list of strings')
    return value


def _parsed(text: str, name: str) -> Any:
    try:
        return parse_text(text)
    except DataError as error:
        raise DataError(f'"{name}": {error.message}') from error


def _json(value: Any, document: Document) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(
            f"document {document.id!r} holds a value that JSON cannot represent: {error}"
        ) from error


def _value(kind: str) -> Features:
    return {"dtype": kind, "_type": "Value"}


def _list_of(inner: Features) -> Features:
    return {"feature": inner, "_type": "List"}


def _arrow_type(feature: Features) -> Any:
    """Return a function that creates the type of a feature in Arrow."""

    def make(pa: Any) -> Any:
        if feature.get("_type") == "List":
            return pa.list_(_arrow_type(feature["feature"])(pa))
        if "dtype" in feature:
            return {"string": pa.string(), "int64": pa.int64(), "float64": pa.float64()}[
                feature["dtype"]
            ]
        return pa.struct([(name, _arrow_type(kind)(pa)) for name, kind in feature.items()])

    return make
