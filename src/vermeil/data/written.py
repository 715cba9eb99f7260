"""Records of the files that Vermeil wrote into a folder; other files are never replaced."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vermeil.data.sha256 import sha256_of
from vermeil.errors import DataError

RECORD = ".vermeil-files.json"
"""Name of the record in a folder: the kind of the result, and the names of Vermeil's files."""

HASHES = "sha256"
"""Key of the record of a model: file name to SHA-256."""
IDENTIFYING_FILES = frozenset({RECORD, "vermeil.json"})
"""Files by which `read_record` finds out what Vermeil wrote into a folder."""

MODEL, EXPORTED_MODEL, SAMPLE = "model", "exported model", "sample corpus"
"""Kinds of folders that Vermeil writes."""

_MAX_NAMES = 5
_FOR_READERS = frozenset({"README.md"})
"""Text that users edit; the record holds no hash of it."""
_MODEL_FILES = frozenset(
    {
        *("vermeil.json", "training.json", "training.jsonl", "README.md", "config.json"),
        *("model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"),
        *("special_tokens_map.json", "model.onnx", "model.int8.onnx", "export.json"),
    }
)
"""Files of a model folder that was made before there were records."""


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The files of a folder that Vermeil wrote.

    Args:
        kind: kind of the result.
        names: their paths relative to the folder, with slashes.
    """

    kind: str
    names: frozenset[str]


def read_record(folder: Path) -> WrittenFiles | None:
    """Return the record of a folder; None if it has no valid one.

    A model folder that was made before there were records is recognised by its settings.
    """
    found = read_object(folder / RECORD)
    if found is None:
        return _recognise_older_model(folder)
    try:
        names = frozenset(str(name) for name in found["files"])
        return WrittenFiles(str(found["kind"]), names | {RECORD})
    except (KeyError, TypeError):
        return None


def write_record(folder: Path, written: WrittenFiles) -> None:
    """Write the record of a folder; that of a model also holds the SHA-256 of its files."""
    names = sorted(written.names - {RECORD})
    value: dict[str, Any] = {"kind": written.kind, "files": names}
    if written.kind in (MODEL, EXPORTED_MODEL):
        files = (name for name in names if name not in _FOR_READERS and (folder / name).is_file())
        value[HASHES] = {name: sha256_of(folder / name) for name in files}
    (folder / RECORD).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")


def files_in(folder: Path) -> Iterator[str]:
    """Yield the names of all files below a folder; empty folders have a final slash.

    Symbolic links count as files and are not followed.
    """
    for place, folders, files in os.walk(folder, onerror=_raise):
        inner = Path(place).relative_to(folder)
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in (*files, *links):
            yield (inner / name).as_posix()
        if not folders and not files and inner != Path():
            yield f"{inner.as_posix()}/"


def foreign_files(folder: Path, written: WrittenFiles | None) -> list[str]:
    """Return the files below a folder that Vermeil did not write, sorted."""
    known = written.names if written else frozenset()
    return sorted(name for name in files_in(folder) if name not in known)


def check_file(path: Path, *, overwrite: bool = False) -> None:
    """Check that a file may be written under this name.

    It may if the path does not exist, is an empty file, or is a device or pipe.

    Args:
        path: the file.
        overwrite: allow an existing file.

    Raises:
        DataError: the path exists and must stay.
    """
    if path.is_dir():
        raise DataError("is a folder; name a file", path)
    if overwrite or not os.path.lexists(path):
        return
    if path.is_symlink() and (path.is_file() or not path.exists()):
        raise DataError("is a symbolic link; name the file that it points to", path)
    if path.is_file() and path.stat().st_size:
        raise DataError(
            "exists already; name another file, or replace it with --overwrite "
            "(in Python: overwrite=True)",
            path,
        )


def check_folder(path: Path, kind: str | None, *, overwrite: bool = False) -> None:
    """Check that a folder may be written under this name.

    It may if the path does not exist, is an empty folder, or holds an earlier result of the same
    kind. Files in it that Vermeil did not write stay.

    Args:
        path: the folder.
        kind: kind of the new result; None: the folder must not exist or be empty.
        overwrite: allow Vermeil's results of another kind.

    Raises:
        DataError: the path exists and must stay.
    """
    if path.is_symlink():
        raise DataError("is a symbolic link; name the folder that it points to", path)
    if not path.exists():
        return
    if not path.is_dir():
        raise DataError("is a file; name a folder", path)
    existing = list(files_in(path))
    if not existing:
        return
    if kind is None:
        raise DataError("exists already; name a new folder, or remove it", path)
    found = read_record(path)
    if found is None or not found.names & set(existing):
        raise DataError(
            f"holds files that Vermeil did not write ({format_names(existing)}); name another "
            "folder, or move them away",
            path,
        )
    if found.kind != kind and not overwrite:
        raise DataError(
            f"holds the result of another kind ({found.kind}, not {kind}); name another folder, "
            "or replace it with --overwrite (in Python: overwrite=True)",
            path,
        )


def format_names(names: Iterable[str]) -> str:
    """Return names of files for a message: at most five, and each top folder once."""
    tops = dict.fromkeys(
        PurePosixPath(name).parts[0] + ("/" if "/" in name else "") for name in sorted(names)
    )
    more = len(tops) - _MAX_NAMES
    return ", ".join(list(tops)[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


def _raise(error: OSError) -> None:
    raise error


def _recognise_older_model(folder: Path) -> WrittenFiles | None:
    """Return the files of a model folder that was made before there were records."""
    settings = read_object(folder / "vermeil.json")
    if settings is not None and {"format", "task", "student"} <= settings.keys():
        return WrittenFiles(EXPORTED_MODEL if "onnx" in settings else MODEL, _MODEL_FILES)
    return None


def read_object(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in a file; None if there is none."""
    with suppress(OSError, ValueError, RecursionError):
        value = json.loads(path.read_text("utf-8"))
        return value if isinstance(value, dict) else None
    return None
