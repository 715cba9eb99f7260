"""Recognition of the format of a file or folder, from its name and its first record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from vermeil.corpora.config import FORMAT_NAMES, CorpusConfig, FileFormat, FormatSetting
from vermeil.corpora.formats.column_folder import is_in_columns
from vermeil.corpora.formats.column_layout import looks_like_columns
from vermeil.corpora.formats.corpus_format import FileStart
from vermeil.corpora.formats.registry import FORMATS
from vermeil.corpora.objects import is_array, read_object_file
from vermeil.corpora.source import PEEKED_LINES, STDIN, Line, read_lines, translate_file_errors
from vermeil.errors import DataError
from vermeil.optional import require

_SHOWN = 5
"""Number of files in a message."""

_WRITTEN_ENDINGS: dict[str, FileFormat] = {
    ending: name for name, one in FORMATS.items() for ending in one.endings
}
_ENDINGS: dict[str, FileFormat] = _WRITTEN_ENDINGS | {
    ending: name for name, one in FORMATS.items() for ending in one.read_only_endings
}
"""Default format of each ending. A .jsonl file may also hold token lists or objects of an
annotation tool, a .tsv file WebAnno TSV, and a .txt file CoNLL columns."""


def recognise_source(path: Path) -> FileFormat | None:
    """Return the format of a folder or of a binary file; None if only the content shows it.

    Raises:
        DataError: the folder cannot be read.
    """
    if path == STDIN or not path.is_dir():
        named = _ENDINGS.get(_ending(path))
        return None if named is None or FORMATS[named].recognises else named
    with translate_file_errors(path):
        found = next(
            name
            for name, one in FORMATS.items()
            if one.recognises_folder is not None and one.recognises_folder(path)
        )
        if found == "text":
            _check_text_folder(path)
    return found


def _check_text_folder(path: Path) -> None:
    """Raise `DataError` if a folder without a format of folders does not hold plain text."""
    files = sorted(file for file in path.rglob("*") if file.is_file())
    texts = [file for file in files if file.name.removesuffix(".gz").endswith(".txt")]
    if not texts:
        names = ", ".join(file.relative_to(path).as_posix() for file in files[:_SHOWN])
        more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
        raise DataError(
            f"the folder holds no .txt file, but {names}{more}; name one file"
            if files
            else "the folder holds no .txt file; it is empty",
            path,
        )
    for file in texts:
        if is_in_columns(file):
            raise DataError(
                f"{file.relative_to(path).as_posix()} holds columns with tags, but other .txt "
                f"files do not; write conll:{path} or text:{path} to name the format of all",
                path,
            )


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
    extra = None if name == "auto" else FORMATS[name].extra
    if extra is not None:
        require(f"{path}: the format {name}", extra)


def recognise(config: CorpusConfig, first: Sequence[Line]) -> FileFormat:
    """Return the format of a text file for reading.

    Args:
        config: the file's name, and the column of its tags.
        first: its first lines.

    Raises:
        DataError: the format is recognised neither from the name nor from the first lines.
    """
    named = _ENDINGS.get(_ending(config.path))
    opening = next((line.text.lstrip() for line in first if line.text.strip()), None)
    if opening is None:
        return named or "text"
    holds_objects = named == "jsonl" or (
        named is None and opening.startswith(("{", "[")) and not looks_like_columns(first, config)
    )
    start = FileStart(config, first, holds_objects=holds_objects)
    for name, one in FORMATS.items():
        if one.recognises is not None and one.recognises(start):
            return name
    if named is not None:
        return named
    raise DataError(
        "the format is recognised neither from the name nor from the first lines; set format to "
        f"one of {', '.join(FORMAT_NAMES)}, or write it before the path (FORMAT:FILE)",
        config.path,
    )


def recognise_array(path: Path) -> FileFormat | None:
    """Return the format of a JSON array in a file, by its first object; None if it is not one."""
    named = _ENDINGS.get(_ending(path))
    if named not in (None, "jsonl") or not is_array(path):
        return None
    if named is None:
        lines = list(islice(read_lines(path), PEEKED_LINES))
        if looks_like_columns(lines, CorpusConfig(path=path)):
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
    named = _WRITTEN_ENDINGS.get(_ending(path))
    if named is None:
        raise DataError(
            "no format has this ending; name the format, or choose one of "
            f"{', '.join(_WRITTEN_ENDINGS)}",
            path,
        )
    return named


def _json_format(record: Mapping[str, Any]) -> FileFormat:
    return next(
        name
        for name, one in FORMATS.items()
        if one.recognises_record is not None and one.recognises_record(record)
    )


def _ending(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()
