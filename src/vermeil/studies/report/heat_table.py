"""Confusion of gold and predicted labels as a table with shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vermeil.studies.format import number

View = dict[str, Any]


def heat_table(confusion: Sequence[Sequence[Any]], labels: Sequence[str]) -> View | None:
    """Return the confusion of gold and predicted labels as a table with shares of each row.

    Args:
        confusion: rows of gold label, predicted label and count; "O" means no label.
        labels: the labels in the order of the table.
    """
    found = {(str(gold), str(predicted)): int(n) for gold, predicted, n in confusion}
    if not found:
        return None
    known = [*labels, *sorted({kind for pair in found for kind in pair} - {*labels, "O"})]
    columns = [*known, "O"]
    rows = []
    for gold in columns:
        total = sum(found.get((gold, predicted), 0) for predicted in columns)
        rows.append(
            {
                "label": gold,
                "cells": [
                    _heat_cell(gold, predicted, found.get((gold, predicted), 0), total)
                    for predicted in columns
                ],
            }
        )
    return {"columns": columns, "rows": rows}


def _heat_cell(gold: str, predicted: str, n: int, total: int) -> View:
    share = n / total if total else 0.0
    # True negatives are not counted, so the row "O" has no shares.
    counted = gold != "O"
    return {
        "n": number(n) if n else "" if predicted == "O" and not counted else "·",
        "share": f"{round(100 * share)} %" if n and counted else "",
        "strength": f"{0.85 * share:.2f}" if counted else "0",
        "kind": "right" if counted and gold == predicted else "wrong" if n else "none",
    }
