"""The cache of class probabilities: stored values, and the keys of files of version 0.1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.tiny import make_encoder

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.refinement.cache import ProbabilityCache, cache_key
from vermeil.student.config import StudentConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.training.job import TrainJob

DOCUMENTS = [
    Document("a", "Bo é here", annotation=Annotation((Span(0, 2, "PER"),))),
    Document("b", "x\ny"),
]


@pytest.mark.parametrize(
    ("blending", "expected"),
    [
        ({}, "5b07eae2f50d1dc3"),
        (
            {"regimen": "auto", "budget": {"gold_fraction": 0.3, "name": "equal"}},
            "6f9739f1811bc6f5",
        ),
        (
            {"regimen": "schedule", "rate": 1e-5, "budget": {"silver_epochs": 1 / 3}},
            "e697aace451d3be7",
        ),
    ],
)
def test_keys_are_those_of_version_0_1(blending: dict[str, Any], expected: str) -> None:
    budget = {"gold_epochs": 8, "silver_epochs": 3, **blending.get("budget", {})}
    blending = {**blending, "budget": budget}
    config = TaskConfig.model_validate({"labels": {"PER": {"description": "é"}, "LOC": {}}})
    job = TrainJob(
        task=make_task(config),
        student=StudentConfig(threads=3),
        blending=BlendingConfig.model_validate(blending),
        seed=8,
    )
    assert cache_key("x:1", (DOCUMENTS,), job) == expected


def test_a_key_depends_on_the_files_of_the_encoder(tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "encoder")
    job = TrainJob(
        task=make_task(TaskConfig.model_validate({"labels": {"PER": {}}})),
        student=StudentConfig(encoder=str(encoder)),
    )
    before = cache_key("x:1", (DOCUMENTS,), job)
    (encoder / "README.md").write_text("Notes.")
    assert cache_key("x:1", (DOCUMENTS,), job) == before
    tokenizer = encoder / "tokenizer_config.json"
    tokenizer.write_text(tokenizer.read_text("utf-8") + " ", "utf-8")
    assert cache_key("x:1", (DOCUMENTS,), job) != before


def test_probabilities_are_computed_once(tmp_path: Path) -> None:
    rows: dict[str, NDArray[np.float32]] = {
        "one": np.array([[0.25, 0.75], [1, 0]], np.float32),
        "no words": np.zeros((0, 2), np.float32),
        "two": np.array([[0.5, 0.5]], np.float32),
    }
    calls = []

    def compute() -> Iterator[tuple[str, NDArray[np.float32]]]:
        calls.append(1)
        yield from rows.items()

    cache = ProbabilityCache(tmp_path / "judging")
    for _ in range(2):
        found = cache.get("name", compute)
        assert found.keys() == rows.keys()
        for document, values in rows.items():
            np.testing.assert_array_equal(found[document], values)
    assert len(calls) == 1
    assert [path.name for path in cache.folder.iterdir()] == ["name.npz"]
