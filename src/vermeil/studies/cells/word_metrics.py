"""How sure a student is of words, and whether it has learnt the teacher's errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Range
from vermeil.data.example import IGNORED
from vermeil.tasks.labels import NO_LABEL
from vermeil.tasks.protocol import Task

ClassIds = NDArray[np.int64]
WordProbabilities = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ScoredDocument:
    """A document as a student sees it; a task that labels whole texts has one "word" per text.

    Args:
        words: the ranges of its words.
        probabilities: float32, shape (words, classes): probabilities.
        label_classes: int64, shape (words,): classes of the document's own labels.
        gold_classes: the same of its gold labels.
    """

    words: Sequence[Range]
    probabilities: WordProbabilities
    label_classes: ClassIds
    gold_classes: ClassIds


def sharpness_metrics(documents: Sequence[ScoredDocument], task: Task) -> dict[str, float | int]:
    """Return how sure the student is, and how often it is right, over all words and within spans.

    ``entropy`` is the mean of −Σ p·ln p over words, in nats; ``confidence`` the mean of the highest
    probability; ``accuracy`` how often that class is right. With ``span_`` before it: over words
    that belong to a gold span.
    """
    rows, _, true = _concatenated(documents)
    entropy = -(rows * np.log(np.maximum(rows, 1e-12))).sum(axis=1)
    told: dict[str, float | int] = {}
    for name, chosen in (("", np.ones(len(rows), bool)), ("span_", _is_labelled(true, task))):
        told[f"{name}words"] = int(chosen.sum())
        if chosen.any():
            told[f"{name}entropy"] = _mean(entropy[chosen])
            told[f"{name}confidence"] = _mean(rows[chosen].max(axis=1))
            told[f"{name}accuracy"] = _mean(rows[chosen].argmax(axis=1) == true[chosen])
    return told


def silver_word_metrics(documents: Sequence[ScoredDocument], task: Task) -> dict[str, Any]:
    """Return what the student makes of words that the teacher got right, and of its errors.

    ``clean`` are words where silver and gold agree, ``clean_spans`` those of them that belong to a
    span, ``noisy`` those where they differ; ``loss`` is the mean of −ln p of the silver class,
    ``gold_loss`` of the gold class. ``pairs`` has, per gold label > silver label, how many noisy
    words there are, and of how many the student says what silver says, and what gold says.
    """
    rows, said, true = _concatenated(documents)
    clean, noisy = said == true, said != true
    told: dict[str, Any] = {
        "clean": _losses(rows, said, true, clean),
        "clean_spans": _losses(rows, said, true, clean & _is_labelled(true, task)),
        "noisy": _losses(rows, said, true, noisy),
    }
    best = rows.argmax(axis=1)
    pairs: dict[str, list[int]] = {}
    for i in np.flatnonzero(noisy):
        pair = f"{_label(int(true[i]), task)}>{_label(int(said[i]), task)}"
        row = pairs.setdefault(pair, [0, 0, 0])
        for place, counts in enumerate((True, best[i] == said[i], best[i] == true[i])):
            row[place] += int(counts)
    return {**told, "pairs": dict(sorted(pairs.items()))}


def _concatenated(
    documents: Sequence[ScoredDocument],
) -> tuple[WordProbabilities, ClassIds, ClassIds]:
    """Put all documents together, without words that anybody abstained from."""
    rows = np.concatenate([d.probabilities for d in documents])
    said = np.concatenate([d.label_classes for d in documents])
    true = np.concatenate([d.gold_classes for d in documents])
    known = (said != IGNORED) & (true != IGNORED)
    return rows[known], said[known], true[known]


def _is_labelled(classes: ClassIds, task: Task) -> NDArray[np.bool_]:
    nothing = task.classes.index(NO_LABEL) if NO_LABEL in task.classes else -1
    marked: NDArray[np.bool_] = classes != nothing
    return marked


def _label(number: int, task: Task) -> str:
    name = task.classes[number]
    return name.partition("-")[2] or name if task.head == "token" else name


def _losses(
    rows: WordProbabilities,
    label_classes: ClassIds,
    gold_classes: ClassIds,
    chosen: NDArray[np.bool_],
) -> dict[str, Any]:
    told: dict[str, Any] = {"words": int(chosen.sum())}
    if chosen.any():
        own = rows[chosen]
        index = np.arange(len(own))
        for name, classes in (("loss", label_classes), ("gold_loss", gold_classes)):
            told[name] = _mean(-np.log(np.maximum(own[index, classes[chosen]], 1e-12)))
    return told


def _mean(values: NDArray[Any]) -> float:
    return round(float(values.mean()), 4)
