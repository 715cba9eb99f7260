"""The ``[run]`` section."""

from __future__ import annotations

from pathlib import Path

from vermeil.section import Section


class RunConfig(Section):
    """Where results go, and the seed of everything that is drawn."""

    output: Path = Path("vermeil-run")
    """Folder of all results; relative to the folder of vermeil.toml."""
    seed: int = 0
    """Seed of `vermeil run` and `vermeil train`; a study has seeds of its own."""
