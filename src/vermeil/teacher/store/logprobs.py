"""Log-probabilities as the reply store keeps them: a few bytes for each token."""

from __future__ import annotations

import zlib

import numpy as np

from vermeil.data.logprobs import DIGITS, Logprobs

_UNIT = 10**DIGITS
_WHOLE = "<i8"


def encode_logprobs(logprobs: Logprobs | None) -> bytes | None:
    """Return the compressed lengths of the tokens, then their values as whole numbers."""
    if logprobs is None:
        return None
    lengths = np.diff(np.array(logprobs.ends, np.int64), prepend=0)
    values = np.rint(np.array(logprobs.values, np.float64) * _UNIT)
    return zlib.compress(np.stack([lengths, values]).astype(_WHOLE).tobytes())


def decode_logprobs(blob: bytes | None) -> Logprobs | None:
    """Return what was packed."""
    if blob is None:
        return None
    lengths, values = np.frombuffer(zlib.decompress(blob), _WHOLE).reshape(2, -1)
    return Logprobs(tuple(np.cumsum(lengths).tolist()), tuple((values / _UNIT).tolist()))
