"""Paths of the files in a run's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of the results of a run.

    Args:
        path: the folder, ``run.output``.
    """

    path: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.toml"

    @property
    def stages(self) -> Path:
        """Digests of the inputs of each stage."""
        return self.path / "stages.json"

    @property
    def replies(self) -> Path:
        """Every reply, verbatim."""
        return self.path / "replies.sqlite"

    @property
    def silver(self) -> Path:
        """Silver documents: the replies, parsed and located."""
        return self.path / "silver.jsonl"

    @property
    def locate_report(self) -> Path:
        """Report of ``locate``: states of the documents, statuses of the mentions."""
        return self.path / "locate.json"

    @property
    def scorer_cache(self) -> Path:
        """Folder of out-of-fold predictions of the scorers."""
        return self.path / "judging"

    @property
    def ranking(self) -> Path:
        """Silver documents, the ones most in need of review first."""
        return self.path / "ranking.jsonl"

    def order(self, annotator: Literal["teacher", "person"]) -> Path:
        """Return the file with the documents that `rank` chose for the teacher or a person."""
        return self.path / f"for-{annotator}.jsonl"

    def curated_files(self, verb: Literal["select", "refine"]) -> tuple[Path, Path]:
        """Return the silver file and the report file of `select` or `refine`."""
        silver, report = {
            "select": ("selected", "selection"),
            "refine": ("refined", "refinement"),
        }[verb]
        return self.path / f"{silver}.jsonl", self.path / f"{report}.json"

    @property
    def model(self) -> Path:
        """Model folder of the student."""
        return self.path / "model"

    @property
    def evaluation(self) -> Path:
        """Scores of the student."""
        return self.path / "evaluation.json"

    @property
    def optimize(self) -> Path:
        """Folder of the optimisation of the prompt."""
        return self.path / "optimize"

    @property
    def study(self) -> Path:
        """Folder of the study."""
        return self.path / "study"

    @property
    def review(self) -> Path:
        """Folder of the review: decisions of the annotators, and their gold."""
        return self.path / "review"

    @property
    def loop(self) -> Path:
        """Folder of the loop: its rounds, and gold of all of them."""
        return self.path / "loop"
