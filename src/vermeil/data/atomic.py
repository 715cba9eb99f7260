"""Atomic writes: a file or folder appears under its name only when it is complete."""

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

from vermeil.data.exchange import exchange
from vermeil.data.written import (
    IDENTIFYING_FILES,
    WrittenFiles,
    check_folder,
    files_in,
    foreign_files,
    format_names,
    read_record,
    write_record,
)
from vermeil.errors import DataError

PARTIAL, OLD = ".part", ".old"
"""Suffixes of hidden names: of a file or folder that is not complete, and of a replaced folder."""


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[str]]:
    """Open a UTF-8 text file that appears under its name only when it is complete.

    A file whose name ends in ``.gz`` is compressed, reproducibly (without name or time). A path
    that is not a regular file (a device, a pipe) is written directly, never replaced.

    Args:
        path: the file; missing folders are created.

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
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PARTIAL)
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
    """Yield an empty folder that becomes ``path`` when the block ends without an error.

    An earlier result of the same kind is replaced. The files that Vermeil wrote are deleted, and
    all others stay where they are.

    Args:
        path: the folder; a symbolic link is refused.
        kind: kind of the result, for the record in the folder; None: the folder must not exist or
            be empty, and no record is written.
        overwrite: also replace Vermeil's results of another kind.

    Raises:
        DataError: the folder cannot be written, or files that must stay are in the way.
    """
    partial: Path | None = None
    try:
        check_folder(path, kind, overwrite=overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=PARTIAL))
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
    """Yield a temporary path whose file replaces ``path`` after it was synced to disk.

    For binary files, and for files that must survive a power failure.

    Args:
        path: the file; missing folders are created.

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
    """Write a value as a JSON file, atomically.

    Args:
        path: the file.
        value: any value that JSON can represent.
        compact: write one line without spaces; default: indented lines.
    """
    style: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 1}
    with atomic_file(path) as file:
        json.dump(value, file, ensure_ascii=False, **style)
        file.write("\n")


def replace_folder(new: Path, path: Path, kind: str) -> None:
    """Move a finished folder, and replace an earlier result of the same kind.

    Args:
        new: the finished folder.
        path: its new path.
        kind: kind of the result.

    Raises:
        DataError: the folder cannot be moved, or files that must stay are in the way.
    """
    try:
        check_folder(path, kind)
        _replace_folder(new, path)
    except OSError as error:
        raise DataError(f"cannot be written ({error.strerror or error})", path) from error


def remove_written(folder: Path) -> list[str]:
    """Delete the files that Vermeil wrote into a folder, and the folder if it is then empty.

    Symbolic links are not followed. A link counts as a file: it is deleted only if the record
    names it.

    Returns:
        The files that stay, named as in `files_in`.
    """
    written = read_record(folder)
    known = written.names if written else frozenset()
    # The record comes last, so that a killed deletion can be continued.
    for name in sorted(known & set(files_in(folder)), key=lambda name: name in IDENTIFYING_FILES):
        (folder / name).unlink(missing_ok=True)
        _remove_empty(folder, (folder / name).parent)
    remaining = list(files_in(folder))
    if not remaining:
        folder.rmdir()
    return remaining


def _remove_empty(top: Path, folder: Path) -> None:
    """Delete a folder and its parents below ``top`` as long as they are empty."""
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _replace_folder(new: Path, path: Path) -> None:
    """Replace ``path`` by ``new``; files of ``path`` that Vermeil did not write stay."""
    if not path.exists():
        new.rename(path)
        return
    foreign = foreign_files(path, read_record(path))
    blocked = [name for name in foreign if _is_taken(new, name)]
    if blocked:
        raise DataError(
            f"holds files that Vermeil did not write, under names that it has to write "
            f"({format_names(blocked)}); move them away",
            path,
        )
    aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=OLD))
    old = aside / "folder"
    _swap(new, path, old)
    merge_old_folder(old, path)
    aside.rmdir()


def _swap(new: Path, path: Path, old: Path) -> None:
    """Rename ``path`` to ``old`` and ``new`` to ``path``, in one step where the system can do so.

    Then a killed process leaves one of the two folders under ``path`` at any moment. Elsewhere,
    `vermeil.data.leftovers` restores the old folder.
    """
    new.rename(old)
    if exchange(old, path):
        return
    old.rename(new)
    path.rename(old)
    try:
        new.rename(path)
    except OSError:
        old.rename(path)
        old.parent.rmdir()
        raise


def merge_old_folder(old: Path, path: Path) -> None:
    """Delete a replaced folder, and move files that Vermeil did not write into its replacement.

    A file whose name is taken in the replacement stays.

    Args:
        old: the replaced folder.
        path: its replacement.
    """
    for name in remove_written(old):
        if name.endswith("/") and (path / name).is_dir():
            _remove_empty(old.parent, old / name)  # a killed call moved its files
            continue
        if _is_taken(path, name):
            continue
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).rename(path / name)
        _remove_empty(old.parent, (old / name).parent)


def _is_taken(folder: Path, name: str) -> bool:
    """Return whether a name in a folder is taken, by itself or by a file in its path."""
    inner = PurePosixPath(name)
    parents = (folder / parent for parent in inner.parents if parent != PurePosixPath())
    return os.path.lexists(folder / inner) or any(parent.is_file() for parent in parents)


@contextmanager
def _open(path: Path, *, compressed: bool) -> Iterator[IO[str]]:
    if not compressed:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        return
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as compressed_file,
    ):
        text = _text_wrapper(compressed_file)
        yield text
        text.flush()


def _text_wrapper(binary: gzip.GzipFile) -> IO[str]:
    return io.TextIOWrapper(binary, encoding="utf-8", newline="\n", write_through=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
