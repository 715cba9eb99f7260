"""Runs that are killed, interrupted or out of disk: what was answered is never asked again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig

NUMBER = 60
SCRIPT = f"""
import resource, signal, sys
from pathlib import Path
from vermeil.data.document import Document
from vermeil.errors import VermeilError
from vermeil.jobs.annotate import annotate
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

base_url, store, largest = sys.argv[1:]
if int(largest):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), int(largest)))
task = make_task(TaskConfig(labels={{"PER": {{}}, "LOC": {{}}}}))
teacher = TeacherConfig(base_url=base_url, model="m", concurrency=4, retry_delay=0.01)
documents = [Document(f"d{{i}}", f"Text number {{i}}.") for i in range({NUMBER})]
try:
    annotate(documents, task, teacher, Path(store))
except VermeilError as error:
    print(error)
    sys.exit(error.exit_code)
"""
TEXTS = [f"Text number {i}." for i in range(NUMBER)]
DOCUMENTS = [Document(f"d{i}", text) for i, text in enumerate(TEXTS)]


@pytest.fixture
def answer(server: FaultServer) -> type[Answer]:
    return Answer


def start(server: FaultServer, store: Path, largest: int = 0) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, server.base_url, str(store), str(largest)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def wait_for(number: int, server: FaultServer, process: subprocess.Popen[str]) -> None:
    give_up = time.monotonic() + 60
    while len(server.answered) < number and process.poll() is None:
        assert time.monotonic() < give_up, "the run does not get on"
        time.sleep(0.01)


def stored(store: Path) -> set[str]:
    with closing(sqlite3.connect(store)) as db:
        return {
            text
            for (text,) in db.execute(
                "SELECT text FROM documents JOIN attempts USING (document_id) "
                "WHERE reply IS NOT NULL"
            )
        }


@pytest.mark.parametrize("after", [6, 40])
def test_killed_run_is_resumed_without_asking_again(
    after: int,
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
) -> None:
    server.script = lambda number, seen: answer(stall=0.03 if number < after else 600)
    process = start(server, store)
    wait_for(after, server, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    there = stored(store)
    # A worker asks on only when its reply is durable: each, two for a place, may have lost one.
    assert after - 2 * teacher.concurrency <= len(there) <= after
    server.seen.clear()
    server.script = lambda number, seen: answer()
    report = annotate(DOCUMENTS, task, teacher, store)
    assert report.states == {State.EMPTY: NUMBER}
    assert set(server.asked) == set(TEXTS) - there
    assert len(server.asked) == NUMBER - len(there) == report.ask_report.sent


def test_interrupted_run_stores_what_has_arrived(
    server: FaultServer, answer: type[Answer], task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = lambda number, seen: answer(stall=0.03 if number < 20 else 600)
    process = start(server, store)
    wait_for(20, server, process)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode != 0
    assert complaint.rstrip().endswith("KeyboardInterrupt")
    there = stored(store)
    assert 20 - teacher.concurrency <= len(there) <= 20
    server.seen.clear()
    server.script = lambda number, seen: answer()
    report = annotate(DOCUMENTS, task, teacher, store)
    assert report.states == {State.EMPTY: NUMBER}
    assert set(server.asked) == set(TEXTS) - there


def test_full_disk_is_a_data_error_and_keeps_what_was_stored(
    server: FaultServer, answer: type[Answer], task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = lambda number, seen: answer(content='{"entities": []}' + " " * 20_000)
    process = start(server, store, largest=400_000)
    message, complaint = process.communicate(timeout=60)
    assert process.returncode == 3, complaint
    assert str(store) in message
    there = stored(store)
    assert 0 < len(there) < NUMBER
    server.seen.clear()
    assert annotate(DOCUMENTS, task, teacher, store).states == {State.EMPTY: NUMBER}
    assert set(server.asked) == set(TEXTS) - there
