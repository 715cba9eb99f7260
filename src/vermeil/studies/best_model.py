"""The best model of a study; the models of the other cells are deleted."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vermeil.data.atomic import remove_written, replace_folder, write_json
from vermeil.data.model_files import verify_files
from vermeil.data.results_folder import check_results, record_results
from vermeil.data.written import MODEL, check_folder, read_object
from vermeil.errors import DataError
from vermeil.studies.cells.cell import CELL
from vermeil.studies.results.cell import CellResult

_CANDIDATE = re.compile(r"(v\d+-)?[0-9a-f]{24}")
_PARTIAL = re.compile(r"\.(v\d+-)?[0-9a-f]{24}\.\w+\.part")


class BestModel:
    """Model folder of the cell of a study with the best dev F1.

    A model states the cell that trained it. A model of a cell that is not part of the study, for
    example of an earlier study in the same folder, never counts as the best.

    Args:
        folder: the study's folder.
        finished: the study's finished cells, by key. A model of one of them that an earlier run
            kept, or was killed before it could keep, is found again.

    Raises:
        DataError: a file that Vermeil did not write is where the model or its record belongs.
    """

    def __init__(self, folder: Path, finished: Mapping[str, CellResult]) -> None:
        self._folder = folder
        self._candidates, self._record = folder / "candidates", folder / "best.json"
        self._kept = folder / "model"
        self._f1 = -1.0
        check_folder(self._kept, MODEL)
        check_results(folder, [self._record])
        kept = finished.get(_cell_of(self._kept) or "")
        if kept is not None:
            self._f1 = _dev_f1(kept)
        for key, cell in finished.items():
            if _cell_of(self.candidate_folder(key)) == key:
                self.update(cell)

    @property
    def model(self) -> Path | None:
        """Folder of the best model so far, if a cell of the study has one."""
        return self._kept if self._f1 >= 0 else None

    def candidate_folder(self, key: str) -> Path:
        """Return the folder into which a cell saves its model."""
        return self._candidates / key

    def update(self, cell: CellResult) -> None:
        """Keep the cell's model if it is the best so far, delete it otherwise."""
        candidate = self.candidate_folder(cell.key)
        if _dev_f1(cell) > self._f1:
            if candidate.is_dir():
                self._keep(cell)
        elif candidate.is_dir():
            remove_written(candidate)

    def lost(self, finished: Mapping[str, CellResult]) -> str | None:
        """Return the key of the best cell if its model was not kept; None if the model is there.

        Args:
            finished: all cells of the study, by key.
        """
        best = max(finished.values(), key=_dev_f1, default=None)
        return None if best is None or _dev_f1(best) <= self._f1 else best.key

    def restore(self, cell: CellResult) -> bool:
        """Keep the model of a best cell that was trained again; return whether there is one."""
        saved = self.candidate_folder(cell.key).is_dir()
        if saved:
            self._keep(cell)
        return saved

    def _keep(self, cell: CellResult) -> None:
        replace_folder(self.candidate_folder(cell.key), self._kept, MODEL)
        self._f1 = _dev_f1(cell)
        record_results(self._folder, [self._record])
        names = {"key": cell.key, "regimen": cell.regimen, "budget": cell.budget, "seed": cell.seed}
        write_json(self._record, {**names, "dev_f1": self._f1})

    def close(self) -> None:
        """Delete models of unfinished cells; files that Vermeil did not write stay."""
        if self._candidates.is_symlink() or not self._candidates.is_dir():
            return
        for entry in list(self._candidates.iterdir()):
            if entry.is_symlink() or not entry.is_dir():
                continue
            if _PARTIAL.fullmatch(entry.name):
                shutil.rmtree(entry, ignore_errors=True)
            elif _CANDIDATE.fullmatch(entry.name):
                remove_written(entry)
        with suppress(OSError):
            self._candidates.rmdir()


def _cell_of(model: Path) -> str | None:
    """Return the key of the cell that trained a model; None if unknown, or if it is damaged."""
    record = read_object(model / "training.json")
    if record is None:
        return None
    try:
        verify_files(model)
    except DataError:
        return None
    key = record.get(CELL)
    return key if isinstance(key, str) else None


def _dev_f1(cell: CellResult) -> float:
    return -1.0 if cell.dev is None else cell.dev.overall.f1
