"""Exchange of two files or folders in one step, on Linux."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
"""Constants of Linux: paths are relative to the working folder; exchange both names."""


def exchange(first: Path, second: Path) -> bool:
    """Exchange the names of two existing files or folders, in one step.

    Returns:
        Whether they were exchanged. False: the system or the file system cannot do it, and nothing
        has changed.
    """
    rename = _renameat2()
    if rename is None:
        return False
    names = os.fsencode(first), os.fsencode(second)
    done = rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    return bool(done == 0)


@cache
def _renameat2() -> Any:
    """Return the function of the C library; None if it has none."""
    if sys.platform != "linux":
        return None
    try:
        function = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError):
        return None
    pointer, whole = ctypes.c_char_p, ctypes.c_int
    function.argtypes = (whole, pointer, whole, pointer, ctypes.c_uint)
    function.restype = whole
    return function
