"""Where things lie in a run's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Places:
    """The paths below ``run.output``."""

    folder: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.folder / "config.toml"

    @property
    def stages(self) -> Path:
        """What the output of each stage was made from."""
        return self.folder / "stages.json"

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
    def judging(self) -> Path:
        """What students say about documents that they did not learn from."""
        return self.folder / "judging"

    @property
    def ranking(self) -> Path:
        """Silver documents in the order in which a person should look at them."""
        return self.folder / "ranking.jsonl"

    def selection(self, verb: Literal["select", "refine"]) -> tuple[Path, Path]:
        """Return the silver that `select` or `refine` writes, and the account of it."""
        name, account = {
            "select": ("selected", "selection"),
            "refine": ("refined", "refinement"),
        }[verb]
        return self.folder / f"{name}.jsonl", self.folder / f"{account}.json"

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
