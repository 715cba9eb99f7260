"""Export of the network to ONNX, in float32 and in dynamic int8."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from vermeil.errors import ExportError
from vermeil.student.network.rows import gives_states
from vermeil.telemetry import import_onnxruntime

if TYPE_CHECKING:
    from transformers import PreTrainedModel

OPSET = 17
"""Version of the operator set; ONNX Runtime has supported and fused it for years."""


def write_fp32(network: PreTrainedModel, path: Path, *, letter_case: bool) -> None:
    """Write the network as float32 ONNX, with dynamic number and length of windows.

    Args:
        network: a token or sequence classifier; it is moved to the processor.
        path: the file. Its output is ``logits``, and ``states`` if a pair head needs them.
        letter_case: whether the network takes token types.

    Raises:
        ExportError: ONNX cannot represent the encoder.
    """
    nn.Module.to(network, "cpu")
    network.set_attn_implementation("eager")
    network.train(False)
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if letter_case else [])]
    ids = torch.full((2, 9), 3)
    inputs = (ids, torch.ones_like(ids), torch.zeros_like(ids))[: len(names)]
    try:
        with _quiet():
            torch.onnx.export(
                _Outputs(network, names),
                inputs,
                str(path),
                input_names=names,
                output_names=["logits", "states"] if gives_states(network) else ["logits"],
                dynamic_axes={name: {0: "windows", 1: "wordpieces"} for name in names},
                opset_version=OPSET,
                dynamo=False,  # ONNX Runtime fuses these graphs and quantises them well
            )
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ExportError(
            f"a network of type {network.config.model_type} cannot be exported to ONNX ({reason}); "
            "train a student with another encoder"
        ) from error


def write_int8(source: Path, path: Path, *, per_channel: bool) -> None:
    """Write a float32 file with int8 weights; activations are quantised at run time.

    Args:
        source: a file that `write_fp32` wrote.
        path: the file to write.
        per_channel: use one scale per output channel instead of one per matrix.
    """
    quantization = import_onnxruntime("onnxruntime.quantization")
    with _quiet():
        quantization.quantize_dynamic(
            source, path, per_channel=per_channel, weight_type=quantization.QuantType.QInt8
        )


class _Outputs(nn.Module):
    """The network with positional inputs, and the logits, or logits and states, as output."""

    def __init__(self, network: PreTrainedModel, names: list[str]) -> None:
        super().__init__()
        self.network, self.names = network, names

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        named = dict(zip(self.names, inputs, strict=True))
        if gives_states(self.network):
            output = self.network(**named, output_hidden_states=True)
            return output.logits, output.hidden_states[-1]
        logits: torch.Tensor = self.network(**named).logits
        return logits


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress warnings about tracing and preprocessing; the export job measures parity."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
