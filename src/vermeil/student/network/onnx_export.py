"""Writing the network as ONNX: float32, and dynamic int8 made from it."""

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
from vermeil.telemetry import import_onnxruntime

if TYPE_CHECKING:
    from transformers import PreTrainedModel

OPSET = 17
"""Operators that ONNX Runtime has known for years, and can fuse."""


def write_fp32(network: PreTrainedModel, path: Path, *, letter_case: bool) -> None:
    """Write the network; number and length of its windows stay free.

    Args:
        network: a token or sequence classifier; it is moved to the processor.
        path: the file.
        letter_case: whether it takes token types.

    Raises:
        ExportError: the encoder has something that cannot be written.
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
                _Logits(network, names),
                inputs,
                str(path),
                input_names=names,
                output_names=["logits"],
                dynamic_axes={name: {0: "windows", 1: "wordpieces"} for name in names},
                opset_version=OPSET,
                dynamo=False,  # its graphs are those that ONNX Runtime fuses, and quantises well
            )
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ExportError(
            f"a network of type {network.config.model_type} cannot be written as ONNX ({reason})"
        ) from error


def write_int8(source: Path, path: Path, *, per_channel: bool) -> None:
    """Write a float32 file with int8 weights; activations are quantised as they come.

    Args:
        source: what `write_fp32` wrote.
        path: the file.
        per_channel: a scale per output channel instead of one per matrix.
    """
    quantization = import_onnxruntime("onnxruntime.quantization")
    with _quiet():
        quantization.quantize_dynamic(
            source, path, per_channel=per_channel, weight_type=quantization.QuantType.QInt8
        )


class _Logits(nn.Module):
    """The network with its inputs by position, and nothing but its logits as output."""

    def __init__(self, network: PreTrainedModel, names: list[str]) -> None:
        super().__init__()
        self.network, self.names = network, names

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(**dict(zip(self.names, inputs, strict=True))).logits
        return logits


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep remarks about tracing and preprocessing away; parity is measured, not hoped for."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
