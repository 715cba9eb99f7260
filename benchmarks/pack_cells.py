"""Pack the finished cells of a study into its cells.jsonl.gz, or copy cells to another study.

    python benchmarks/pack_cells.py STUDY_FOLDER…
    python benchmarks/pack_cells.py --unpack-into STUDY_FOLDER STUDY_FOLDER

The first form moves the files of ``cells/`` into ``cells.jsonl.gz``. A cell with a key of an
earlier version is dropped when the study has the same regimen, budget, seed and sizes again. The
second form writes the cells that a study may reuse as files into another study, and prints their
paths.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from vermeil.studies.cells.key import is_current_key
from vermeil.studies.finished_cells import (
    ARCHIVE,
    CELLS,
    cell_file,
    read_archive,
    read_study_cells,
    write_archive,
    write_cell,
)
from vermeil.studies.results.cell import CellResult


def pack(folder: Path) -> int:
    """Move the cells of a study into one file; return their number."""
    cells = _newest(read_study_cells(folder))
    if not cells:
        return 0
    write_archive(cells, folder / ARCHIVE)
    for path in (folder / CELLS).glob("*.json"):
        path.unlink()
    return len(cells)


def unpack(source: Path, target: Path) -> list[Path]:
    """Write the reusable cells of a study as files into another one; return the new files."""
    written = []
    for cell in read_archive(source / ARCHIVE):
        path = cell_file(target / CELLS, cell.key)
        if is_current_key(cell.key) and not path.exists():
            write_cell(cell, target / CELLS)
            written.append(path)
    return written


def _newest(cells: Iterable[CellResult]) -> list[CellResult]:
    """Return the cells without those of an earlier version that were run again."""
    found: dict[tuple[object, ...], CellResult] = {}
    for cell in sorted(cells, key=lambda cell: (is_current_key(cell.key), cell.key)):
        sizes = (cell.gold_documents, cell.silver_documents)
        identity = (cell.regimen, cell.budget, cell.seed, *sizes)
        found[identity if is_current_key(cell.key) else (*identity, cell.key)] = cell
        if is_current_key(cell.key):
            for key in [k for k in found if k[:-1] == identity]:
                del found[key]
    return list(found.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--unpack-into", type=Path)
    options = parser.parse_args()
    for folder in options.folders:
        if options.unpack_into is None:
            print(f"{folder / ARCHIVE}: {pack(folder):,} cells")
        else:
            for path in unpack(folder, options.unpack_into):
                print(path)


if __name__ == "__main__":
    main()
