"""Partial files and folders that a killed process left beside a result.

Call these functions only while the result is locked (`vermeil.data.lock`): without a lock, a
partial file may belong to a process that still writes it.
"""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path

from vermeil.data.atomic import OLD, PARTIAL, merge_old_folder


def remove_leftovers(path: Path) -> None:
    """Finish or undo the interrupted writes of a file or folder.

    Partial files and folders are deleted. A replaced folder that is still there is removed, and its
    files that Vermeil did not write return to ``path``. If ``path`` is missing because its
    replacement was interrupted, the earlier folder returns to its name.

    Args:
        path: the file or folder; it need not exist.
    """
    name = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]+({PARTIAL}|{OLD})")
    with suppress(OSError):
        found = sorted(one for one in path.parent.iterdir() if name.fullmatch(one.name))
        for one in found:
            if one.is_symlink() or one.suffix == OLD:
                continue
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            else:
                one.unlink(missing_ok=True)
        for one in found:
            if one.suffix == OLD and one.is_dir() and not one.is_symlink():
                _finish_replacement(one, path)


def _finish_replacement(aside: Path, path: Path) -> None:
    """Finish the replacement of a folder that was interrupted.

    Args:
        aside: folder that holds one of the two folders.
        path: the folder that was being replaced.
    """
    old = aside / "folder"
    with suppress(OSError):
        if old.is_dir() and not path.exists():
            old.rename(path)
        elif old.is_dir():
            merge_old_folder(old, path)
        aside.rmdir()
