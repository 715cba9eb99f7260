"""From encoded documents to class probabilities, in batches of like length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from vermeil.student.context import Pack
from vermeil.student.encoding import EncodedWindow

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from vermeil.tasks.protocol import Head

BATCH_WORDPIECES = 4096
"""Wordpieces of one batch, padding included."""


def probabilities(
    network: PreTrainedModel, documents: Sequence[Pack], head: Head, padding: int
) -> list[NDArray[np.float32]]:
    """Return what the network makes of each document, or of each pack of documents.

    Args:
        network: a token or sequence classifier.
        documents: encoded documents.
        head: the network's head.
        padding: id of the padding wordpiece.

    Returns:
        Per document float32 of shape (words, classes) for a token head: every word from the window
        that owns it; or (1, classes) for a sequence head: the mean over the windows.
    """
    windows = [w for d in documents for w in d.windows]
    outputs = _run(network, windows, head, padding)
    results, at = [], 0
    for document in documents:
        own = outputs[at : at + len(document.windows)]
        at += len(document.windows)
        if head == "sequence":
            sizes = np.array([len(w.input_ids) for w in document.windows], np.float32)
            mean = np.average(np.stack(own), axis=0, weights=sizes)
            results.append(mean[None, :].astype(np.float32))
        else:
            results.append(np.concatenate(own) if len(own) > 1 else own[0])
    return results


def _run(
    network: PreTrainedModel, windows: Sequence[EncodedWindow], head: Head, padding: int
) -> list[NDArray[np.float32]]:
    order = sorted(range(len(windows)), key=lambda i: len(windows[i].input_ids))
    results: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(windows)
    start = 0
    while start < len(order):
        end = _batch_end(windows, order, start)
        batch = [windows[i] for i in order[start:end]]
        outputs = _forward(network, batch, padding)
        for row, i in enumerate(order[start:end]):
            results[i] = outputs[row] if head == "sequence" else _owned(windows[i], outputs[row])
        start = end
    return results


def _batch_end(windows: Sequence[EncodedWindow], order: Sequence[int], start: int) -> int:
    """Return where a batch that begins at ``start`` ends; lengths rise along ``order``."""
    end = start + 1
    while end < len(order):
        width = len(windows[order[end]].input_ids)
        if width * (end + 1 - start) > BATCH_WORDPIECES:
            break
        end += 1
    return end


@torch.inference_mode()
def _forward(
    network: PreTrainedModel, windows: Sequence[EncodedWindow], padding: int
) -> NDArray[np.float32]:
    width = max(len(w.input_ids) for w in windows)
    ids = np.full((len(windows), width), padding, np.int64)
    mask = np.zeros_like(ids)
    features = np.zeros_like(ids)
    for row, window in enumerate(windows):
        size = len(window.input_ids)
        ids[row, :size] = window.input_ids
        mask[row, :size] = 1
        if window.features is not None:
            features[row, :size] = window.features
    inputs = {"input_ids": ids, "attention_mask": mask}
    if windows[0].features is not None:
        inputs["token_type_ids"] = features
    network.train(False)
    tensors = {name: torch.from_numpy(a).to(network.device) for name, a in inputs.items()}
    logits = network(**tensors).logits
    result: NDArray[np.float32] = torch.softmax(logits.float(), dim=-1).cpu().numpy()
    return result


def _owned(window: EncodedWindow, output: NDArray[np.float32]) -> NDArray[np.float32]:
    cut = window.window
    positions = window.positions[cut.own_first - cut.first : cut.own_last - cut.first]
    return output[positions]
