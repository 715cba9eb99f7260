"""Computing the network with ONNX Runtime: no torch, no transformers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vermeil.errors import DataError
from vermeil.optional import require
from vermeil.student.inference.batching import softmax
from vermeil.telemetry import import_onnxruntime

_DISABLED_FUSIONS = ["SkipLayerNormFusion"]
"""What ONNX Runtime would put in place of addition and normalisation, but has no fast code for."""


class OnnxRunner:
    """An ONNX file as a `vermeil.student.inference.batching.Runner`.

    Every batch is computed by one thread, several batches at the same time: nothing waits for the
    slowest thread within a layer, and no thread spins while it waits.

    Args:
        path: the file.
        threads: batches at a time; none: as many as there are processors.

    Raises:
        ConfigError: onnxruntime is not installed.
        DataError: the file is not there, or ONNX Runtime does not take it.
    """

    batch_wordpieces = 512
    """So little that a layer's numbers stay in a core's own cache."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        require(f"the exported model {path.parent}", "deploy")
        if not path.is_file():
            raise DataError("there is no such file; export the model again", path)
        onnxruntime = import_onnxruntime()
        self.workers = threads or _processors()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(path),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=_DISABLED_FUSIONS,
            )
        except Exception as error:  # of classes that onnxruntime does not publish
            reason = str(error).strip().splitlines()[0]
            raise DataError(f"ONNX Runtime cannot load it ({reason})", path) from error

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
        """Return what the probabilities are made from."""
        inputs = {"input_ids": ids, "attention_mask": mask}
        if cases is not None:
            inputs["token_type_ids"] = cases
        result: NDArray[np.float32] = self._session.run(["logits"], inputs)[0]
        return result


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
