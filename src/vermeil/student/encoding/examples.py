"""Training examples from encoded, annotated documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vermeil.data.example import IGNORED, Target, TrainingExample
from vermeil.student.encoding.context import ContextWindow
from vermeil.student.encoding.encoding import EncodedWindow
from vermeil.student.encoding.pairs import join_targets, pairs_by_window
from vermeil.tasks.protocol import TEXT_HEADS, Head, Task, decision_classes


@dataclass(frozen=True, slots=True)
class EncodedCorpus:
    """Training examples of one origin.

    Args:
        examples: the examples.
        encoding_losses: labels and words that encoding lost: name of the loss to number.
    """

    examples: tuple[TrainingExample, ...]
    encoding_losses: dict[str, int]


def make_examples(
    context_windows: Iterable[ContextWindow], task: Task, origin: str, *, soft: bool = False
) -> EncodedCorpus:
    """Return the training examples of annotated documents, and count encoding losses.

    A window without any position that enters the loss is skipped and counted as
    ``nothing_to_learn``. ``zero_weight`` counts the words, or texts, whose loss weight is 0, and
    ``relation_across_windows`` the relations whose ends are in no common window. A text of several
    windows with labels of its own is an example per window; their weights add up to that of the
    text.

    Args:
        context_windows: encoded documents, alone or with their neighbours.
        task: encodes the targets.
        origin: ``gold`` or ``silver``.
        soft: whether to use the probabilities of uncertain labels as targets.
    """
    examples: list[TrainingExample] = []
    losses: Counter[str] = Counter()
    for context_window in context_windows:
        documents, windows = context_window.documents, context_window.windows
        targets = [task.encode(encoded.document, encoded.words) for encoded in documents]
        for encoded, target in zip(documents, targets, strict=True):
            losses.update(target.encoding_losses)
            losses["long_word"] += encoded.long_words
            is_known = target.classes != IGNORED
            losses["zero_weight"] += int((target.weights[is_known] == 0).sum())
        target = _join_targets(targets, decision_classes(task.head, len(task.classes)), soft=soft)
        pairs, lost = pairs_by_window(target.pairs, [w.window for w in windows])
        losses["relation_across_windows"] += lost
        for window, own_pairs in zip(windows, pairs, strict=True):
            example = _make_example(window, target, task.head, len(windows), origin)
            if own_pairs is not None:
                example = replace(example, pairs=own_pairs)
            if (example.classes == IGNORED).all():
                losses["nothing_to_learn"] += 1
            else:
                examples.append(example)
    return EncodedCorpus(tuple(examples), {name: n for name, n in losses.items() if n})


def _join_targets(targets: Sequence[Target], classes: int, *, soft: bool) -> Target:
    """Return one target over the words of all documents of a context window.

    Args:
        targets: the target of each document.
        classes: number of classes of one decision.
        soft: whether to keep the probabilities of uncertain labels.
    """
    rows = None
    if soft and any(t.soft is not None for t in targets):
        rows = np.concatenate([_soft_rows(t, classes) for t in targets])
    unknown = None
    if any(t.unknown is not None for t in targets):
        unknown = np.concatenate([_unknown_rows(t, classes) for t in targets])
    if len(targets) == 1:
        only = targets[0]
        return Target(only.classes, only.weights, soft=rows, unknown=unknown, pairs=only.pairs)
    return Target(
        np.concatenate([t.classes for t in targets]),
        np.concatenate([t.weights for t in targets]),
        soft=rows,
        unknown=unknown,
        pairs=join_targets([t.pairs for t in targets], [len(t.classes) for t in targets]),
    )


def _unknown_rows(target: Target, classes: int) -> NDArray[np.bool_]:
    if target.unknown is not None:
        return target.unknown
    return np.zeros((len(target.classes), classes), bool)


def _soft_rows(target: Target, classes: int) -> NDArray[np.float32]:
    if target.soft is not None:
        return target.soft
    certain = np.eye(classes, dtype=np.float32)[np.maximum(target.classes, 0)]
    return np.where(target.classes[..., None] == IGNORED, np.float32(0), certain)


def _make_example(
    window: EncodedWindow, target: Target, head: Head, windows: int, origin: str
) -> TrainingExample:
    ids, features, positions = window.input_ids, window.features, window.positions
    if head in TEXT_HEADS:
        weights = (target.weights / windows).astype(np.float32)
        return TrainingExample(ids, features, target.classes, weights, origin, positions)
    cut = window.window
    shape = (len(ids), *target.classes.shape[1:])
    classes = np.full(shape, IGNORED, np.int64)
    weights = np.zeros(shape, np.float32)
    own = slice(cut.own_first, cut.own_last)
    trained = positions[own.start - cut.first : own.stop - cut.first]
    classes[trained] = target.classes[own]
    weights[trained] = target.weights[own]
    inside = slice(cut.first, cut.last)
    soft = None if target.soft is None else target.soft[inside]
    unknown = None if target.unknown is None else target.unknown[inside]
    classes, weights = classes.reshape(-1), weights.reshape(-1)
    return TrainingExample(ids, features, classes, weights, origin, positions, soft, unknown)
