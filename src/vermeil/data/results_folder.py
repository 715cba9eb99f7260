"""Folders of results, for example of a run: Vermeil's files may lie beside files of the user."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from vermeil.data.atomic import write_json
from vermeil.data.written import RECORD, read_object, read_record
from vermeil.errors import DataError

RESULTS = "results"
"""The kind of the folder in its record."""

_RUN_FILES = (
    *("config.toml", "stages.json", "silver.jsonl", "locate.json", "evaluation.json"),
    *("selected.jsonl", "selection.json", "refined.jsonl", "refinement.json"),
    "ranking.jsonl",
)
"""Files of a run that was made before there were records."""
_STUDY_FILES = (
    *("config.toml", "results.json", "report.html", "report.md", "cells.csv", "comparisons.csv"),
    "best.json",
)
"""Files of a study that was made before there were records."""
_SEARCH_FILES = ("config.toml", "tune.json", "silver.jsonl")
"""Files of a search (``vermeil tune``) that was made before there were records."""
_CELL = re.compile(r"(v\d+-)?[0-9a-f]{24}\.json")


def check_results(folder: Path, paths: Iterable[Path]) -> None:
    """Check that files and folders of a folder of results may be written.

    A path may be written if it does not exist, or if an earlier run wrote it.

    Args:
        folder: the folder, which may also hold files of other origin.
        paths: the files and folders to write into it.

    Raises:
        DataError: one of them exists and is not in the record of the folder.
    """
    record = read_record(folder)
    if record is not None and record.kind != RESULTS:
        raise DataError(
            f"holds the result of another kind ({record.kind}); choose another folder of results",
            folder,
        )
    known = _known(folder)
    for path in paths:
        if path.relative_to(folder).as_posix() not in known and os.path.lexists(path):
            raise DataError(
                f"exists already, and was not written by an earlier run into {folder}; "
                "move it away, or choose another folder of results (run.output, or --output)",
                path,
            )


def record_results(folder: Path, paths: Iterable[Path]) -> None:
    """Check that files of a folder of results may be written, and add them to its record.

    Args:
        folder: the folder, which may also hold files of other origin.
        paths: the files and folders to write into it.

    Raises:
        DataError: one of them exists and is not in the record of the folder.
    """
    paths = list(paths)
    check_results(folder, paths)
    known = _known(folder)
    names = known | {path.relative_to(folder).as_posix() for path in paths}
    if names == known and (folder / RECORD).exists():
        return
    write_json(folder / RECORD, {"kind": RESULTS, "files": sorted(names - {RECORD})})


def _known(folder: Path) -> frozenset[str]:
    """Return the names of the files that Vermeil wrote into a folder of results."""
    record = read_record(folder)
    if record is not None:
        return record.names if record.kind == RESULTS else frozenset()
    names: set[str] = set()
    if _is_older_run(folder):
        names.update(_RUN_FILES)
    if _is_older_study(folder):
        names.update(_STUDY_FILES)
    if _is_older_search(folder):
        names.update(_SEARCH_FILES)
    return frozenset(name for name in names if (folder / name).is_file())


def _is_older_run(folder: Path) -> bool:
    stages = read_object(folder / "stages.json") or {}
    return bool(stages) and all(
        isinstance(inputs, dict) and "version of vermeil" in inputs for inputs in stages.values()
    )


def _is_older_study(folder: Path) -> bool:
    """Return whether a folder holds a study; of one that was stopped, only cells are there."""
    cells = folder / "cells"
    if not cells.is_dir():
        return False
    if os.path.lexists(folder / "results.json"):
        results = read_object(folder / "results.json") or {}
        return isinstance(results.get("cells"), list)
    files = sorted(file for file in cells.iterdir() if _CELL.fullmatch(file.name))
    return bool(files) and (read_object(files[0]) or {}).get("key") == files[0].stem


def _is_older_search(folder: Path) -> bool:
    report = read_object(folder / "tune.json") or {}
    return isinstance(report.get("trials"), list)
