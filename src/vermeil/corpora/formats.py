"""Which format a file is in, by its name and its first record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.conll import looks_like_conll
from vermeil.corpora.jsonl import parse_object
from vermeil.corpora.source import STDIN, Line, located
from vermeil.errors import DataError

FileFormat = Literal["jsonl", "conll", "tokens", "text"]

ENDINGS: dict[str, FileFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".conll": "conll",
    ".conllu": "conll",
    ".iob": "conll",
    ".iob2": "conll",
    ".bio": "conll",
    ".bioes": "conll",
    ".tsv": "conll",
    ".txt": "text",
    ".text": "text",
    ".md": "text",
}
"""What an ending promises; a .jsonl file may hold token lists, too, and a .txt file columns."""


def recognise(config: CorpusConfig, first: Sequence[Line]) -> FileFormat:
    """Return the format of a file that is to be read.

    Args:
        config: the file's name, and the column of its tags.
        first: its first lines.

    Raises:
        DataError: neither name nor first lines tell.
    """
    named = ENDINGS.get(_ending(config.path))
    opening = next((line for line in first if line.text.strip()), None)
    if opening is None:
        return named or "text"
    if named == "jsonl" or (named is None and opening.text.lstrip().startswith("{")):
        with located(config.path, opening.number):
            return _json_format(opening.text)
    if named == "conll" or looks_like_conll(first, config.tag_column):
        return "conll"
    if named == "text" or config.path == STDIN:
        return "text"
    raise DataError(
        "neither its name nor its first lines tell the format; "
        "name it: jsonl, conll, tokens or text",
        config.path,
    )


def format_for(path: Path) -> FileFormat:
    """Return the format of a file that is to be written.

    Raises:
        DataError: its ending says nothing.
    """
    named = ENDINGS.get(_ending(path))
    if named is None:
        raise DataError(
            f"the ending does not tell the format; name it, or choose one of {', '.join(ENDINGS)}",
            path,
        )
    return named


def _json_format(text: str) -> FileFormat:
    tokens = parse_object(text).get("tokens")
    strings = isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)
    return "tokens" if strings and tokens else "jsonl"


def _ending(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()
