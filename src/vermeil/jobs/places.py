"""Where things lie in a run's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The paths below ``run.output``."""

    folder: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.folder / "config.toml"

    @property
    def replies(self) -> Path:
        """Every reply, verbatim."""
        return self.folder / "replies.sqlite"

    @property
    def silver(self) -> Path:
        """What the replies say, located."""
        return self.folder / "silver.jsonl"

    @property
    def located(self) -> Path:
        """States of all documents, statuses of all mentions."""
        return self.folder / "locate.json"

    @property
    def model(self) -> Path:
        """The student."""
        return self.folder / "model"

    @property
    def evaluation(self) -> Path:
        """Scores of the student."""
        return self.folder / "evaluation.json"

    @property
    def study(self) -> Path:
        """Folder of the study."""
        return self.folder / "study"
