"""A small project: real sentences, a replayed teacher, a tiny encoder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from vermeil.teacher.replay.server import ReplayServer


def take(source: Path, number: int, target: Path) -> None:
    """Copy the first documents of a file."""
    with source.open(encoding="utf-8") as lines:
        target.write_text("".join(islice(lines, number)), encoding="utf-8")


@pytest.fixture(scope="session")
def teacher(newswire: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayServer]:
    """A teacher that answers from recorded replies."""
    with ReplayServer({"recorded": newswire / "replies.standard.jsonl"}) as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, newswire: Path, encoder: Path, teacher: ReplayServer) -> Path:
    """Folder of a project; its ``vermeil.toml`` is complete."""
    for name, number in (("train", 12), ("pool", 15), ("test", 8)):
        take(newswire / f"{name}.jsonl", number, tmp_path / f"{name}.jsonl")
    labels = "\n".join(f"[task.labels.{name}]" for name in ("PER", "ORG", "LOC", "MISC"))
    (tmp_path / "vermeil.toml").write_text(
        f"""{labels}
[corpora]
gold = "train.jsonl"
pool = "pool.jsonl"
test = "test.jsonl"
[teacher]
base_url = {json.dumps(teacher.base_url)}
model = "recorded"
[student]
encoder = {json.dumps(str(encoder))}
threads = 1
[blending.budget]
name = "equal"
wordpieces = 1500
""",
        encoding="utf-8",
    )
    return tmp_path
