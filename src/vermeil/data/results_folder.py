"""Folders of results, such as a run's: files of Vermeil may lie there beside files of the user."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from vermeil.data.atomic import write_json
from vermeil.data.written import RECORD, read_object, read_record
from vermeil.errors import DataError

RESULTS = "results"
"""The kind of the folder in its record."""

_OLDER = frozenset(
    {
        *("config.toml", "stages.json", "silver.jsonl", "locate.json", "evaluation.json"),
        *("selected.jsonl", "selection.json", "refined.jsonl", "refinement.json"),
        "ranking.jsonl",
    }
)
"""Files of a run that was made before there were records."""


def check_results(folder: Path, paths: Iterable[Path]) -> None:
    """Check that files and folders of a folder of results may be written.

    What is not there, and what an earlier run wrote there, may.

    Args:
        folder: the folder, which may also hold files of other origin.
        paths: what is to be written into it.

    Raises:
        DataError: one of them is there and is not in the record of the folder.
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
                f"is there already, and was not written by an earlier run into {folder}; "
                "move it away, or choose another folder of results (run.output, or --output)",
                path,
            )


def record_results(folder: Path, paths: Iterable[Path]) -> None:
    """Check that files of a folder of results may be written, and put them on its record.

    Raises:
        DataError: one of them is there and is not in the record of the folder.
    """
    paths = list(paths)
    check_results(folder, paths)
    known = _known(folder)
    names = known | {path.relative_to(folder).as_posix() for path in paths}
    if names == known and (folder / RECORD).exists():
        return
    write_json(folder / RECORD, {"kind": RESULTS, "files": sorted(names - {RECORD})})


def _known(folder: Path) -> frozenset[str]:
    record = read_record(folder)
    if record is not None:
        return record.names if record.kind == RESULTS else frozenset()
    stages = read_object(folder / "stages.json")
    is_older = stages and all(
        isinstance(made_from, dict) and "version of vermeil" in made_from
        for made_from in stages.values()
    )
    return _OLDER if is_older else frozenset()
