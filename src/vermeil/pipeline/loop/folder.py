"""Paths of the files of a loop, in the folder ``loop`` of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RoundFolder:
    """Files of one round.

    Args:
        path: the folder, which is also that of its review.
    """

    path: Path

    @property
    def for_teacher(self) -> Path:
        """Documents of the pool that the teacher annotates from this round on."""
        return self.path / "for-teacher.jsonl"

    @property
    def for_person(self) -> Path:
        """Order of the review, with reasons."""
        return self.path / "for-person.jsonl"

    @property
    def queue(self) -> Path:
        """Documents of the review, as they were when it began."""
        return self.path / "queue.jsonl"

    @property
    def decisions(self) -> Path:
        """Decision log of the review."""
        return self.path / "decisions.jsonl"

    @property
    def has_decisions(self) -> bool:
        """Return whether an annotator decided anything."""
        return self.decisions.exists() and self.decisions.stat().st_size > 0

    @property
    def gold(self) -> Path:
        """Reviewed documents that became gold."""
        return self.path / "gold.jsonl"

    @property
    def ended(self) -> Path:
        """Exists when the review has ended, with the reason."""
        return self.path / "ended.json"

    @property
    def scores(self) -> Path:
        """Counts of the student on dev, by group."""
        return self.path / "scores.json"


@dataclass(frozen=True, slots=True)
class LoopFolder:
    """Files of all rounds.

    Args:
        path: the folder.
    """

    path: Path

    @property
    def report(self) -> Path:
        """The rounds, see `vermeil.pipeline.loop.records.LoopReport`."""
        return self.path / "loop.json"

    @property
    def gold(self) -> Path:
        """Gold to train on: ``corpora.gold`` and the reviewed documents of all rounds."""
        return self.path / "gold.jsonl"

    @property
    def dev(self) -> Path:
        """Reviewed documents that serve as dev, if ``corpora.dev`` is not set."""
        return self.path / "dev.jsonl"

    @property
    def silver(self) -> Path:
        """Silver to train on, without the texts of a drawn dev."""
        return self.path / "silver.jsonl"

    @property
    def order(self) -> Path:
        """Documents of the pool that the teacher annotates, of all rounds."""
        return self.path / "for-teacher.jsonl"

    def round(self, number: int) -> RoundFolder:
        """Return the files of a round."""
        return RoundFolder(self.path / f"round-{number:03}")

    @property
    def rounds(self) -> list[RoundFolder]:
        """Return the files of all rounds that began, in order."""
        return [RoundFolder(path) for path in sorted(self.path.glob("round-*")) if path.is_dir()]
