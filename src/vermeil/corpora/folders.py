"""Corpora in folders with one or two files per document, named after its id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vermeil.data.atomic import atomic_folder

MAX_NAME_BYTES = 200
"""Maximum length of a file's name in bytes, without ending; file systems allow 255."""

_UNSAFE = re.compile(r"^\.|[\x00-\x1f\x7f%/\\:*?\"<>|]")
_ESCAPED = re.compile(r"%([0-7][0-9A-F])")


def file_name(document_id: str) -> str | None:
    """Return the name of a document's files, without ending; None if it is too long.

    Characters that file systems refuse are written as ``%`` and two hexadecimal digits.
    """
    name = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", document_id)
    return name if len(name.encode(errors="surrogatepass")) <= MAX_NAME_BYTES else None


def document_id(name: str) -> str:
    """Return the document's id that a file's name encodes."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)


def files_below(path: Path, ending: str) -> Iterator[tuple[Path, str]]:
    """Yield the files below a folder that have this ending, by name, and their documents' ids.

    In subfolders, the id begins with the relative path.
    """
    for file in sorted(path.rglob(f"*{ending}")):
        if file.is_file():
            inner = file.parent.relative_to(path).as_posix()
            name = document_id(file.name.removesuffix(ending))
            yield file, name if inner == "." else f"{inner}/{name}"


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes ``path`` when the block ends without an error.

    Raises:
        DataError: the path exists and is not an empty folder.
    """
    with atomic_folder(path) as folder:
        yield folder
