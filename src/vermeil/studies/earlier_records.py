"""Names in results of earlier versions, translated when ``results.json`` or a cell is read."""

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


def with_current_names(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of ``results.json``, or of one cell, with the names of this version.

    A record of this version is returned unchanged. The copy shares all parts without old names.
    """
    current = dict(record)
    for path in RENAMED_IN:
        _rename(current, path)
    for name, key in (("comparisons", "verdict"), ("findings", "kind")):
        if isinstance(current.get(name), list | tuple):
            current[name] = [_with_verdict(row, key) for row in current[name]]
    if isinstance(current.get("cells"), list | tuple):
        current["cells"] = [with_current_names(cell) for cell in current["cells"]]
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
    if not isinstance(row, Mapping) or row.get(key) not in VERDICTS:
        return row
    return {**row, key: VERDICTS[row[key]]}
