"""Where things lie in a run's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths below ``run.output``."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.toml"

    @property
    def stages(self) -> Path:
        """What the output of each stage was made from."""
        return self.path / "stages.json"

    @property
    def replies(self) -> Path:
        """Every reply, verbatim."""
        return self.path / "replies.sqlite"

    @property
    def silver(self) -> Path:
        """What the replies say, located."""
        return self.path / "silver.jsonl"

    @property
    def locate_report(self) -> Path:
        """States of all documents, statuses of all mentions."""
        return self.path / "locate.json"

    @property
    def scorer_cache(self) -> Path:
        """What students say about documents that they did not learn from."""
        return self.path / "judging"

    @property
    def ranking(self) -> Path:
        """Silver documents in the order in which a person should look at them."""
        return self.path / "ranking.jsonl"

    def curated_files(self, verb: Literal["select", "refine"]) -> tuple[Path, Path]:
        """Return the silver that `select` or `refine` writes, and the account of it."""
        name, account = {
            "select": ("selected", "selection"),
            "refine": ("refined", "refinement"),
        }[verb]
        return self.path / f"{name}.jsonl", self.path / f"{account}.json"

    @property
    def model(self) -> Path:
        """The student."""
        return self.path / "model"

    @property
    def evaluation(self) -> Path:
        """Scores of the student."""
        return self.path / "evaluation.json"

    @property
    def study(self) -> Path:
        """Folder of the study."""
        return self.path / "study"
