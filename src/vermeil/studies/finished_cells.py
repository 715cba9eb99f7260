"""Finished cells of a study: one file per cell, or all in one compressed file."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vermeil.data.atomic import atomic_file, write_json
from vermeil.data.malformed import first_line
from vermeil.errors import DataError
from vermeil.studies.cells.key import is_current_key
from vermeil.studies.results.cell import CellResult
from vermeil.studies.results.load import as_record, cell_from_record

CELLS = "cells"
"""Folder of a study with one file per cell, named by its key."""
ARCHIVE = "cells.jsonl.gz"
"""File of a study with finished cells, one per line."""

_DAMAGED_ARCHIVE = "restore it, or delete it to run its cells again"


@dataclass(frozen=True, slots=True)
class FinishedCells:
    """Cells that earlier runs have finished.

    Args:
        cells: the cells of the study by key.
        outdated: number of cells with a key of another version, which are not reused.
    """

    cells: dict[str, CellResult]
    outdated: int


def read_finished_cells(folder: Path, keys: Iterable[str]) -> FinishedCells:
    """Return the cells among ``keys`` that an earlier run has finished.

    Args:
        folder: the study's folder, with ``cells`` and ``cells.jsonl.gz``, as far as they exist.
        keys: keys of the study's cells.

    Raises:
        DataError: a file cannot be read, or holds no complete cell.
    """
    wanted = set(keys)
    archived = {cell.key: cell for cell in read_archive(folder / ARCHIVE)}
    files = {path.stem: path for path in sorted((folder / CELLS).glob("*.json"))}
    cells = {key: archived[key] for key in sorted(wanted & archived.keys())}
    cells |= {key: read_cell(files[key]) for key in sorted(wanted & files.keys())}
    known = archived.keys() | files.keys()
    return FinishedCells(cells, sum(not is_current_key(key) for key in known))


def read_study_cells(folder: Path) -> list[CellResult]:
    """Return all finished cells of a study in the order of their keys, for pages.

    Args:
        folder: the study's folder.

    Raises:
        DataError: a file cannot be read, or holds no complete cell.
    """
    cells = {cell.key: cell for cell in read_archive(folder / ARCHIVE)}
    cells |= {path.stem: read_cell(path) for path in (folder / CELLS).glob("*.json")}
    return [cells[key] for key in sorted(cells)]


def read_cell(path: Path) -> CellResult:
    """Return a finished cell, also from an earlier version.

    Raises:
        DataError: the file cannot be read, or holds no complete cell.
    """
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"is not a cell of a study ({first_line(error)}); delete it to run the cell again",
            path,
        ) from error
    cell = cell_from_record(record, path)
    if cell.key != path.stem:
        raise DataError(
            f"holds the cell {cell.key}, not the one that its name states; delete it to run the "
            "cell again",
            path,
        )
    return cell


def write_cell(cell: CellResult, folder: Path) -> None:
    """Write a finished cell into the study's ``cells`` folder."""
    write_json(cell_file(folder, cell.key), as_record(cell), compact=True)


def cell_file(folder: Path, key: str) -> Path:
    """Return the file of a cell."""
    return folder / f"{key}.json"


def read_archive(path: Path) -> list[CellResult]:
    """Return the cells of ``cells.jsonl.gz``; none if there is no such file.

    Raises:
        DataError: the file is damaged.
    """
    cells: dict[str, CellResult] = {}
    for number, line in _lines(path):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(
                f"is not a cell of a study ({first_line(error)}); {_DAMAGED_ARCHIVE}",
                path,
                number,
            ) from error
        cell = cell_from_record(record, path, number)
        if cell.key in cells:
            raise DataError(
                f"holds the cell {cell.key} a second time; {_DAMAGED_ARCHIVE}", path, number
            )
        cells[cell.key] = cell
    return list(cells.values())


def write_archive(cells: Iterable[CellResult], path: Path) -> None:
    """Write cells into one compressed file, sorted by key; equal cells give equal bytes.

    Args:
        cells: the cells.
        path: the file, with the suffix ``.gz``.
    """
    with atomic_file(path) as file:
        for cell in sorted(cells, key=lambda cell: cell.key):
            line = json.dumps(as_record(cell), ensure_ascii=False, separators=(",", ":"))
            file.write(line + "\n")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line of a compressed file; none if it does not exist."""
    if not path.exists():
        return
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from enumerate(file, 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(
            f"cannot be read ({first_line(error)}); {_DAMAGED_ARCHIVE}", path
        ) from error
