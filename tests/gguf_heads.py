"""Heads of GGUF files, written by hand: metadata without weights."""

from __future__ import annotations

import struct
from collections.abc import Mapping

Value = int | float | str | list[str] | list[int]


def _string(text: str) -> bytes:
    content = text.encode()
    return struct.pack("<Q", len(content)) + content


def _value(value: Value) -> bytes:
    match value:
        case str():
            return struct.pack("<I", 8) + _string(value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case [str(), *_]:
            texts = b"".join(_string(str(one)) for one in value)
            return struct.pack("<IIQ", 9, 8, len(value)) + texts
        case _:
            numbers = struct.pack(f"<{len(value)}I", *value)
            return struct.pack("<IIQ", 9, 4, len(value)) + numbers


def gguf_head(values: Mapping[str, Value], version: int = 3) -> bytes:
    """Return the head of a GGUF file without tensors."""
    entries = b"".join(_string(key) + _value(value) for key, value in values.items())
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(values)) + entries


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
