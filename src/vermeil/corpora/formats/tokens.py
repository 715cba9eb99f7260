"""Token lists: one JSON object per text, with its tokens and any number of tag lists.

``{"id", "doc", "tokens": ["EU", …], "gold": ["B-ORG", …], …}``. The keys are configured. Without a
configured key, the tags are the first of `TAG_KEYS` that a row has. Names of groups are prefixed
with the file's name, since numbers may restart in every split; a key ``group`` is read without a
prefix. A row without the tag key (or with null) is not annotated. The text is the key ``text`` if
present, else the tokens, joined by spaces. Rows without ``id`` are numbered from 0 in each file.
Other keys are counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.objects import Objects
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import STDIN, stem_of
from vermeil.corpora.tokenised import (
    TokenisedRow,
    align_words,
    document_to_tagged_words,
    row_to_document,
)
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.data.tags import ReadScheme, Scheme, is_plain_tag, split_tag
from vermeil.errors import DataError

TAG_KEYS = ("gold", "ner_tags", "tags", "ner", "labels")
"""Keys of the tags, tried in this order if none is named."""


class TokenKeys(NamedTuple):
    """Keys of token lists.

    Args:
        tokens: key of the words.
        tags: key of the tags; None if no row has tags.
        text: key of the text.
        id: key of the id.
        plain: no tag has a prefix.
    """

    tokens: str = "tokens"
    tags: str | None = "gold"
    text: str = "text"
    id: str = "id"
    plain: bool = False

    def describe(self) -> dict[str, str]:
        """Return the choices by name, for the report."""
        tags = "none" if self.tags is None else f"key {self.tags}"
        return {"words": f"key {self.tokens}", "tags": tags}


def read_tokens(
    objects: Objects, config: CorpusConfig, scheme: ReadScheme, keys: TokenKeys, reading: Reading
) -> Iterator[tuple[int, Document]]:
    """Read token lists, with their line numbers.

    Args:
        objects: the rows.
        config: the file.
        scheme: scheme of the tags.
        keys: keys of the rows.
        reading: receives counts of keys that are not read.
    """
    read = {keys.tokens, keys.tags, keys.text, keys.id, "group", config.group_key}
    found = False
    for number, (line, record) in enumerate(objects):
        with translate_malformed(config.path, line):
            row = _row(record, config, keys, number)
            found = found or row.tags is not None
            document = row_to_document(
                row if reading.with_tags else row._replace(tags=None), scheme
            )
        reading.skipped.update(f"key {key}" for key in record if key not in read)
        yield line, document
    if not found and config.path == STDIN and config.tag_key is not None:
        raise DataError(f"no row has the key {config.tag_key!r} (tag_key)", config.path)


def token_tags(
    objects: Objects, config: CorpusConfig, keys: TokenKeys
) -> Iterator[tuple[int, list[str]]]:
    """Read the tags of annotated rows, with their line numbers."""
    for line, record in objects:
        with translate_malformed(config.path, line):
            tags = _tags(record, keys)
            for tag in tags or ():
                if not (keys.plain and is_plain_tag(tag)):
                    _check_tag(tag, keys)
        if tags:
            yield line, tags


def token_keys(objects: Objects, config: CorpusConfig) -> TokenKeys:
    """Return the keys of token lists: those that are configured, else those that rows have.

    Args:
        objects: the rows, or the first ones.
        config: the file and its keys.

    Raises:
        DataError: a named key is in no row, or only keys of unknown names hold tags.
    """
    tokens = config.token_key or "tokens"
    seen: dict[str, None] = {}
    tagged: dict[str, None] = {}
    prefixed: dict[str, None] = {}
    for _, record in objects:
        seen.update(dict.fromkeys(record))
        words = record.get(tokens)
        for key, value in record.items():
            if isinstance(words, list) and key != tokens and _is_parallel(value, len(words)):
                has_prefix = any(tag[1:2] == "-" for tag in value)
                if has_prefix or "O" in value:
                    tagged[key] = None
                if has_prefix:
                    prefixed[key] = None
    named = {"token_key": config.token_key, "tag_key": config.tag_key}
    named |= {"text_key": config.text_key, "id_key": config.id_key}
    for option, name in named.items():
        if seen and name is not None and name not in seen:
            raise DataError(
                f"no row has the key {name!r} ({option}); the rows have {', '.join(seen)}",
                config.path,
            )
    tags = config.tag_key
    if tags is None:
        known = [key for key in TAG_KEYS if key in seen and (key != "labels" or key in tagged)]
        tags = next(iter(known), None)
        if tags is None and prefixed:
            raise DataError(
                f"none of the keys {', '.join(TAG_KEYS)} is there, but tags are in "
                f"{', '.join(prefixed)}; set tag_key (--tag-key) to the one to read",
                config.path,
            )
    plain = tags in tagged and tags not in prefixed
    return TokenKeys(tokens, tags, config.text_key or "text", config.id_key or "id", plain)


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
            row[config.tag_key or TAG_KEYS[0]] = tagged.tags
        yield json.dumps(row, ensure_ascii=False) + "\n"


def looks_like_tokens(record: Mapping[str, Any]) -> bool:
    """Return whether a JSON object has a list of tokens."""
    tokens = record.get("tokens")
    return bool(tokens) and isinstance(tokens, list) and all(isinstance(t, str) for t in tokens)


def _row(
    record: Mapping[str, Any], config: CorpusConfig, keys: TokenKeys, number: int
) -> TokenisedRow:
    tokens = _strings(record, keys.tokens)
    if tokens is None:
        raise DataError(f'"{keys.tokens}" is missing; expected a list of strings')
    text = record.get(keys.text)
    if text is not None and (not isinstance(text, str) or align_words(text, tokens) is None):
        raise DataError(f'"{keys.text}" is not the tokens in order, with only white space between')
    name = _name(record, keys.id)
    return TokenisedRow(
        id=f"{stem_of(config.path)}-{number}" if name is None else name,
        group=_group(record, config),
        words=tokens,
        tags=_tags(record, keys),
        text=text,
    )


def _tags(record: Mapping[str, Any], keys: TokenKeys) -> list[str] | None:
    if keys.tags is None:
        return None
    value = record.get(keys.tags)
    if isinstance(value, list) and value and all(type(item) is int for item in value):
        raise DataError(
            f'"{keys.tags}" is {json.dumps(value)[:40]}; expected a list of strings. A JSON file '
            "does not name the tags of numbers: replace them with their names, or read the "
            "Parquet file of the data set"
        )
    return _strings(record, keys.tags)


def _check_tag(tag: str, keys: TokenKeys) -> None:
    try:
        split_tag(tag)
    except DataError as error:
        raise DataError(
            f"{error}. The tag was read from the key {keys.tags}: another key is named with "
            "tag_key (--tag-key), another scheme with scheme (--scheme)"
        ) from error


def _is_parallel(value: Any, size: int) -> bool:
    """Return whether a value is a list of strings, one for each word."""
    return (
        isinstance(value, list)
        and len(value) == size
        and all(isinstance(item, str) for item in value)
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
