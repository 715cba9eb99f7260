"""Scores under relaxed matching criteria: without labels, or with partial overlap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from vermeil.data.counts import Counts


def matching_scores(counts: Counts) -> Mapping[str, Mapping[str, float]]:
    """Return precision, recall and F1 under the criteria of MUC-5 and SemEval-2013 task 9.1.

    ``strict``: boundaries and label. ``exact``: boundaries only. ``partial``: boundaries only, an
    overlap counts half. ``type``: the label with any overlap. Source: I. Segura-Bedmar et al.,
    SemEval-2013 Task 9 (2013), section 4, after N. Chinchor and B. Sundheim (MUC-5, 1993).

    Args:
        counts: counts of a task with span boundaries.
    """
    of_kind: Counter[str] = Counter()
    for (_, kind), number in counts.errors.items():
        of_kind[kind] += number
    strict = counts.overall.correct
    overlapping = of_kind["boundary"] + of_kind["both"]
    correct = {
        "strict": strict,
        "exact": strict + of_kind["type"],
        "partial": strict + of_kind["type"] + overlapping / 2,
        "type": strict + of_kind["boundary"],
    }
    predicted, gold = counts.overall.predicted, counts.overall.gold
    return {
        name: {
            "precision": value / predicted if predicted else 0.0,
            "recall": value / gold if gold else 0.0,
            "f1": 2 * value / (predicted + gold) if predicted + gold else 0.0,
        }
        for name, value in correct.items()
    }
