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
from pathlib import Path, PurePosixPath
from typing import IO, Any

from vermeil.data.written import (
    WrittenFiles,
    check_folder,
    files_in,
    foreign_files,
    read_record,
    shown,
    write_record,
)
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
def atomic_folder(
    path: Path, kind: str | None = None, *, overwrite: bool = False
) -> Iterator[Path]:
    """Give an empty folder that becomes ``path`` only when it was filled whole.

    An earlier result of the same kind is replaced: the files that Vermeil wrote are deleted, all
    others stay where they are.

    Args:
        path: the folder; a symbolic link is refused.
        kind: of the result, for the record in the folder; None: nothing may be there, and no
            record is written.
        overwrite: replace Vermeil's results of another kind, too.

    Raises:
        DataError: the folder cannot be written, or something is there that must stay.
    """
    partial: Path | None = None
    try:
        check_folder(path, kind, overwrite=overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
        partial.chmod(0o777 & ~_umask())
        yield partial
        if kind is not None:
            write_record(partial, WrittenFiles(kind, frozenset(files_in(partial))))
        check_folder(path, kind, overwrite=overwrite)
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


def replace_folder(new: Path, path: Path, kind: str) -> None:
    """Give a finished folder another name, and replace an earlier result of the same kind there.

    Raises:
        DataError: the folder cannot be moved, or something is there that must stay.
    """
    try:
        check_folder(path, kind)
        _replace_folder(new, path)
    except OSError as error:
        raise DataError(f"cannot be written ({error.strerror or error})", path) from error


def remove_written(folder: Path) -> list[str]:
    """Delete what Vermeil wrote into a folder, and the folder if it is empty then.

    Symbolic links are not followed: a link is a file, and is deleted only if it is on the record.

    Returns:
        The files that stay, as `files_in` names them.
    """
    written = read_record(folder)
    known = written.names if written else frozenset()
    for name in [name for name in files_in(folder) if name in known]:
        (folder / name).unlink(missing_ok=True)
        _remove_empty(folder, (folder / name).parent)
    left = list(files_in(folder))
    if not left:
        folder.rmdir()
    return left


def _remove_empty(top: Path, folder: Path) -> None:
    """Delete a folder that is empty, and those above it up to ``top``, which stays."""
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _replace_folder(new: Path, path: Path) -> None:
    """Put ``new`` in the place of ``path``; files there that Vermeil did not write stay."""
    if not path.exists():
        new.rename(path)
        return
    foreign = foreign_files(path, read_record(path))
    blocked = [name for name in foreign if _is_taken(new, name)]
    if blocked:
        raise DataError(
            f"holds files that Vermeil did not write, where it has to write some "
            f"({shown(blocked)}); move them away",
            path,
        )
    aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".old"))
    old = aside / "folder"
    path.rename(old)
    try:
        new.rename(path)
    except OSError:
        old.rename(path)
        aside.rmdir()
        raise
    for name in remove_written(old):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).rename(path / name)
        _remove_empty(aside, (old / name).parent)
    aside.rmdir()


def _is_taken(folder: Path, name: str) -> bool:
    """Return whether something of another origin could not be put under a name in a folder."""
    inner = PurePosixPath(name)
    above = (folder / one for one in inner.parents if one != PurePosixPath())
    return os.path.lexists(folder / inner) or any(one.is_file() for one in above)


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
        text = _text_wrapper(packed)
        yield text
        text.flush()


def _text_wrapper(binary: gzip.GzipFile) -> IO[str]:

    return io.TextIOWrapper(binary, encoding="utf-8", newline="\n", write_through=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
