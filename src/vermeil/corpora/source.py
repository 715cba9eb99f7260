"""Access to input files: lines and chunks of text, and locations for errors."""

from __future__ import annotations

import codecs
import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, NamedTuple

from vermeil.data.document import Document
from vermeil.errors import DataError

STDIN = Path("-")
"""Path that means standard input; it can be read only once."""


PEEKED_LINES = 200
"""Number of lines from which a format is recognised, and columns if a file is read only once."""


class Line(NamedTuple):
    """Line without its end, and its number from 1."""

    number: int
    text: str


class LocatedDocument(NamedTuple):
    """Document with its file and line."""

    path: Path
    line: int | None
    document: Document


def read_lines(path: Path) -> Iterator[Line]:
    r"""Read a UTF-8 file line by line; ``.gz`` is decompressed, ``-`` is standard input.

    Only ``\n`` and ``\r\n`` end a line. A byte-order mark is skipped.

    Raises:
        DataError: the file is missing, not readable, damaged, or not UTF-8.
    """
    with translate_file_errors(path), _open(path) as file:
        for number, raw in enumerate(file, 1):
            if number == 1:
                _refuse_archive(raw, path)
            yield Line(number, decode_line(raw, path, number))


def read_chunks(path: Path, size: int = 1 << 16) -> Iterator[str]:
    """Read a UTF-8 file in pieces of ``size`` bytes, for formats without lines.

    Raises:
        DataError: the file is missing, not readable, damaged, or not UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    line = 1
    with translate_file_errors(path), _open(path) as file:
        raw = file.read(size)
        _refuse_archive(raw, path)
        while True:
            try:
                text = decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                raise _not_utf8(error, path, line) from error
            line += text.count("\n")
            if text:
                yield text
            if not raw:
                return
            raw = file.read(size)


def read_whole(path: Path, *, keep_bom: bool = False) -> str:
    """Return the text of a UTF-8 file, without the line end at its end.

    Args:
        path: the file.
        keep_bom: keep a byte-order mark, for files whose offsets count it.

    Raises:
        DataError: the file is missing, not readable, damaged, or not UTF-8.
    """
    with translate_file_errors(path), _open(path) as file:
        lines = [
            decode_line(raw, path, number, keep_end=True, keep_bom=keep_bom)
            for number, raw in enumerate(file, 1)
        ]
    text = "".join(lines)
    # In a file with offsets, a carriage return before the last line feed is text.
    return text.removesuffix("\n") if keep_bom else _without_end(text)


def stem_of(path: Path) -> str:
    """Return the file's name without ``.gz`` and without its ending; ``stdin`` for ``-``."""
    if path == STDIN:
        return "stdin"
    return Path(path.name.removesuffix(".gz")).stem


@contextmanager
def add_error_location(path: Path, line: int | None = None) -> Iterator[None]:
    """Add the location ``path:line`` to a `DataError` that has none."""
    try:
        yield
    except DataError as error:
        raise error.with_location(path, line) from error.__cause__


@contextmanager
def translate_file_errors(path: Path) -> Iterator[None]:
    """Turn errors of the operating system about a file into a `DataError`."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError("there is no such file; check the path", path) from error
    except IsADirectoryError as error:
        raise DataError("is a folder; expected a file", path) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"is not a complete gzip file ({error}); copy it again, or remove .gz from its name",
            path,
        ) from error
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", path) from error


def _open(path: Path) -> AbstractContextManager[IO[bytes] | gzip.GzipFile]:
    if path == STDIN:
        return nullcontext(sys.stdin.buffer)
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def decode_line(
    raw: bytes, path: Path, number: int, *, keep_end: bool = False, keep_bom: bool = False
) -> str:
    """Return the text of one line of a file.

    Args:
        raw: bytes of the line.
        path: the file, for the error.
        number: number of the line; the first one may begin with a byte-order mark.
        keep_end: keep the line end.
        keep_bom: keep a byte-order mark.

    Raises:
        DataError: the line is not UTF-8.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(error, path, number) from error
    if number == 1 and not keep_bom:
        text = text.removeprefix("\ufeff")
    return text if keep_end else _without_end(text)


_ARCHIVES = {
    b"PK\x03\x04": "a zip archive; unpack it, and name the file within it",
    b"\x1f\x8b": "compressed with gzip; add .gz to its name",
    b"7z\xbc\xaf": "a 7z archive; unpack it, and name the file within it",
    b"BZh": "compressed with bzip2; unpack it",
    b"\xfd7zXZ": "compressed with xz; unpack it",
    b"%PDF": "a PDF document; give it the ending .pdf",
    b"PAR1": "a Parquet file; name its format, parquet",
}
"""First bytes of files that hold no text."""


def _refuse_archive(start: bytes, path: Path) -> None:
    for magic, what in _ARCHIVES.items():
        if start.startswith(magic):
            raise DataError(f"is {what}", path)


def _not_utf8(error: UnicodeDecodeError, path: Path, number: int) -> DataError:
    raw, start = error.object, error.start
    utf16 = number == 1 and raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    what = "UTF-16" if utf16 else "another encoding"
    column = start - raw.rfind(b"\n", 0, start)
    return DataError(
        f"not UTF-8: byte {column} of the line is 0x{raw[start]:02x}, which looks like {what}; "
        "convert the file to UTF-8",
        path,
        number,
    )


def _without_end(text: str) -> str:
    if not text.endswith("\n"):
        return text.removesuffix("\r")
    return text.removesuffix("\n").removesuffix("\r")
