"""Streaming reader of JSON objects: one per line, or the items of one array."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

from vermeil.corpora.source import STDIN, Line, read_chunks, read_lines
from vermeil.data.malformed import translate_malformed
from vermeil.data.records import format_value
from vermeil.errors import DataError

Objects = Iterable[tuple[int, dict[str, Any]]]
"""Objects, each with the line on which it begins."""

_SPACE = " \t\r\n"
_SHOWN = 40
_START = 1 << 12


def read_object_file(path: Path) -> Objects:
    """Read the objects of a file: an array, or one object per line.

    Raises:
        DataError: the file cannot be read, or is neither.
    """
    if is_array(path):
        return read_array(read_chunks(path), path)
    return read_object_lines(read_lines(path), path)


def is_array(path: Path) -> bool:
    """Return whether a file begins like a JSON array; False for standard input and pipes."""
    if path == STDIN or not path.is_file():
        return False
    start = next((chunk for chunk in read_chunks(path, _START) if chunk.strip(_SPACE)), "")
    return start.lstrip(_SPACE).startswith("[")


def read_object_lines(lines: Iterable[Line], path: Path) -> Objects:
    """Read the objects of lines: one per line, or together one array."""
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
    """Read the objects of a JSON array from pieces of text; one object at a time is in memory.

    Args:
        chunks: pieces of the text, of any size.
        path: the file, for errors.

    Yields:
        Objects, each with the line on which it begins.

    Raises:
        DataError: the text is not an array of objects, or it ends too early.
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
            with translate_malformed(path, line):
                value = text.value()
                if not isinstance(value, dict):
                    shown = json.dumps(value, ensure_ascii=False)[:_SHOWN]
                    raise DataError(f"expected a JSON object, found {shown}")
            yield line, value
            mark = text.next_character()
            if mark not in (",", "]"):
                found = (
                    f"found {mark!r}" if mark else "but the file ends; check that it is complete"
                )
                raise DataError(f"expected a comma or the array's end, {found}", path, text.line)
            text.skip(1)
            if mark == "]":
                break
    if text.next_character():
        raise DataError("expected nothing after the array's end", path, text.line)


class _TextStream:
    """Text from pieces; only the part that was not parsed yet is in memory."""

    def __init__(self, chunks: Iterable[str]) -> None:
        self._chunks = iter(chunks)
        self._buffer = ""
        self._at = 0
        self.line = 1

    def next_character(self) -> str:
        """Skip white space; return the next character, or an empty string at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _SPACE:
                self.skip(1)
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._read_more(1):
                return ""

    def skip(self, length: int) -> None:
        """Skip ``length`` characters."""
        self.line += self._buffer.count("\n", self._at, self._at + length)
        self._at += length

    def value(self) -> Any:
        """Read the JSON value at the current position."""
        while True:
            try:
                value, length = parse_value(self._buffer, self._at)
            except json.JSONDecodeError as error:
                # The value may only be incomplete. The text doubles each time, so that a long value
                # is not parsed again for every piece.
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

    def _read_more(self, minimum: int) -> bool:
        """Read at least ``minimum`` characters if possible; return whether any were read."""
        kept = self._buffer[self._at :]
        pieces, size = [kept], 0
        for chunk in self._chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size >= minimum:
                break
        self._buffer, self._at = "".join(pieces), 0
        return size > 0


def read_objects(lines: Iterable[Line], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read JSON objects, one per line, with their line numbers; blank lines are skipped."""
    for line in lines:
        if not line.text.strip():
            continue
        with translate_malformed(path, line.number):
            record = parse_object(line.text)
        yield line.number, record


def parse_object(text: str) -> dict[str, Any]:
    """Return the JSON object that a line holds.

    Raises:
        DataError: the line holds something else, or half of a surrogate pair.
    """
    text = text.removeprefix("\ufeff")
    start = len(text) - len(text.lstrip())
    if text.startswith("<", start):
        raise DataError(
            f"not JSON, but HTML or XML: {text.strip()[:_SHOWN]!r}; download the file itself, not "
            "its page"
        )
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
    """Return the JSON value that begins at ``start``, and its end.

    Raises:
        JSONDecodeError: there is no value, or it is incomplete.
        DataError: it holds a constant that is not JSON, or half of a surrogate pair.
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
        raise DataError("is nested too deeply for a record") from error
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        raise DataError("holds a number of more than 4,300 digits; expected fewer") from error
    return value, end


def parse_text(text: str) -> Any:
    """Return the JSON value that a text holds, without other characters but white space.

    Raises:
        DataError: the text is not one JSON value.
    """
    try:
        value, end = parse_value(text, len(text) - len(text.lstrip()))
        if text[end:].strip():
            raise json.JSONDecodeError("Extra data", text, end)
    except json.JSONDecodeError as error:
        raise DataError(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise DataError(f"{name} is not JSON; expected a number")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise DataError(f"the number {text[:_SHOWN]} is too large; expected at most 1.7e308")
    return value


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant)
