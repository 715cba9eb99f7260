"""Small trainings that the page starts: real students, in a process of their own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("torch")

from tests.review_page import Client, marked, review_host

from vermeil.data.document import Document
from vermeil.serving.review.config import ReviewConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob

NAMES = ("Bo", "Al", "Cy", "Di")
PLACES = ("Rome", "Oslo", "Lima", "Bonn")


def sentences(number: int, prefix: str) -> list[Document]:
    found = []
    for i in range(number):
        name, place = NAMES[i % 4], PLACES[(i // 4) % 4]
        text = f"{name} went to {place} on day {prefix}{i}"
        found.append(marked(f"{prefix}{i}", text, (name, "PER"), (place, "LOC")))
    return found


def finish(client: Client, name: str) -> None:
    items = client.document(name)["items"]
    after = {
        key: {**item, "status": "accepted"} for key, item in items.items() if key != "document"
    }
    after["document"] = {**items["document"], "state": "done"}
    body = {"id": name, "action": "finish", "before": items, "after": after, "seconds": 60}
    assert client.post("/api/decision", body).status == 200


def wait(client: Client) -> dict[str, Any]:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        status = client.get("/api/training").body
        if status["phase"] != "running":
            return dict(status)
        time.sleep(0.2)
    raise AssertionError("the training did not end")


@pytest.mark.slow
def test_a_training_shows_the_gain_and_ranks_the_rest(
    tmp_path: Path, task: Task, encoder: Path
) -> None:
    student = StudentConfig.model_validate({"encoder": str(encoder)})
    job = TrainJob(gold=sentences(4, "g"), dev=sentences(16, "d"), task=task, student=student)
    config = ReviewConfig(training_wordpieces=1_500, resamples=200)
    queue = sentences(24, "q")
    with review_host(queue, task, tmp_path, config, job) as host:
        client = host.client()
        assert client.post("/api/training").status == 409  # no document is finished
        for document in queue[:8]:
            finish(client, document.id)
        started = client.post("/api/training")
        assert started.body["phase"] == "running"
        assert client.post("/api/training").status == 409
        first = wait(client)
        assert (first["phase"], first["problem"]) == ("done", None)
        (result,) = first["results"]
        assert (result["documents"], result["minutes"]) == (8, 8.0)
        assert result["difference"] == pytest.approx(result["after"] - result["before"])
        assert result["low"] <= result["difference"] <= result["high"]
        assert result["gain_per_minute"] == pytest.approx(result["difference"] / 8)
        assert set(host.context.queue.documents) == {document.id for document in queue}
        assert client.post("/api/next").body["next"] not in {document.id for document in queue[:8]}
        client.post("/api/training")
        second = wait(client)
    assert [one["before"] for one in second["results"]] == [result["before"]] * 2


@pytest.mark.slow
def test_a_failed_training_and_a_missing_dev_are_explained(
    tmp_path: Path, task: Task, encoder: Path
) -> None:
    student = StudentConfig.model_validate({"encoder": str(tmp_path / "none")})
    job = TrainJob(dev=sentences(4, "d"), task=task, student=student)
    queue = sentences(2, "q")
    with review_host(queue, task, tmp_path / "a", job=job) as host:
        client = host.client()
        finish(client, "q0")
        assert client.post("/api/training").status == 200
        status = wait(client)
        assert status["phase"] == "failed"
        assert "none" in status["problem"]
    without = TrainJob(gold=queue, task=task, student=student)
    with review_host(queue, task, tmp_path / "b", job=without) as host:
        reason = host.client().get("/api/task").body["training"]
    assert reason.startswith("corpora.dev is not set")


def test_the_page_ends_while_a_training_runs(tmp_path: Path, task: Task, encoder: Path) -> None:
    student = StudentConfig.model_validate({"encoder": str(encoder)})
    job = TrainJob(gold=sentences(8, "g"), dev=sentences(4, "d"), task=task, student=student)
    config = ReviewConfig(training_wordpieces=10_000_000)
    with review_host(sentences(2, "q"), task, tmp_path, config, job) as host:
        client = host.client()
        finish(client, "q0")
        assert client.post("/api/training").body["phase"] == "running"
    assert host.context.training.status.phase in ("running", "failed")
