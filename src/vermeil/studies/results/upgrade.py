"""Upgrade of records of version 1 of Vermeil's results to the names of this version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VERDICTS = {"shown": "significant", "suggested": "suggestive", "open": "not_significant"}
"""Old to new verdicts of comparisons and kinds of findings."""

NAMES = {
    "believed": "better_than_teacher",
    "misses": "leave_one_out_error",
    "said": "mistakes",
    "top": "asymptote",
}
"""Old to new names in the parts of `RENAMED_IN`."""

RENAMED_IN = (("refinement",), ("frontier",), ("frontier", "curve"), ("mechanism", "spans"))
"""Paths of the tables that hold renamed entries."""


def upgrade_cell(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a cell's record with the names of this version.

    A record of this version is returned unchanged. The copy shares all parts without old names.
    """
    current = dict(record)
    for path in RENAMED_IN:
        _rename(current, path)
    return current


def upgrade_results(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a ``results.json`` without a version, in the form of this version."""
    current = upgrade_cell(record)
    for name, key in (("comparisons", "verdict"), ("findings", "kind")):
        if isinstance(current.get(name), list | tuple):
            current[name] = [_with_verdict(row, key) for row in current[name]]
    if isinstance(current.get("cells"), list | tuple):
        current["cells"] = [
            upgrade_cell(cell) if isinstance(cell, Mapping) else cell for cell in current["cells"]
        ]
    if isinstance(current.get("leaks"), Mapping):
        current["leaks"] = {pair: _leak_counts(found) for pair, found in current["leaks"].items()}
    return current


def _rename(table: dict[str, Any], path: tuple[str, ...]) -> None:
    """Rename the entries of the table at a path; ``table`` itself must be a copy."""
    name, *rest = path
    inner = table.get(name)
    if not isinstance(inner, Mapping):
        return
    table[name] = {NAMES.get(key, key): value for key, value in inner.items()}
    if rest:
        _rename(table[name], tuple(rest))


def _with_verdict(row: Any, key: str) -> Any:
    if key == "kind" and isinstance(row, str):
        return {"kind": "note", "scope": "", "text": row}
    if not isinstance(row, Mapping) or not isinstance(row.get(key), str):
        return row
    return {**row, key: VERDICTS.get(row[key], row[key])}


def _leak_counts(found: Any) -> Any:
    """Return shared texts as numbers; they were lists or a single number before."""
    counts = found if isinstance(found, Mapping) else {"exact": found}
    return {key: len(value) if isinstance(value, list) else value for key, value in counts.items()}
