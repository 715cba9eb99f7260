"""JSON objects out of a file: one per line, or the items of one array; never all in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

from vermeil.corpora.source import STDIN, Line, add_error_location, read_chunks, read_lines
from vermeil.data.records import format_value
from vermeil.errors import DataError

Objects = Iterable[tuple[int, dict[str, Any]]]
"""Objects with the line on which each begins."""

_SPACE = " \t\r\n"
_SHOWN = 40
_START = 1 << 12


def read_object_file(path: Path) -> Objects:
    """Read the objects of a file, whether it is an array or has one on each line.

    Raises:
        DataError: the file cannot be read, or is neither.
    """
    if is_array(path):
        return read_array(read_chunks(path), path)
    return read_object_lines(read_lines(path), path)


def is_array(path: Path) -> bool:
    """Whether a file that can be read again begins like a JSON array."""
    if path == STDIN or not path.is_file():
        return False
    start = next((chunk for chunk in read_chunks(path, _START) if chunk.strip(_SPACE)), "")
    return start.lstrip(_SPACE).startswith("[")


def read_object_lines(lines: Iterable[Line], path: Path) -> Objects:
    """Read the objects of lines, which may be those of an array."""
    lines = iter(lines)
    blank: list[Line] = []
    for line in lines:
        if line.text.strip():
            if line.text.lstrip()[0] == "[":
                text = (one.text + "\n" for one in chain(blank, [line], lines))
                return read_array(text, path)
            return read_objects(chain([line], lines), path)
        blank.append(line)
    return ()


def read_array(chunks: Iterable[str], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the objects of a JSON array that comes in pieces; one object at a time is kept.

    Args:
        chunks: pieces of the text, of any size.
        path: the file, for errors.

    Yields:
        Objects, each with the line on which it begins.

    Raises:
        DataError: what comes is not an array of objects, or it ends too early.
    """
    text = _TextStream(chunks)
    if text.next_character() != "[":
        raise DataError("expected a JSON array", path, text.line)
    text.skip(1)
    if text.next_character() == "]":
        text.skip(1)
    else:
        while True:
            text.next_character()
            line = text.line
            with add_error_location(path, line):
                value = text.value()
                if not isinstance(value, dict):
                    shown = json.dumps(value, ensure_ascii=False)[:_SHOWN]
                    raise DataError(f"expected a JSON object, found {shown}")
            yield line, value
            mark = text.next_character()
            if mark not in (",", "]"):
                found = f"found {mark!r}" if mark else "the file ends; is it whole?"
                raise DataError(f"expected a comma or the array's end, {found}", path, text.line)
            text.skip(1)
            if mark == "]":
                break
    if text.next_character():
        raise DataError("something stands after the array's end", path, text.line)


class _TextStream:
    """A text of which only what is not yet read is kept."""

    def __init__(self, chunks: Iterable[str]) -> None:
        self._chunks = iter(chunks)
        self._buffer = ""
        self._at = 0
        self.line = 1

    def next_character(self) -> str:
        """Skip white space; return the character that follows, or nothing at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _SPACE:
                self.skip(1)
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._read_more(1):
                return ""

    def skip(self, length: int) -> None:
        """Leave ``length`` characters behind."""
        self.line += self._buffer.count("\n", self._at, self._at + length)
        self._at += length

    def value(self) -> Any:
        """Read the JSON value that begins here."""
        while True:
            try:
                value, length = parse_value(self._buffer, self._at)
            except json.JSONDecodeError as error:
                # What cannot be read may only be cut off. The text doubles each time, so that a
                # long value is not read again for every piece.
                if self._read_more(len(self._buffer) - self._at + 1):
                    continue
                where = self._buffer.count("\n", self._at, error.pos)
                raise DataError(
                    f"not JSON: {error.msg}" + (f" ({where} lines below)" if where else "")
                ) from error
            if length == len(self._buffer) and not isinstance(value, dict) and self._read_more(1):
                continue
            self.skip(length - self._at)
            return value

    def _read_more(self, wanted: int) -> bool:
        """Add at least ``wanted`` characters; whether there were any."""
        kept = self._buffer[self._at :]
        pieces, size = [kept], 0
        for chunk in self._chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size >= wanted:
                break
        self._buffer, self._at = "".join(pieces), 0
        return size > 0


def read_objects(lines: Iterable[Line], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read JSON objects, one per line, with their line numbers; blank lines are skipped."""
    for line in lines:
        if not line.text.strip():
            continue
        with add_error_location(path, line.number):
            record = parse_object(line.text)
        yield line.number, record


def parse_object(text: str) -> dict[str, Any]:
    """Return the JSON object that a line holds.

    Raises:
        DataError: it holds something else, or characters that no encoding can hold.
    """
    start = len(text) - len(text.lstrip())
    try:
        value, end = parse_value(text, start)
        if text[end:].strip():
            raise json.JSONDecodeError("Extra data", text, end)
    except json.JSONDecodeError as error:
        raise DataError(
            f"not JSON: {error.msg} at character {error.colno}; expected one object per line"
        ) from error
    if not isinstance(value, dict):
        raise DataError(f"expected a JSON object, found {format_value(value)}")
    return value


def parse_value(text: str, start: int = 0) -> tuple[Any, int]:
    """Return the JSON value that begins at ``start``, and where it ends.

    Raises:
        JSONDecodeError: there is none, or it is cut off.
        DataError: it holds what is not JSON, or characters that no encoding can hold.
    """
    try:
        value, end = _DECODER.raw_decode(text, start)
        if text.find("\\ud", start, end) >= 0 or text.find("\\uD", start, end) >= 0:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise DataError(
            "holds half of a surrogate pair (\\ud800 to \\udfff), which is not a character"
        ) from error
    except RecursionError as error:
        raise DataError("is nested too deeply to be a record") from error
    return value, end


def _refuse_constant(name: str) -> NoReturn:
    raise DataError(f"{name} is not JSON; expected a number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
