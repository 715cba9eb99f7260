"""From what a stage's output was made, so that a stage whose inputs have not changed is skipped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel

from vermeil.data.atomic import write_json

Inputs = Mapping[str, str]
"""Name of an input, as shown to people, to a digest of it."""

_BLOCK = 1 << 20


def digest_section(section: BaseModel) -> str:
    """Return a digest of a section's values."""
    return hashlib.sha256(section.model_dump_json().encode()).hexdigest()


def digest_file(path: Path) -> str:
    """Return the digest of a file's bytes, or of all files below a folder; of nothing: ``""``."""
    if not path.exists():
        return ""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        if file != path:
            digest.update(str(file.relative_to(path)).encode() + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


class StageLog:
    """``stages.json`` in the folder of results: stage to the inputs of its last whole run."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "stages.json"

    def why_stale(self, stage: str, inputs: Inputs, outputs: Iterable[Path]) -> str | None:
        """Return why a stage has to run, in words; None if its output stands."""
        made_from = self._read().get(stage)
        if made_from is None:
            return "not done yet"
        missing = [path.name for path in outputs if not path.exists()]
        if missing:
            return f"{', '.join(missing)} missing"
        changed = [name for name in inputs if made_from.get(name) != inputs[name]]
        changed += [name for name in made_from if name not in inputs]
        return f"{', '.join(changed)} changed" if changed else None

    def record(self, stage: str, inputs: Inputs) -> None:
        """Remember that a stage was done whole from these inputs."""
        write_json(self._path, {**self._read(), stage: dict(inputs)})

    def forget(self, stage: str) -> None:
        """Remember that a stage's output is not to be relied on."""
        stages = self._read()
        if stages.pop(stage, None) is not None:
            write_json(self._path, stages)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            stages = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # unknown is stale: the stage runs again
        return stages if isinstance(stages, dict) else {}
