"""Keys of requests in the reply store."""

from __future__ import annotations


def head_of(key: str) -> int:
    """Return the first 47 bits of a key, which are indexed; 0 for an empty key.

    This index has a fifth of the size of an index of whole keys, so that most of it stays in
    memory: keys are in random order, so each lookup reads another page. SQLite stores 47 bits and a
    sign in six bytes.
    """
    return int(key[:12] or "0", 16) >> 1
