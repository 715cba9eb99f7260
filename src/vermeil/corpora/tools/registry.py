"""Annotation tools whose files are JSON objects, one per text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from vermeil.corpora.config import CorpusConfig, FileFormat
from vermeil.corpora.objects import Objects
from vermeil.corpora.source import stem_of
from vermeil.corpora.tools.answers import Answer, AnsweredText, document_of
from vermeil.corpora.tools.argilla import looks_like_argilla, read_argilla, write_argilla
from vermeil.corpora.tools.doccano import looks_like_doccano, read_doccano, write_doccano
from vermeil.corpora.tools.label_studio import (
    looks_like_label_studio,
    read_label_studio,
    write_label_studio,
)
from vermeil.corpora.tools.prodigy import (
    input_key_of_prodigy,
    looks_like_prodigy,
    read_prodigy,
    write_prodigy,
)
from vermeil.data.document import Document
from vermeil.data.malformed import translate_malformed
from vermeil.errors import DataError


class _HeldText(NamedTuple):
    """First object of a text, with its line, its default id and the answers of all objects."""

    line: int
    default_id: str
    text: AnsweredText
    answers: list[Answer]


class Tool(NamedTuple):
    """Functions and options of one annotation tool.

    Args:
        read: converts a JSON object of the tool, and the key of its text (None: recognised), to a
            text with answers.
        write: converts a document, and whether its annotations are suggestions, to a JSON object.
        recognises: returns whether a JSON object belongs to the tool.
        array: the tool imports an array, not lines.
        ascii_only: escape all other characters, for tools that guess a file's encoding.
        input_key: returns a key that is equal for all objects about one text, or None; for tools
            that write one object per annotator.
    """

    read: Callable[[Mapping[str, Any], str | None], AnsweredText]
    write: Callable[[Document, bool], dict[str, Any]]
    recognises: Callable[[Mapping[str, Any]], bool]
    array: bool = False
    ascii_only: bool = False
    input_key: Callable[[Mapping[str, Any]], str | None] | None = None


TOOLS: dict[FileFormat, Tool] = {
    "label-studio": Tool(
        read_label_studio, write_label_studio, looks_like_label_studio, array=True
    ),
    "argilla": Tool(read_argilla, write_argilla, looks_like_argilla, array=True),
    "prodigy": Tool(
        read_prodigy, write_prodigy, looks_like_prodigy, input_key=input_key_of_prodigy
    ),
    "doccano": Tool(read_doccano, write_doccano, looks_like_doccano, ascii_only=True),
}


def read_tool(objects: Objects, config: CorpusConfig, tool: Tool) -> Iterator[tuple[int, Document]]:
    """Read a tool's objects, with their lines; texts without an id are numbered from 0.

    Objects with the same input key and text are one document, with the answers of all of them.
    From the first object with an input key, all are held until the end of the file, since objects
    of one text may be far apart.
    """
    stem = stem_of(config.path)
    held: dict[tuple[str, str], _HeldText] = {}
    for number, (line, record) in enumerate(objects):
        with translate_malformed(config.path, line):
            text = tool.read(record, config.text_key)
            key = None if tool.input_key is None else tool.input_key(record)
            if key is None and not held:
                document = document_of(text, f"{stem}-{number}")
        if key is None and not held:
            yield line, document
            continue
        of_text = (f"no key {number}" if key is None else key, text.text)
        known = held.setdefault(of_text, _HeldText(line, f"{stem}-{number}", text, []))
        known.answers.extend(text.answers)
    for line, default_id, text, answers in held.values():
        with translate_malformed(config.path, line):
            document = document_of(text._replace(answers=answers), default_id)
        yield line, document


def tool_lines(documents: Iterable[Document], tool: Tool, suggest: bool = False) -> Iterator[str]:
    """Yield the text of a tool's file in pieces, at least one for each document.

    Args:
        documents: the documents.
        tool: the annotation tool.
        suggest: write annotations as suggestions, to be confirmed by people.

    Raises:
        DataError: a document holds a value that JSON cannot represent.
    """
    number = -1
    for number, document in enumerate(documents):
        try:
            value = tool.write(document, suggest)
            record = json.dumps(value, ensure_ascii=False, allow_nan=False)
            if tool.ascii_only:
                record.encode()  # half of a surrogate pair is an error and must not be escaped
                record = json.dumps(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise DataError(
                f"document {document.id!r} holds a value that JSON cannot represent: {error}"
            ) from error
        if tool.array:
            yield ("[\n" if number == 0 else ",\n") + record
        else:
            yield record + "\n"
    if tool.array:
        yield "[]\n" if number < 0 else "\n]\n"
