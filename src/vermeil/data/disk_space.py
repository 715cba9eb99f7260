"""Errors of a full disk: its mount point, its free space, and the space that is needed."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from vermeil.errors import DataError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Errors of a full disk, an exhausted quota and a file larger than allowed."""


def full_disk_error(path: Path, needed: int, error: Exception) -> DataError | None:
    """Return the error of a file that does not fit on its disk; None if it would fit.

    Args:
        path: the file.
        needed: its approximate size in bytes.
        error: the error of the write. Libraries often hide the number of the system's error, so
            the free space counts, too.
    """
    free = _free(path)
    if not (_is_full(error) or (free is not None and free < needed)):
        return None
    room = "" if free is None else f" has {_size(free)} free"
    return DataError(
        f"cannot be written, because the disk at {_mount(path)}{room or ' is full'}, and the file "
        f"needs about {_size(needed)}; free space or raise the quota there, or write to another "
        "disk, then run the same command again",
        path,
    )


def _is_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def _free(path: Path) -> int | None:
    with suppress(OSError):
        return shutil.disk_usage(_existing(path)).free
    return None


def _mount(path: Path) -> Path:
    """Return the folder at which the disk of a path is mounted."""
    folder = Path(os.path.realpath(_existing(path)))
    while not os.path.ismount(folder):
        folder = folder.parent
    return folder


def _existing(path: Path) -> Path:
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _size(number: int) -> str:
    if number < 10_000:
        return f"{number:,} bytes"
    return f"{number / 1e3:,.0f} kB" if number < 10_000_000 else f"{number / 1e6:,.0f} MB"
