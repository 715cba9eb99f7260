"""Batch runs that are killed or interrupted at every step: nothing is lost, nothing paid twice."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.integration.teacher.batch_server import BatchServer, batch_teacher

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.config import TeacherConfig

NUMBER = 550
SCRIPT = f"""
import sys
from pathlib import Path
from vermeil.cli.ui.progress import PlainProgress
from vermeil.data.document import Document
from vermeil.jobs.annotate import annotate
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

config, store = sys.argv[1:]
task = make_task(TaskConfig(labels={{"PER": {{}}, "LOC": {{}}}}))
documents = [Document(f"d{{i}}", f"Text number {{i}}.") for i in range({NUMBER})]
teacher = TeacherConfig.model_validate_json(config)
annotate(documents, task, teacher, Path(store), PlainProgress())
"""
DOCUMENTS = [Document(f"d{i}", f"Text number {i}.") for i in range(NUMBER)]


@pytest.fixture(params=["openai", "anthropic"])
def teacher(request: pytest.FixtureRequest, api: BatchServer) -> TeacherConfig:
    return batch_teacher(api, request.param).model_copy(update={"timeout": 600})


def start(teacher: TeacherConfig, store: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, teacher.model_dump_json(), str(store)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )


def wait_until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    give_up = time.monotonic() + 60
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < give_up, "the run does not get on"
        time.sleep(0.01)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def stored(store: Path) -> int:
    with closing(sqlite3.connect(store)) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'attempts'").fetchone():
            return 0
        return int(
            db.execute("SELECT COUNT(*) FROM attempts WHERE reply IS NOT NULL").fetchone()[0]
        )


def phases(store: Path) -> list[str]:
    with BatchStore(store) as batches:
        return [batch.phase.value for batch in batches.batches()]


def check_resumed(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, batches: int
) -> None:
    """Run again; nothing may be asked twice, every document ends once."""
    report = annotate(DOCUMENTS, task, teacher, store)
    assert report.states == {State.EMPTY: NUMBER}
    assert len(api.made) == batches
    assert sorted(api.asked) == sorted(d.text for d in DOCUMENTS)
    assert stored(store) == NUMBER


def test_killed_between_intent_and_id_the_batch_is_found_again(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    api.faults.creating = [0]
    process = start(teacher, store)
    wait_until(lambda: bool(api.made), process)
    kill(process)
    assert phases(store) == ["intended"]
    # Others use the account, too: batches of as many requests, older and newer.
    made = next(iter(api.made.values()))
    others = [api.make(made.items, "another") for _ in range(2)] if made.label else []
    check = len(others) + 1
    report = annotate(DOCUMENTS, task, teacher, store)
    assert report.states == {State.EMPTY: NUMBER}
    assert len(api.made) == check
    assert (report.ask_report.sent, stored(store)) == (0, NUMBER)
    assert phases(store) == ["harvested"]


def test_killed_before_anything_was_sent_the_batch_is_made_anew(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    api.faults.creating = [-1]
    process = start(teacher, store)
    wait_until(lambda: not api.faults.creating, process)  # the whole request has come
    kill(process)
    assert phases(store) == ["intended"]
    assert not api.made
    check_resumed(api, task, teacher, store, batches=1)
    assert phases(store) == ["lost", "harvested"]


def test_killed_while_waiting_the_batch_is_collected(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    api.faults.looks = 10_000
    process = start(teacher, store)
    wait_until(lambda: any(made.looks > 1 for made in api.made.values()), process)
    kill(process)
    assert phases(store) == ["running"]
    api.faults.looks = 1
    check_resumed(api, task, teacher, store, batches=1)


def test_killed_while_results_come_what_came_is_kept_and_the_rest_collected(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    api.faults.stalling = [0.95]
    process = start(teacher, store)
    wait_until(lambda: store.exists() and stored(store) > 0, process)
    kill(process)
    assert 0 < stored(store) < NUMBER
    check_resumed(api, task, teacher, store, batches=1)
    with closing(sqlite3.connect(store)) as db:
        assert db.execute("SELECT MAX(attempt) FROM attempts").fetchone() == (1,)


def test_interrupted_the_batch_is_left_running_and_reported(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    api.faults.looks = 10_000
    process = start(teacher, store)
    wait_until(lambda: any(made.looks > 1 for made in api.made.values()), process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "left at the server; run the same command again to continue: 550 of 550" in errors
    assert not any(made.cancelled for made in api.made.values())
    api.faults.looks = 1
    check_resumed(api, task, teacher, store, batches=1)
