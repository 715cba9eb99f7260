"""Language models in GGUF files: search, and the metadata that memory and context depend on."""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from vermeil.errors import ConfigError, DataError
from vermeil.teacher.config import TeacherConfig

FOLDER_VARIABLE = "VERMEIL_GGUF"
"""Environment variable of a folder with GGUF files."""
_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MAX_ENTRIES = 100_000
_MAX_STRING = 1 << 24
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
"""Format characters of the scalar types of GGUF."""
_STRING, _ARRAY = 8, 9
_LATER_PART = re.compile(r"-(?!00001-)\d{5}-of-\d{5}\.gguf$")
"""End of the name of a later part of a model in several files; an engine opens the first one."""
_HALF_BYTES = 2
"""Bytes of a number in the engine's cache of keys and values."""


@dataclass(frozen=True, slots=True)
class GgufModel:
    """A language model in a GGUF file.

    Args:
        path: the file; of a model in several files the first one.
        size: bytes of all its files.
        name: name in the metadata; empty: none.
        architecture: for example ``qwen2``.
        trained_context: largest context of the model, in tokens; 0: not given.
        cache_per_token: bytes of keys and values of one token; 0: not known.
    """

    path: Path
    size: int
    name: str
    architecture: str
    trained_context: int
    cache_per_token: int


def find_model(config: TeacherConfig) -> Path:
    """Return the file that ``teacher.model`` names: a GGUF file, or a folder with one.

    A relative path is searched in ``teacher.local.folder`` and in the folder that the environment
    variable VERMEIL_GGUF names.

    Raises:
        ConfigError: there is no such file, or a folder has none or several.
    """
    try:
        given = Path(config.model).expanduser()
    except RuntimeError as error:  # "~name" of an unknown user
        raise ConfigError(f"teacher.model: {config.model}: {error}; write the whole path") from None
    folders = [config.local.folder or Path()]
    if os.environ.get(FOLDER_VARIABLE):
        folders.append(Path(os.environ[FOLDER_VARIABLE]))
    candidates = dict.fromkeys(folder / given for folder in folders)
    found = next((path for path in candidates if path.exists()), None)
    if found is None:
        searched = ", ".join(str(path) for path in candidates)
        raise ConfigError(
            f"teacher.model: no file {config.model!r} (searched: {searched}); "
            'teacher.backend = "local" needs the path of a GGUF file. Vermeil downloads no model: '
            "`vermeil local list` shows tested ones and how to get them"
        )
    return _only_file_in(found) if found.is_dir() else found


def read_model(path: Path) -> GgufModel:
    """Return the metadata of a model, from the head of its file.

    Raises:
        DataError: the file is not GGUF, or is cut off.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path) from None
    return _read_model(path, (status.st_mtime_ns, status.st_size))


@lru_cache(maxsize=8)  # the head of a large model holds hundreds of thousands of words
def _read_model(path: Path, _state: tuple[int, int]) -> GgufModel:
    try:
        with path.open("rb") as file:
            values = _read_head(file)
    except (struct.error, ValueError, OverflowError, MemoryError) as error:
        raise DataError(
            f"not a complete GGUF file ({error}); download it again and compare its checksum", path
        ) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path) from None
    kind = str(values.get("general.architecture", ""))
    return GgufModel(
        path,
        sum(part.stat().st_size for part in _parts(path)),
        str(values.get("general.name", "")),
        kind,
        _number(values, f"{kind}.context_length"),
        _cache_per_token(values, kind),
    )


def _only_file_in(folder: Path) -> Path:
    files = [path for path in sorted(folder.glob("*.gguf")) if not _LATER_PART.search(path.name)]
    if len(files) == 1:
        return files[0]
    if not files:
        raise ConfigError(
            f"teacher.model: the folder {folder} has no GGUF file; `vermeil local list` shows "
            "tested models and how to get them"
        )
    names = ", ".join(path.name for path in files[:5])
    raise ConfigError(
        f"teacher.model: the folder {folder} has {len(files)} GGUF files ({names}); name one"
    )


def _parts(path: Path) -> list[Path]:
    """Return all files of a model."""
    match = re.search(r"-00001-(of-\d{5}\.gguf)$", path.name)
    if match is None:
        return [path]
    stem = path.name[: match.start()]
    pattern = re.compile(re.escape(stem) + r"-\d{5}-" + re.escape(match.group(1)))
    return [other for other in path.parent.iterdir() if pattern.fullmatch(other.name)]


def _read_head(file: IO[bytes]) -> dict[str, Any]:
    """Return the metadata; arrays are skipped and have the value None."""
    if file.read(4) != _MAGIC:
        raise ValueError("it does not begin with the letters GGUF")
    version, _, entries = _unpack(file, "<IQQ")
    if version not in _VERSIONS:
        raise ValueError(f"version {version} is not supported")
    if entries > _MAX_ENTRIES:
        raise ValueError(f"it names {entries} entries")
    values: dict[str, Any] = {}
    for _ in range(entries):
        key = _read_string(file)
        (kind,) = _unpack(file, "<I")
        values[key] = _read_value(file, kind)
    return values


def _read_value(file: IO[bytes], kind: int) -> Any:
    if kind == _STRING:
        return _read_string(file)
    if kind == _ARRAY:
        inner, length = _unpack(file, "<IQ")
        if inner in _SCALARS:
            file.seek(length * struct.calcsize(_SCALARS[inner]), os.SEEK_CUR)
        else:
            for _ in range(length):
                _read_value(file, inner)
        return None
    if kind not in _SCALARS:
        raise ValueError(f"unknown type {kind}")
    return _unpack(file, "<" + _SCALARS[kind])[0]


def _read_string(file: IO[bytes]) -> str:
    (length,) = _unpack(file, "<Q")
    if length > _MAX_STRING:
        raise ValueError(f"a string of {length} bytes")
    content = file.read(length)
    if len(content) < length:
        raise ValueError("it is cut off")
    return content.decode("utf-8", "replace")


def _unpack(file: IO[bytes], form: str) -> tuple[Any, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _number(values: dict[str, Any], key: str) -> int:
    value = values.get(key)
    return value if isinstance(value, int) and value > 0 else 0


def _cache_per_token(values: dict[str, Any], kind: str) -> int:
    """Return the bytes of keys and values of one token in all layers."""
    layers, width = (
        _number(values, f"{kind}.block_count"),
        _number(values, f"{kind}.embedding_length"),
    )
    heads = _number(values, f"{kind}.attention.head_count")
    shared_heads = _number(values, f"{kind}.attention.head_count_kv") or heads
    size = width // heads if heads else 0
    key_size = _number(values, f"{kind}.attention.key_length") or size
    value_size = _number(values, f"{kind}.attention.value_length") or size
    return layers * shared_heads * (key_size + value_size) * _HALF_BYTES
