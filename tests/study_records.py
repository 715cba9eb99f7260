"""Made-up records of cells, complete in every part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def score_record(correct: int, predicted: int, gold: int) -> dict[str, float | int]:
    """Return precision, recall, F1 and support of counts."""
    total = predicted + gold
    return {
        "precision": correct / predicted if predicted else 0.0,
        "recall": correct / gold if gold else 0.0,
        "f1": 2 * correct / total if total else 0.0,
        "support": gold,
    }


def split_record(groups: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Return the scores of one label over groups of documents."""
    correct, predicted, gold = (sum(row[i] for row in groups.values()) for i in range(3))
    overall = score_record(correct, predicted, gold)
    return {
        "overall": overall,
        "per_label": {"PER": overall},
        "documents": len(groups),
        "macro_f1": overall["f1"],
        "span_only": None,
        "confusion": [],
        "errors": {},
        "truncated": 0,
    }


def cell_record(
    regimen: str, seed: int, groups: Mapping[str, Sequence[int]], **changes: Any
) -> dict[str, Any]:
    """Return the record of a cell with the given items of its test groups.

    Args:
        regimen: the regimen.
        seed: the seed.
        groups: correct, predicted and gold items of each test group.
        changes: further entries of the record.
    """
    record = {
        "regimen": regimen,
        "seed": seed,
        "budget": "equal",
        "gold_documents": 100,
        "silver_documents": 800,
        "steps": 10,
        "wordpieces": 5000 + seed,
        "seconds": 2.0 + seed,
        "key": f"{regimen}-{seed}",
        "dev": None,
        "test": split_record(groups),
        "test_groups": {group: list(row) for group, row in groups.items()},
        "losses": {},
        "plan": {"progress": [], "planned": [], "realised": []},
        "curve": [],
        "dev_curve": [],
    }
    return {**record, **changes}
