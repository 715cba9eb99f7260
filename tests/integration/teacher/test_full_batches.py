"""Batches that are full: as many requests, or as many bytes, as a server takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.batch_server import BatchApi, BatchServer, batch_teacher

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.anthropic.batches import LIMITS as ANTHROPIC
from vermeil.teacher.backends.openai.batches import LIMITS as OPENAI
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.config import TeacherConfig

pytestmark = pytest.mark.slow
LIMITS = {"openai": (50_000, 200_000_000), "anthropic": (100_000, 256_000_000)}


@pytest.mark.parametrize(("backend", "limits"), [("openai", OPENAI), ("anthropic", ANTHROPIC)])
def test_limits_equal_the_published_ones(backend: BatchApi, limits: Any) -> None:
    assert (limits.max_requests, limits.max_bytes) == LIMITS[backend]


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_one_request_more_than_a_batch_holds_makes_a_second_one(
    backend: BatchApi, api: BatchServer, task: Task, store: Path
) -> None:
    most, size = LIMITS[backend]
    documents = [Document(f"d{i}", f"Text {i}.") for i in range(most + 1)]
    report = annotate(documents, task, patient(api, backend), store)
    assert report.states == {State.EMPTY: most + 1}
    assert [len(made.items) for made in api.made.values()] == [most, 1]
    assert max(api.sizes) <= size
    assert requests_in_batches(store) == [most, 1]


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_more_bytes_than_a_batch_holds_make_a_second_one(
    backend: BatchApi, api: BatchServer, task: Task, store: Path
) -> None:
    size, length = LIMITS[backend][1], 1_000_000
    # Two bytes a character, none of them escaped.
    number, text = size // length + 9, "é" * (length // 2)
    documents = [Document(f"d{i}", f"{i} {text}") for i in range(number)]
    report = annotate(documents, task, patient(api, backend), store)
    assert report.states == {State.EMPTY: len(documents)}
    first, second = (len(made.items) for made in api.made.values())
    assert first + second == len(documents)
    uploads = [n for n in api.sizes if n > length]
    assert len(uploads) == 2
    # Full to the last document that fits; and what the server got, frame and all, is not more.
    assert size - 1.01 * length < uploads[0] <= size
    assert requests_in_batches(store) == [first, second]


def patient(api: BatchServer, backend: BatchApi) -> TeacherConfig:
    return batch_teacher(api, backend).model_copy(update={"timeout": 300, "batch_poll": 0.5})


def requests_in_batches(store: Path) -> list[int]:
    with BatchStore(store) as batches:
        return [batch.requests for batch in batches.batches()]
