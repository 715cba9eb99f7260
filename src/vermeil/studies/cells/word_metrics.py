"""Word-level measurements: confidence, accuracy and reproduction of the teacher's errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import UNANNOTATED, Annotation, Range
from vermeil.data.example import IGNORED
from vermeil.studies.results.observation import Sharpness, SilverWords, WordLosses
from vermeil.studies.results.values import Tally
from vermeil.tasks.labels import NO_LABEL
from vermeil.tasks.protocol import TEXT_HEADS, Task

ClassIds = NDArray[np.int64]
WordProbabilities = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ScoredDocument:
    """Class probabilities of a document's words.

    A task with one label per document has one word. A task with several labels has one word per
    label, whose class is the label or no label. A task with nested spans has a decision per word
    and label.

    Args:
        words: ranges of the words.
        probabilities: class probabilities, float32 of shape (words, classes), or (words, labels, 3)
            for nested spans.
        label_classes: classes of the document's own labels, int64 of shape (words,), or (words,
            labels) for nested spans.
        gold_classes: classes of its gold labels, of the same shape.
        annotation: the student's annotation.
    """

    words: Sequence[Range]
    probabilities: WordProbabilities
    label_classes: ClassIds
    gold_classes: ClassIds
    annotation: Annotation = UNANNOTATED


def sharpness_metrics(documents: Sequence[ScoredDocument], task: Task) -> Sharpness:
    """Return entropy, confidence and accuracy over all words and over words of gold spans.

    ``entropy`` is the mean of −Σ p·ln p over words, in nats. ``confidence`` is the mean of the
    highest probability, and ``accuracy`` the share of words whose most probable class is gold. The
    prefix ``span_`` marks the values over words of gold spans.
    """
    rows, _, gold = _concatenated(documents, task)
    entropy = -(rows * np.log(np.maximum(rows, 1e-12))).sum(axis=1)
    in_spans = _is_labelled(gold, task)
    measures: dict[str, float] = {}
    for prefix, mask in (("", np.ones(len(rows), bool)), ("span_", in_spans)):
        if mask.any():
            measures[f"{prefix}entropy"] = _mean(entropy[mask])
            measures[f"{prefix}confidence"] = min(1.0, _mean(rows[mask].max(axis=1)))
            measures[f"{prefix}accuracy"] = _mean(rows[mask].argmax(axis=1) == gold[mask])
    return Sharpness(words=len(rows), span_words=int(in_spans.sum()), **measures)


def silver_word_metrics(documents: Sequence[ScoredDocument], task: Task) -> SilverWords:
    """Return losses over words with correct and with wrong teacher labels, and error counts.

    ``clean`` are words whose silver and gold classes agree, ``clean_spans`` the clean words of
    spans, and ``noisy`` the words whose classes differ. ``loss`` is the mean of −ln p of the silver
    class, and ``gold_loss`` that of the gold class. ``pairs`` has three counts per pair "gold label
    > silver label": noisy words, predictions equal to silver, and predictions equal to gold.
    """
    rows, silver, gold = _concatenated(documents, task)
    clean, noisy = silver == gold, silver != gold
    predicted = rows.argmax(axis=1)
    pairs: dict[str, Tally] = {}
    for i in np.flatnonzero(noisy):
        pair = f"{_label(int(gold[i]), task)}>{_label(int(silver[i]), task)}"
        words, as_silver, as_gold = pairs.get(pair, (0, 0, 0))
        pairs[pair] = (
            words + 1,
            as_silver + int(predicted[i] == silver[i]),
            as_gold + int(predicted[i] == gold[i]),
        )
    return SilverWords(
        clean=_losses(rows, silver, gold, clean),
        clean_spans=_losses(rows, silver, gold, clean & _is_labelled(gold, task)),
        noisy=_losses(rows, silver, gold, noisy),
        pairs=dict(sorted(pairs.items())),
    )


def _concatenated(
    documents: Sequence[ScoredDocument], task: Task
) -> tuple[WordProbabilities, ClassIds, ClassIds]:
    """Concatenate all documents, without words whose label is unknown (abstentions)."""
    rows = np.concatenate([d.probabilities for d in documents])
    labels = np.concatenate([d.label_classes for d in documents])
    gold = np.concatenate([d.gold_classes for d in documents])
    if task.head == "sequence_per_label":
        rows = _label_rows(rows)
        labels, gold = (_label_classes(one, len(task.classes)) for one in (labels, gold))
    if task.head == "token_per_label":
        rows = _tag_rows(rows)
        labels, gold = _tag_classes(labels), _tag_classes(gold)
    known = (labels != IGNORED) & (gold != IGNORED)
    return rows[known], labels[known], gold[known]


def _label_rows(probabilities: WordProbabilities) -> WordProbabilities:
    """Return a row per document and label over the classes: no label, then every label."""
    documents, labels = probabilities.shape
    rows = np.zeros((documents, labels, labels + 1), np.float32)
    numbers = np.arange(labels)
    rows[:, numbers, numbers + 1] = probabilities
    rows[:, :, 0] = 1 - probabilities
    return rows.reshape(documents * labels, labels + 1)


def _label_classes(decisions: ClassIds, labels: int) -> ClassIds:
    """Return the class of each decision: 0 for no, the number of its label from 1 for yes."""
    numbers = np.tile(np.arange(1, labels + 1), len(decisions) // labels)
    classes: ClassIds = np.where(decisions == IGNORED, IGNORED, decisions * numbers)
    return classes


def _tag_rows(probabilities: WordProbabilities) -> WordProbabilities:
    """Return a row per word and label over the classes: no label, then B and I of every label."""
    words, labels, _ = probabilities.shape
    rows = np.zeros((words, labels, 1 + 2 * labels), np.float32)
    numbers = np.arange(labels)
    rows[:, :, 0] = probabilities[:, :, 0]
    for tag in (1, 2):
        rows[:, numbers, 2 * numbers + tag] = probabilities[:, numbers, tag]
    return rows.reshape(words * labels, 1 + 2 * labels)


def _tag_classes(classes: ClassIds) -> ClassIds:
    """Return the class of each decision in `_tag_rows`, shape (words · labels,)."""
    moved = np.where(classes > 0, classes + 2 * np.arange(classes.shape[1]), classes)
    flat: ClassIds = moved.reshape(-1)
    return flat


def _class_names(task: Task) -> tuple[str, ...]:
    if task.head == "token_per_label":
        return (NO_LABEL, *(name for name in task.classes if not name.startswith("O-")))
    return (NO_LABEL, *task.classes) if task.head == "sequence_per_label" else task.classes


def _is_labelled(classes: ClassIds, task: Task) -> NDArray[np.bool_]:
    names = _class_names(task)
    no_label = names.index(NO_LABEL) if NO_LABEL in names else -1
    labelled: NDArray[np.bool_] = classes != no_label
    return labelled


def _label(number: int, task: Task) -> str:
    name = _class_names(task)[number]
    return name.partition("-")[2] or name if task.head not in TEXT_HEADS else name


def _losses(
    rows: WordProbabilities,
    label_classes: ClassIds,
    gold_classes: ClassIds,
    mask: NDArray[np.bool_],
) -> WordLosses:
    if not mask.any():
        return WordLosses(0)
    chosen = rows[mask]
    index = np.arange(len(chosen))
    silver, gold = (
        _mean(-np.log(np.maximum(chosen[index, classes[mask]], 1e-12)))
        for classes in (label_classes, gold_classes)
    )
    return WordLosses(len(chosen), max(0.0, silver), max(0.0, gold))


def _mean(values: NDArray[Any]) -> float:
    return round(float(values.mean()), 4)
