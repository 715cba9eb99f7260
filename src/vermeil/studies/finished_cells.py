"""Files of finished cells, one per cell, named by its key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vermeil.data.atomic import write_json
from vermeil.errors import DataError
from vermeil.studies.earlier_records import with_current_names


def read_finished_cells(folder: Path, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the cells among ``keys`` that an earlier run has finished, by key.

    Args:
        folder: the study's ``cells`` folder.
        keys: keys of the study's cells.

    Raises:
        DataError: the file of a cell cannot be read.
    """
    cells = {}
    for key in sorted(set(keys)):
        path = cell_file(folder, key)
        if path.exists():
            cells[key] = read_cell(path)
    return cells


def read_cell(path: Path) -> dict[str, Any]:
    """Return a finished cell, also from an earlier version.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        return with_current_names(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(
            f"is not a cell of a study ({error}); delete it to run the cell again", path
        ) from error


def write_cell(cell: Mapping[str, Any], folder: Path) -> None:
    """Write a finished cell into the study's ``cells`` folder."""
    write_json(cell_file(folder, cell["key"]), cell, compact=True)


def cell_file(folder: Path, key: str) -> Path:
    """Return the file of a cell."""
    return folder / f"{key}.json"
