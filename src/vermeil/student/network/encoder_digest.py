"""Digest of an encoder's files, for the keys of results that depend on its weights."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from transformers import AutoConfig

from vermeil.data.sha256 import sha256_of
from vermeil.student.network.encoder import find_encoder
from vermeil.student.network.network import quiet_transformers, translate_load_errors

_WITHOUT_EFFECT = frozenset(
    {"readme.md", "license", "license.txt", "training.json", "training.jsonl"}
)
"""Files of an encoder that do not decide its output, in lower case."""

_FileStates = tuple[tuple[str, int, int], ...]


def encoder_digest(name: str) -> str:
    """Return a digest of the files of an encoder: weights, configuration and tokenizer.

    For an encoder of the Hub, it is the digest of its name and commit.

    Args:
        name: ``embedded``, a folder, or a Hub id.

    Raises:
        ConfigError: the encoder cannot be found.
    """
    source = find_encoder(name)
    folder = Path(source)
    if folder.is_dir():
        return _folder_digest(folder.resolve(), _file_states(folder))
    return hashlib.sha256(f"{source}@{_commit(source)}".encode()).hexdigest()


def _file_states(folder: Path) -> _FileStates:
    """Return name, size and time of change of the files that decide the encoder's output."""
    states = []
    for path in sorted(folder.iterdir()):
        name = path.name.lower()
        if name.startswith(".") or name in _WITHOUT_EFFECT:
            continue
        if path.is_file():
            state = path.stat()
            states.append((path.name, state.st_size, state.st_ctime_ns))
    return tuple(states)


@lru_cache(maxsize=16)
def _folder_digest(folder: Path, states: _FileStates) -> str:
    """Return the digest of the files in a folder; their states are part of the cache's key."""
    digest = hashlib.sha256()
    for name, _, _ in states:
        digest.update(f"{name}\0{sha256_of(folder / name)}\n".encode())
    return digest.hexdigest()


@lru_cache(maxsize=16)
def _commit(name: str) -> str:
    """Return the commit of an encoder of the Hub; empty if transformers does not know it."""
    with quiet_transformers(), translate_load_errors(name):
        config = AutoConfig.from_pretrained(name, trust_remote_code=False)
    return str(getattr(config, "_commit_hash", None) or "")
