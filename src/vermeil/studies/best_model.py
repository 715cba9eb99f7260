"""The best model of a study; the models of the other cells are deleted."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from vermeil.data.atomic import remove_written, replace_folder, write_json
from vermeil.data.malformed import MALFORMED
from vermeil.data.results_folder import check_results, record_results
from vermeil.data.written import MODEL, check_folder

_CANDIDATE = re.compile(r"[0-9a-f]{24}")
_PARTIAL = re.compile(r"\.[0-9a-f]{24}\.\w+\.part")


class BestModel:
    """Model folder of the cell with the best dev F1.

    Args:
        folder: the study's folder.

    Raises:
        DataError: a file that Vermeil did not write is where the model or its record belongs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._candidates, self._record = folder / "candidates", folder / "best.json"
        self._kept = folder / "model"
        self._f1 = -1.0
        check_folder(self._kept, MODEL)
        check_results(folder, [self._record])
        if self.model is not None:
            with suppress(OSError, *MALFORMED):
                self._f1 = float(json.loads(self._record.read_text("utf-8"))["dev_f1"])

    @property
    def model(self) -> Path | None:
        """Folder of the best model so far, if there is one."""
        return self._kept if (self._kept / "vermeil.json").exists() else None

    def candidate_folder(self, key: str) -> Path:
        """Return the folder into which a cell saves its model."""
        return self._candidates / key

    def update(self, cell: Mapping[str, Any]) -> None:
        """Keep the cell's model if it is the best so far, delete it otherwise."""
        candidate, f1 = self.candidate_folder(cell["key"]), cell["dev"]["overall"]["f1"]
        if f1 > self._f1:
            replace_folder(candidate, self._kept, MODEL)
            self._f1 = f1
            record = {name: cell[name] for name in ("key", "regimen", "budget", "seed")}
            record_results(self._folder, [self._record])
            write_json(self._record, {**record, "dev_f1": f1})
        elif candidate.is_dir():
            remove_written(candidate)

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
