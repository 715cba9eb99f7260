"""Network in torch, as a backend of prediction."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from vermeil.errors import DataError
from vermeil.student.network.rows import output_rows
from vermeil.student.network.threads import MEASUREMENTS

if TYPE_CHECKING:
    from transformers import PreTrainedModel


MEASURED_AFTER = 20_000
"""Predicted wordpieces, padding included, after which the number of threads is measured. Less is
predicted in seconds with one thread."""


class TorchRunner:
    """A transformers network as a `vermeil.student.inference.batching.Runner`.

    Args:
        network: a token or sequence classifier.
        bf16: compute with a bfloat16 copy of the network.
        threads: processor threads; None: one at first, then one or all by a measurement.
    """

    workers = 1
    """One batch at a time uses all threads of torch."""

    def __init__(
        self, network: PreTrainedModel, *, bf16: bool = False, threads: int | None = None
    ) -> None:
        if bf16:
            network = copy.deepcopy(network)
            nn.Module.to(network, torch.bfloat16)
        self._network = network
        self._threads, self._wordpieces = threads, 0
        self._size = sum(p.numel() for p in network.parameters())
        self.batch_wordpieces = 2_048 if network.device.type == "cpu" else 16_384

    def __call__(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> NDArray[np.float32]:
        """Return class probabilities."""
        with torch.inference_mode():
            logits, _ = self._forward(ids, mask, cases)
            result: NDArray[np.float32] = torch.softmax(logits, dim=-1).cpu().numpy()
        return result

    def logits(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> NDArray[np.float32]:
        """Return the logits: the probabilities before the softmax."""
        with torch.inference_mode():
            result: NDArray[np.float32] = self._forward(ids, mask, cases)[0].cpu().numpy()
        return result

    def with_states(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return class probabilities, and the hidden states of the last layer."""
        with torch.inference_mode():
            logits, states = self._forward(ids, mask, cases)
            return torch.softmax(logits, dim=-1).cpu().numpy(), states.cpu().numpy()

    def _forward(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits, and the states of the last layer (empty without a pair head)."""
        inputs = {"input_ids": ids, "attention_mask": mask}
        if cases is not None:
            inputs["token_type_ids"] = cases
        embeddings: Any = self._network.get_input_embeddings()
        known, largest = int(embeddings.num_embeddings), int(ids.max())
        if largest >= known:
            raise DataError(
                f"the tokenizer has a wordpiece {largest}, but the network has embeddings of "
                f"{known} only; restore tokenizer.json, or train the model again"
            )
        self._network.train(False)
        device = self._network.device
        tensors = {name: torch.from_numpy(a).to(device) for name, a in inputs.items()}
        if device.type == "cpu":
            self._set_threads(tensors)
        rows = output_rows(self._network, tensors).float()
        classes: Any = self._network.config.num_labels
        return rows[..., :classes], rows[..., classes:]

    def _set_threads(self, tensors: dict[str, torch.Tensor]) -> None:
        """Set the number of threads; measure it on a batch once enough has been predicted."""
        if self._threads is not None:
            torch.set_num_threads(self._threads)
            return
        found = MEASUREMENTS.find("prediction", self._size)
        self._wordpieces += tensors["input_ids"].numel()
        if found is not None:
            torch.set_num_threads(found.threads)
        elif self._wordpieces < MEASURED_AFTER:
            torch.set_num_threads(1)
        else:
            MEASUREMENTS.measure(
                "prediction", self._size, lambda: output_rows(self._network, tensors)
            )
