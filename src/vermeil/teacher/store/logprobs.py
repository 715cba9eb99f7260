"""Compressed log-probabilities of the reply store: a few bytes per token."""

from __future__ import annotations

import zlib

import numpy as np

from vermeil.data.logprobs import DIGITS, Logprobs

_SCALE = 10**DIGITS
_INTEGER = "<i8"


def encode_logprobs(logprobs: Logprobs | None) -> bytes | None:
    """Return the lengths of the tokens and their scaled values, compressed as integers."""
    if logprobs is None:
        return None
    lengths = np.diff(np.array(logprobs.ends, np.int64), prepend=0)
    values = np.rint(np.array(logprobs.values, np.float64) * _SCALE)
    return zlib.compress(np.stack([lengths, values]).astype(_INTEGER).tobytes())


def decode_logprobs(blob: bytes | None) -> Logprobs | None:
    """Return the log-probabilities that `encode_logprobs` compressed."""
    if blob is None:
        return None
    lengths, values = np.frombuffer(zlib.decompress(blob), _INTEGER).reshape(2, -1)
    return Logprobs(tuple(np.cumsum(lengths).tolist()), tuple((values / _SCALE).tolist()))
