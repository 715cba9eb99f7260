"""Files and folders that are either whole or not there."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from vermeil.errors import DataError


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[str]]:
    """Open a UTF-8 text file that appears under its name only when it was written whole.

    A name that ends in ``.gz`` is compressed (reproducibly: without name or time). What is no
    regular file (a device, a pipe) is written directly, never replaced.

    Raises:
        DataError: the file cannot be written (no such folder, no permission, disk full).
    """
    partial: Path | None = None
    try:
        if path.exists() and not path.is_file():
            with _open(path, compressed=False) as file:
                yield file
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
        partial = Path(name)
        with _open(partial, compressed=path.suffix == ".gz") as file:
            yield file
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    except OSError as error:
        raise DataError(f"cannot be written ({error.strerror or error})", path) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of ``path`` only when it was filled whole.

    Raises:
        DataError: the folder cannot be written.
    """
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
        partial.chmod(0o777 & ~_umask())
        yield partial
        _replace_folder(partial, path)
    except OSError as error:
        raise DataError(f"cannot be written ({error.strerror or error})", path) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a path to write a file to, which takes the place of ``path`` once it is on the disk.

    For what is not text, and for what has to outlast a power cut.

    Raises:
        DataError: the file cannot be written.
    """
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise DataError(f"cannot be written ({error.strerror or error})", path) from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def write_json(path: Path, value: Any, *, compact: bool = False) -> None:
    """Write ``value`` as JSON, indented or in a line, whole or not at all."""
    style: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 1}
    with atomic_file(path) as file:
        json.dump(value, file, ensure_ascii=False, **style)
        file.write("\n")


def _replace_folder(new: Path, path: Path) -> None:
    if not path.exists():
        new.rename(path)
        return
    old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".old"))
    path.rename(old / "folder")
    new.rename(path)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _open(path: Path, *, compressed: bool) -> Iterator[IO[str]]:
    if not compressed:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        return
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed,
    ):
        text = _text_over(packed)
        yield text
        text.flush()


def _text_over(binary: gzip.GzipFile) -> IO[str]:

    return io.TextIOWrapper(binary, encoding="utf-8", newline="\n", write_through=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
