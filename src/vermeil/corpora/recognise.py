"""Recognition of the format of a file or folder, from its name and its first record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from vermeil.corpora.config import FORMAT_NAMES, CorpusConfig, FileFormat, FormatSetting
from vermeil.corpora.formats.arrow import looks_like_table
from vermeil.corpora.formats.conll import looks_like_conll
from vermeil.corpora.formats.webanno.escapes import HEADER
from vermeil.corpora.objects import is_array, read_object_file, read_object_lines
from vermeil.corpora.source import STDIN, Line, add_error_location, translate_file_errors
from vermeil.corpora.tools.registry import TOOLS
from vermeil.errors import DataError
from vermeil.optional import require

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
    ".parquet": "parquet",
    ".arrow": "datasets",
    ".spacy": "docbin",
    ".ann": "brat",
}
"""Default format of each ending. A .jsonl file may also hold token lists or objects of an
annotation tool, a .tsv file WebAnno TSV, and a .txt file CoNLL columns."""

OBJECT_FORMATS: frozenset[FileFormat] = frozenset(("jsonl", "tokens", *TOOLS))
"""Formats of JSON objects, one per line or in an array."""

FORMAT_EXTRAS: dict[FileFormat, str] = {
    "parquet": "parquet",
    "parquet-tokens": "parquet",
    "datasets": "parquet",
    "datasets-tokens": "parquet",
    "docbin": "spacy",
}
"""Format to the extra that it needs (see `vermeil.optional`)."""

_ONLY_READ = (".arrow", ".ann")
_BY_NAME = ("parquet", "datasets", "docbin", "brat")


def recognise_source(path: Path) -> FileFormat | None:
    """Return the format of a folder or of a binary file; None if only the content shows it.

    Raises:
        DataError: the folder cannot be read.
    """
    if path == STDIN or not path.is_dir():
        named = ENDINGS.get(_ending(path))
        return named if named in _BY_NAME else None
    with translate_file_errors(path):
        if looks_like_table(path):
            return "datasets"
        for ending, name in ((".ann", "brat"), (".spacy", "docbin"), (".tsv", "webanno")):
            if any(True for _ in islice(path.rglob(f"*{ending}"), 1)):
                return name  # type: ignore[return-value]
    return "text"


def with_named_format(config: CorpusConfig) -> CorpusConfig:
    """Return a corpus with its format, if it is recognised from the names of files alone.

    Raises:
        ConfigError: the packages that read the format are not installed.
        DataError: the folder cannot be read.
    """
    if config.format == "auto":
        named = recognise_source(config.path)
        config = config if named is None else config.model_copy(update={"format": named})
    _require_format(config.path, config.format)
    return config


def require_readable(*corpora: CorpusConfig | None) -> None:
    """Raise `ConfigError` unless the packages that read these corpora are installed."""
    for corpus in corpora:
        if corpus is not None and (corpus.path == STDIN or corpus.path.exists()):
            with_named_format(corpus)


def require_writable(path: Path, format: FormatSetting = "auto") -> FileFormat:  # noqa: A002
    """Return the format for writing a file or folder.

    Args:
        path: the file or folder.
        format: the format; auto: by the ending.

    Raises:
        ConfigError: the packages that write the format are not installed.
        DataError: the format is auto, and the ending is unknown.
    """
    chosen = format_for(path) if format == "auto" else format
    _require_format(path, chosen)
    return chosen


def _require_format(path: Path, name: FormatSetting) -> None:
    if name in FORMAT_EXTRAS:
        require(f"{path}: the format {name}", FORMAT_EXTRAS[name])


def recognise(config: CorpusConfig, first: Sequence[Line]) -> FileFormat:
    """Return the format of a text file for reading.

    Args:
        config: the file's name, and the column of its tags.
        first: its first lines.

    Raises:
        DataError: the format is recognised neither from the name nor from the first lines.
    """
    named = ENDINGS.get(_ending(config.path))
    opening = next((line for line in first if line.text.strip()), None)
    if opening is None:
        return named or "text"
    if opening.text.startswith(HEADER):
        return "webanno"
    if named == "jsonl" or (named is None and opening.text.lstrip().startswith(("{", "["))):
        with add_error_location(config.path, opening.number):
            return _json_format(next(iter(read_object_lines(first, config.path)), (0, {}))[1])
    if named == "conll" or looks_like_conll(first, config.tag_column):
        return "conll"
    if named == "text" or config.path == STDIN:
        return "text"
    raise DataError(
        "the format is recognised neither from the name nor from the first lines; set format to "
        f"one of {', '.join(FORMAT_NAMES)}",
        config.path,
    )


def recognise_array(path: Path) -> FileFormat | None:
    """Return the format of a JSON array in a file, by its first object; None if it is not one."""
    named = ENDINGS.get(_ending(path))
    if named not in (None, "jsonl") or not is_array(path):
        return None
    return _json_format(next(iter(read_object_file(path)), (0, {}))[1])


def recognise_file(path: Path) -> FileFormat:
    """Return the format of a file of JSON objects, by its first object.

    Raises:
        DataError: the file holds no object.
    """
    for _, record in read_object_file(path):
        return _json_format(record)
    raise DataError("holds no JSON object; expected at least one", path)


def format_for(path: Path) -> FileFormat:
    """Return the format for writing a file, by its ending.

    Raises:
        DataError: the ending is unknown.
    """
    endings = {key: name for key, name in ENDINGS.items() if key not in _ONLY_READ}
    named = endings.get(_ending(path))
    if named is None:
        raise DataError(
            f"no format has this ending; name the format, or choose one of {', '.join(endings)}",
            path,
        )
    return named


def _json_format(record: Mapping[str, Any]) -> FileFormat:
    tokens = record.get("tokens")
    if tokens and isinstance(tokens, list) and all(isinstance(token, str) for token in tokens):
        return "tokens"
    return next((name for name, tool in TOOLS.items() if tool.recognises(record)), "jsonl")


def _ending(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()
