"""GGUF files written by hand: heads without weights, and a tiny language model.

Run as a program, it writes the model, for an engine with a Python of its own: gguf_files.py FILE
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

Value: TypeAlias = bool | int | float | str | Sequence[str] | Sequence[int] | Sequence[float]

WIDTH, INNER, LAYERS, HEADS, CONTEXT = 64, 128, 2, 4, 4096
_ALIGNMENT = 32
_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
"""Types of values in GGUF."""
_UNKNOWN, _CONTROL, _BYTE = 2, 3, 6
"""Types of tokens in GGUF."""

SMALL: Mapping[str, Value] = {
    "general.architecture": "llama",
    "general.name": "Small",
    "tokenizer.ggml.tokens": ["<s>", "größe", ""],
    "tokenizer.ggml.token_type": [3, 1, 1],
    "llama.context_length": 2048,
    "llama.embedding_length": 512,
    "llama.block_count": 4,
    "llama.attention.head_count": 8,
    "llama.attention.head_count_kv": 2,
    "llama.attention.layer_norm_rms_epsilon": 1e-5,
}
"""Metadata of a small model."""


def gguf_head(values: Mapping[str, Value], version: int = 3, tensors: int = 0) -> bytes:
    """Return the head of a GGUF file, without the list of its tensors."""
    entries = b"".join(_string(key) + _value(value) for key, value in values.items())
    return b"GGUF" + struct.pack("<IQQ", version, tensors, len(values)) + entries


def write_tiny_model(path: Path) -> None:
    """Write a language model with random weights, which writes random bytes."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    values: dict[str, Value] = {
        "general.architecture": "llama",
        "llama.context_length": CONTEXT,
        "llama.embedding_length": WIDTH,
        "llama.block_count": LAYERS,
        "llama.feed_forward_length": INNER,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": HEADS,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [0.0] * len(tokens),
        "tokenizer.ggml.token_type": [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * 256],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        # Otherwise the first token of a grammar is not that of the chat template's own text.
        "tokenizer.ggml.add_space_prefix": False,
    }
    weights = _weights(len(tokens))
    infos, offset = [], 0
    for name, array in weights.items():
        shape = array.shape[::-1]
        sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        infos.append(_string(name) + sizes + struct.pack("<IQ", 0, offset))
        offset += len(_aligned(array.tobytes()))
    head = gguf_head(values, tensors=len(weights)) + b"".join(infos)
    path.write_bytes(_aligned(head) + b"".join(_aligned(a.tobytes()) for a in weights.values()))


def _weights(vocabulary: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd": (vocabulary, WIDTH),
        "output_norm": (WIDTH,),
        "output": (vocabulary, WIDTH),
    }
    for layer in range(LAYERS):
        shapes |= {f"blk.{layer}.{name}": (WIDTH,) for name in ("attn_norm", "ffn_norm")}
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"blk.{layer}.{name}"] = (WIDTH, WIDTH)
        shapes |= {f"blk.{layer}.{name}": (INNER, WIDTH) for name in ("ffn_gate", "ffn_up")}
        shapes[f"blk.{layer}.ffn_down"] = (WIDTH, INNER)
    return {
        f"{name}.weight": (
            np.ones(shape) if len(shape) == 1 else random.normal(0, 0.1, shape)
        ).astype(np.float32)
        for name, shape in shapes.items()
    }


def _aligned(content: bytes) -> bytes:
    return content + bytes(-len(content) % _ALIGNMENT)


def _string(text: str) -> bytes:
    content = text.encode()
    return struct.pack("<Q", len(content)) + content


def _value(value: Value) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    if isinstance(value, bool):
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", _UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", _FLOAT32, value)
    if isinstance(value[0], str):
        texts = b"".join(_string(str(one)) for one in value)
        return struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + texts
    kind, form = (_FLOAT32, "f") if isinstance(value[0], float) else (_INT32, "i")
    return struct.pack(f"<IIQ{len(value)}{form}", _ARRAY, kind, len(value), *value)


if __name__ == "__main__":
    write_tiny_model(Path(sys.argv[1]))
