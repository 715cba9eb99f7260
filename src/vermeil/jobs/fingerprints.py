"""Digests of the inputs of each stage; a stage whose inputs have not changed is skipped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel

from vermeil.data.atomic import write_json

Inputs = Mapping[str, str]
"""Displayed name of an input to its digest."""

_BLOCK = 1 << 20
_WITHOUT_EFFECT = {"stop_after_failures", "annotate_gold", "terms"}
"""Keys without an effect on the output of a stage, or whose effect is an input of its own."""


def digest_section(section: BaseModel) -> str:
    """Return a digest of a section's values."""
    return digest_text(section.model_dump_json(exclude=_WITHOUT_EFFECT))


def digest_text(text: str) -> str:
    """Return the digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_file(path: Path, *, without: Collection[str] = ()) -> str:
    """Return the digest of a file or of all files below a folder; ``""`` if it is missing.

    Args:
        path: the file or folder.
        without: names of files of the folder that do not count.
    """
    if not path.exists():
        return ""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        if file.name in without:
            continue
        if file != path:
            digest.update(str(file.relative_to(path)).encode() + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


class StageLog:
    """The file ``stages.json`` of a run folder: stage to the inputs of its last complete run.

    Args:
        folder: the run folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "stages.json"

    def why_stale(self, stage: str, inputs: Inputs, outputs: Iterable[Path]) -> str | None:
        """Return in words why a stage has to run; None if its output is up to date.

        Args:
            stage: name of the stage.
            inputs: its current inputs.
            outputs: the files that it writes.
        """
        recorded = self._read().get(stage)
        if recorded is None:
            return "not done yet"
        missing = [path.name for path in outputs if not path.exists()]
        if missing:
            return f"{', '.join(missing)} missing"
        changed = [name for name in inputs if recorded.get(name) != inputs[name]]
        changed += [name for name in recorded if name not in inputs]
        return f"{', '.join(changed)} changed" if changed else None

    def record(self, stage: str, inputs: Inputs) -> None:
        """Store the inputs of a complete run of a stage."""
        write_json(self._path, {**self._read(), stage: dict(inputs)})

    def forget(self, stage: str) -> None:
        """Remove a stage, so that its output counts as stale."""
        stages = self._read()
        if stages.pop(stage, None) is not None:
            write_json(self._path, stages)

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            stages = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}  # an unreadable log makes every stage stale
        if not isinstance(stages, dict):
            return {}
        return {name: inputs for name, inputs in stages.items() if isinstance(inputs, dict)}
