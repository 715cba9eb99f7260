"""Engines that keep running between the runs of one job."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.gguf_files import write_tiny_model
from tests.integration.teacher.local_engine import teacher, wait_for_end

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.reply import State
from vermeil.jobs.annotate import annotate
from vermeil.pipeline.optimize.optimize import optimize
from vermeil.prompting.config import OptimizeConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.backends.local.engine_pool import ENGINE_POOL, EnginePool
from vermeil.teacher.backends.local.engines import Engine
from vermeil.teacher.backends.local.layout import EngineLayout
from vermeil.teacher.backends.registry import keep_servers

pytest.importorskip("xllamacpp", reason="the engine xllamacpp is not installed")

DOCUMENTS = [
    Document(f"d{i}", f"Ann left {i}.", annotation=Annotation((Span(0, 3, "PER"),)))
    for i in range(8)
]
TASK = make_task(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a tiny model with random weights."""
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write_tiny_model(path)
    return path


def engines() -> list[int]:
    """Return the process ids of the kept engines."""
    groups = ENGINE_POOL.kept()
    return [process.pid for group in groups for process in group.processes if process.pid]


def test_engine_runs_until_the_end_of_the_outermost_block(model: Path, tmp_path: Path) -> None:
    store = tmp_path / "replies.sqlite"
    with keep_servers():
        with keep_servers():
            annotate(DOCUMENTS[:2], TASK, teacher(model), store)
            first = engines()
        annotate(DOCUMENTS, TASK, teacher(model), store)
        assert len(first) == 1
        assert engines() == first
    assert engines() == []
    wait_for_end(first[0])


def test_kept_engine_that_crashed_is_started_again(model: Path, tmp_path: Path) -> None:
    store = tmp_path / "replies.sqlite"
    with keep_servers():
        annotate(DOCUMENTS[:2], TASK, teacher(model), store)
        (pid,) = engines()
        os.kill(pid, signal.SIGKILL)
        wait_for_end(pid)
        report = annotate(DOCUMENTS, TASK, teacher(model), store)
        assert sum(report.states.values()) == len(DOCUMENTS)
        assert State.FAILED not in report.states
        assert engines() != [pid]


def test_engine_that_did_not_start_is_not_kept(tmp_path: Path) -> None:
    pool = EnginePool()
    with pool.keep():
        group = pool.take(Engine("xllamacpp", "x"), tmp_path, (EngineLayout(1, 1, 1, 64),))
        assert pool.kept() == (group,)
        pool.release(group)
        assert pool.kept() == ()


def test_coach_and_teacher_share_one_engine(model: Path, tmp_path: Path) -> None:
    seen: set[int] = set()

    def progress(stage: str, done: int, total: int | None, detail: Mapping[str, Any]) -> None:
        seen.update(engines())

    config = OptimizeConfig(folds=2, documents=4, rounds=1, rules=1, resamples=100, max_calls=200)
    held = teacher(model, structured="json_schema", temperature=0.0)
    optimize(DOCUMENTS, TASK, held, config, tmp_path / "r.sqlite", progress)
    assert len(seen) == 1
    assert engines() == []
