"""Token lists: one JSON object per text, with its tokens and any number of tag lists.

``{"id", "doc", "tokens": ["EU", …], "gold": ["B-ORG", …], …}``. The keys of the tags and of the
group are configured. Names of groups are prefixed with the file's name, since numbers may restart
in every split; a key ``group`` is read without a prefix. A row without the tag key (or with null)
is not annotated. The text is the key ``text`` if present, else the tokens, joined by spaces. Rows
without ``id`` are numbered from 0 in each file. Other keys are not read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.objects import Objects
from vermeil.corpora.source import add_error_location, stem_of
from vermeil.corpora.tokenised import (
    TokenisedRow,
    align_words,
    document_to_tagged_words,
    row_to_document,
)
from vermeil.data.document import Document
from vermeil.data.tags import Scheme, split_tag
from vermeil.errors import DataError


def read_tokens(
    objects: Objects, config: CorpusConfig, scheme: Scheme
) -> Iterator[tuple[int, Document]]:
    """Read token lists, with their line numbers."""
    for number, (line, record) in enumerate(objects):
        with add_error_location(config.path, line):
            document = row_to_document(_row(record, config, number), scheme)
        yield line, document


def token_tags(objects: Objects, config: CorpusConfig) -> Iterator[tuple[int, list[str]]]:
    """Read the tags of annotated rows, with their line numbers."""
    for line, record in objects:
        with add_error_location(config.path, line):
            tags = _strings(record, config.tag_key)
            for tag in tags or ():
                split_tag(tag)
        if tags:
            yield line, tags


def token_rows(
    documents: Iterable[Document], config: CorpusConfig, scheme: Scheme, losses: Counter[str]
) -> Iterator[str]:
    """Yield the line of each document, with its end.

    Args:
        documents: the documents.
        config: the file's name, and the keys of tags and group.
        scheme: scheme of the tags.
        losses: receives counts of lost information, as in `document_to_tagged_words`.
    """
    prefix = f"{stem_of(config.path)}-"
    for document in documents:
        tagged = document_to_tagged_words(document, scheme, losses)
        row: dict[str, Any] = {"id": document.id}
        if document.group is not None and document.group.startswith(prefix):
            row[config.group_key] = document.group.removeprefix(prefix)
        elif document.group is not None:
            row["group"] = document.group
        if tagged.text is not None:
            row["text"] = tagged.text
        row["tokens"] = tagged.words
        if tagged.tags is not None:
            row[config.tag_key] = tagged.tags
        yield json.dumps(row, ensure_ascii=False) + "\n"


def looks_like_tokens(record: Mapping[str, Any]) -> bool:
    """Return whether a JSON object has a list of tokens."""
    tokens = record.get("tokens")
    return bool(tokens) and isinstance(tokens, list) and all(isinstance(t, str) for t in tokens)


def _row(record: Mapping[str, Any], config: CorpusConfig, number: int) -> TokenisedRow:
    tokens = _strings(record, "tokens")
    if tokens is None:
        raise DataError('"tokens" is missing; expected a list of strings')
    text = record.get("text")
    if text is not None and (not isinstance(text, str) or align_words(text, tokens) is None):
        raise DataError('"text" is not the tokens in order, with only white space between')
    name = _name(record, "id")
    return TokenisedRow(
        id=f"{stem_of(config.path)}-{number}" if name is None else name,
        group=_group(record, config),
        words=tokens,
        tags=_strings(record, config.tag_key),
        text=text,
    )


def _group(record: Mapping[str, Any], config: CorpusConfig) -> str | None:
    group = _name(record, config.group_key)
    if group is None or config.group_key == "group":
        return _name(record, "group")
    return f"{stem_of(config.path)}-{group}"


def _name(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    if value is None or isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    raise DataError(f'"{key}" is {json.dumps(value)[:40]}; expected a string or a whole number')


def _strings(record: Mapping[str, Any], key: str) -> list[str] | None:
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DataError(f'"{key}" is {json.dumps(value)[:40]}; expected a list of strings')
    return value
