"""Class probabilities of encoded documents, in batches of similar length."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vermeil.student.encoding.context import ContextWindow
from vermeil.student.encoding.encoding import EncodedWindow
from vermeil.tasks.protocol import TAGS_PER_LABEL, TEXT_HEADS, Head

_WindowOutput = tuple[NDArray[np.float32], NDArray[np.float32] | None]
"""Class probabilities of a window, and the hidden states of its words for a pair head."""

MIN_SHARED_BATCH = 128
"""Minimum wordpieces of a batch when windows are divided among the workers."""
_SMALLEST = 1e-7
"""Minimum distance of probabilities from 0 and 1, so that their logits are finite."""


class Runner(Protocol):
    """Backend that computes a network, with torch or with ONNX Runtime."""

    batch_wordpieces: int
    """Wordpieces of the fastest batch, padding included."""
    workers: int
    """Number of batches that it computes in parallel; each is called from a thread of its own."""

    def __call__(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> NDArray[np.float32]:
        """Return class probabilities.

        Args:
            ids: wordpiece ids, shape (windows, width), padded.
            mask: 1 for a wordpiece, 0 for padding; same shape.
            cases: letter-case classes, same shape; None if the network takes none.

        Returns:
            Shape (windows, width, classes) for a token head, (windows, classes) for a sequence
            head. A head per label is computed from `logits`.
        """

    def logits(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> NDArray[np.float32]:
        """Return the logits: the probabilities before the softmax."""

    def with_states(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return class probabilities, and the hidden states of the last layer for a pair head.

        The states have the shape (windows, width, hidden size).
        """


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """The output of a network for one context window.

    Args:
        rows: class probabilities, float32. Token and pair head: shape (words, classes), each word
            from the window that owns it. Token head per label: shape (words, labels, 3). Sequence
            head: shape (1, classes), the mean over the windows.
        states: pair head: hidden state of every word of each window, shape (words, hidden size).
    """

    rows: NDArray[np.float32]
    states: tuple[NDArray[np.float32], ...] = ()


def network_outputs(
    runner: Runner, context_windows: Sequence[ContextWindow], head: Head, padding: int
) -> list[NetworkOutput]:
    """Return the output of the network for each context window.

    Args:
        runner: the backend.
        context_windows: encoded documents.
        head: the network's head.
        padding: id of the padding wordpiece.
    """
    windows = [w for c in context_windows for w in c.windows]
    outputs = _run(runner, windows, head, padding)
    results: list[NetworkOutput] = []
    start = 0
    for context_window in context_windows:
        count = len(context_window.windows)
        own = outputs[start : start + count]
        start += count
        if head in TEXT_HEADS:
            sizes = [len(window.input_ids) for window in context_window.windows]
            logits = np.stack([rows for rows, _ in own])
            results.append(NetworkOutput(_pooled(logits, sizes, head)[None, :]))
        else:
            rows = np.concatenate([rows for rows, _ in own]) if len(own) > 1 else own[0][0]
            states = tuple(states for _, states in own if states is not None)
            results.append(NetworkOutput(rows, states))
    return results


def _pooled(logits: NDArray[np.float32], sizes: Sequence[int], head: Head) -> NDArray[np.float32]:
    """Return the probabilities of a text from the logits of its windows.

    Args:
        logits: shape (windows, classes).
        sizes: wordpieces of each window.
        head: a head of whole texts.

    Returns:
        Shape (classes,).
    """
    if head == "sequence_per_label":
        return sigmoid(logits.max(axis=0))
    return softmax(np.average(logits, axis=0, weights=sizes).astype(np.float32))


def apply_temperature(
    rows: NDArray[np.float32], temperature: float, head: Head = "token"
) -> NDArray[np.float32]:
    """Return the probabilities of logits / temperature, given those of the logits.

    The log probabilities of a softmax differ from the logits by a constant, which the softmax
    removes. A sequence head per label has a sigmoid instead of a softmax.

    Args:
        rows: probabilities, shape (…, classes).
        temperature: divisor of the logits.
        head: the network's head.
    """
    if temperature == 1:
        return rows
    if head == "sequence_per_label":
        p = np.clip(rows.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
        return sigmoid((np.log(p) - np.log1p(-p)) / temperature)
    logs = np.log(np.maximum(rows, np.finfo(np.float32).tiny)) / temperature
    return softmax(logs)


def sigmoid(logits: NDArray[Any]) -> NDArray[np.float32]:
    """Return the logistic function of each logit."""
    result: NDArray[np.float32] = (1 / (1 + np.exp(-logits.astype(np.float64)))).astype(np.float32)
    return result


def softmax(logits: NDArray[Any]) -> NDArray[np.float32]:
    """Return the softmax over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: NDArray[np.float32] = powers / powers.sum(axis=-1, keepdims=True)
    return result


def logit_difference(
    one: Runner, other: Runner, windows: Sequence[EncodedWindow], padding: int
) -> float:
    """Return the maximum absolute difference of the logits of two backends over all wordpieces."""
    largest = np.float32(0)
    for start in range(0, len(windows), 8):  # in file order, so that short windows are padded
        ids, mask, cases = pad(windows[start : start + 8], padding)
        difference = np.abs(one.logits(ids, mask, cases) - other.logits(ids, mask, cases))
        counted = difference[mask == 1] if difference.ndim == 3 else difference
        largest = np.maximum(largest, counted.max())  # unlike max(), keeps NaN
    return float(largest)


def pad(
    windows: Sequence[EncodedWindow], padding: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | None]:
    """Pad windows into the inputs of a `Runner`: wordpiece ids, mask and letter-case classes."""
    width = max(len(w.input_ids) for w in windows)
    ids = np.full((len(windows), width), padding, np.int64)
    mask = np.zeros_like(ids)
    cases = np.zeros_like(ids)
    for row, window in enumerate(windows):
        size = len(window.input_ids)
        ids[row, :size] = window.input_ids
        mask[row, :size] = 1
        if window.features is not None:
            cases[row, :size] = window.features
    return ids, mask, None if windows[0].features is None else cases


def _run(
    runner: Runner, windows: Sequence[EncodedWindow], head: Head, padding: int
) -> list[_WindowOutput]:
    results: list[_WindowOutput] = [(np.zeros(0, np.float32), None)] * len(windows)

    def compute(rows: Sequence[int]) -> None:
        inputs = pad([windows[i] for i in rows], padding)
        if head == "pair":
            for i, output, states in zip(rows, *runner.with_states(*inputs), strict=True):
                window = windows[i]
                results[i] = _owned_rows(window, output), states[window.positions]
            return
        is_text_head = head in TEXT_HEADS
        if head == "token_per_label":
            logits = runner.logits(*inputs)
            outputs = softmax(logits.reshape(*logits.shape[:2], -1, TAGS_PER_LABEL))
        else:
            outputs = runner.logits(*inputs) if is_text_head else runner(*inputs)
        for i, output in zip(rows, outputs, strict=True):
            results[i] = (output if is_text_head else _owned_rows(windows[i], output)), None

    share = sum(len(w.input_ids) for w in windows) // runner.workers
    batches = _make_batches(windows, min(runner.batch_wordpieces, max(share, MIN_SHARED_BATCH)))
    if runner.workers == 1 or len(batches) == 1:
        for rows in batches:
            compute(rows)
    else:
        with ThreadPoolExecutor(runner.workers, "network") as pool:
            list(pool.map(compute, reversed(batches)))  # longest first, for an even load
    return results


def _make_batches(windows: Sequence[EncodedWindow], limit: int) -> list[list[int]]:
    """Return batches of window numbers, of similar length and at most ``limit`` wordpieces."""
    batches: list[list[int]] = []
    for i in sorted(range(len(windows)), key=lambda i: len(windows[i].input_ids)):
        if batches and len(windows[i].input_ids) * (len(batches[-1]) + 1) <= limit:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


def _owned_rows(window: EncodedWindow, output: NDArray[np.float32]) -> NDArray[np.float32]:
    cut = window.window
    positions = window.positions[cut.own_first - cut.first : cut.own_last - cut.first]
    return output[positions]
