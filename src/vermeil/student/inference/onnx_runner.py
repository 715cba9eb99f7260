"""Network in ONNX Runtime, without torch and transformers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vermeil.data.malformed import first_line
from vermeil.errors import DataError
from vermeil.optional import require
from vermeil.student.inference.batching import softmax
from vermeil.telemetry import import_onnxruntime

_DISABLED_FUSIONS = ["SkipLayerNormFusion"]
"""Graph optimisations that make the network slower: ONNX Runtime has no fast kernel for them."""


class OnnxRunner:
    """An ONNX file as a `vermeil.student.inference.batching.Runner`.

    One thread computes each batch, and several batches run in parallel. No thread waits for others
    within a layer.

    Args:
        path: the file.
        threads: batches in parallel; None: one per processor.

    Raises:
        ConfigError: onnxruntime is not installed.
        DataError: the file does not exist, or ONNX Runtime cannot load it.
    """

    batch_wordpieces = 512
    """Small enough for the activations of a layer to fit into the cache of a core."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        require(f"the exported model {path.parent}", "deploy")
        if not path.is_file():
            raise DataError("there is no such file; export the model again", path)
        onnxruntime = import_onnxruntime()
        self._path = path
        self.workers = threads or _processor_count()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # errors become exceptions
        options.intra_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(path),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=_DISABLED_FUSIONS,
                enable_fallback=False,  # it prints to standard output
            )
        except Exception as error:  # onnxruntime does not publish its exception classes
            raise self._error("load", error) from error

    def __call__(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> NDArray[np.float32]:
        """Return class probabilities."""
        return softmax(self.logits(ids, mask, cases))

    def logits(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> NDArray[np.float32]:
        """Return the logits: the probabilities before the softmax."""
        return self._run(["logits"], ids, mask, cases)[0]

    def with_states(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return class probabilities, and the hidden states of the last layer."""
        logits, states = self._run(["logits", "states"], ids, mask, cases)
        return softmax(logits), states

    def _run(
        self,
        outputs: list[str],
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        cases: NDArray[np.int64] | None,
    ) -> list[NDArray[np.float32]]:
        inputs = {"input_ids": ids, "attention_mask": mask}
        if cases is not None:
            inputs["token_type_ids"] = cases
        try:
            results: list[NDArray[np.float32]] = self._session.run(outputs, inputs)
        except Exception as error:
            raise self._error("compute", error) from error
        return results

    def _error(self, action: str, error: Exception) -> DataError:
        reason = first_line(error)
        return DataError(
            f"ONNX Runtime cannot {action} it ({reason}); restore the file, or export the model "
            "again",
            self._path,
        )


def _processor_count() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
