"""Check of a model folder against the SHA-256 of its files, which its record holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vermeil.data.atomic import write_json
from vermeil.data.sha256 import sha256_of
from vermeil.data.written import HASHES, RECORD
from vermeil.errors import DataError

_HISTORY = frozenset({"training.json", "training.jsonl", "export.json"})
"""Files that prediction does not need. They may be deleted, but not changed."""


def verify_files(folder: Path) -> None:
    """Check the files of a model folder against the SHA-256 in its record.

    A folder without a record, or with a record of an earlier version, has no hashes to check.

    Args:
        folder: the model folder.

    Raises:
        DataError: a file is missing or differs, or the record is damaged.
    """
    for name, expected in (_read_record(folder) or {}).get(HASHES, {}).items():
        path = folder / name
        if not path.is_file():
            if name in _HISTORY:
                continue
            raise DataError("is missing; restore it, or train or export the model again", path)
        try:
            actual = sha256_of(path)
        except OSError as error:
            raise DataError(f"cannot be read ({error.strerror or error})", path) from error
        if actual != expected:
            raise DataError(
                f"differs from the file that Vermeil wrote (sha256 {actual[:12]}…, expected "
                f"{expected[:12]}…); restore it, or train or export the model again. After an "
                f"intended change, delete {RECORD} in the folder",
                path,
            )


@contextmanager
def replacing_file(folder: Path, name: str) -> Iterator[None]:
    """Keep the record of a model folder valid while a block replaces one of its files.

    The record has no hash of the file during the block. A process that is killed there leaves a
    model that loads.

    Args:
        folder: the model folder.
        name: name of the file.

    Raises:
        DataError: the record is damaged or cannot be written.
    """
    record = _read_record(folder)
    if record is None or name not in record.get(HASHES, {}):
        yield
        return
    hashes: dict[str, str] = record[HASHES]
    others = {other: value for other, value in hashes.items() if other != name}
    write_json(folder / RECORD, {**record, HASHES: others})
    yield
    write_json(folder / RECORD, {**record, HASHES: {**hashes, name: sha256_of(folder / name)}})


def _read_record(folder: Path) -> dict[str, Any] | None:
    """Return the record of a folder; None if it has none."""
    path = folder / RECORD
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror or error})", path) from error
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        record = None
    if not _is_valid(record):
        raise DataError(
            "is damaged; restore it, or delete it to load the model without a check of its files",
            path,
        )
    return dict(record)


def _is_valid(record: Any) -> bool:
    if not isinstance(record, dict) or record.keys() | {HASHES} != {"kind", "files", HASHES}:
        return False
    names, hashes = record["files"], record.get(HASHES, {})
    if not isinstance(record["kind"], str) or not isinstance(hashes, dict):
        return False
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return False
    return hashes.keys() <= set(names) and all(isinstance(h, str) for h in hashes.values())
