"""Requests in flight when a run ends early: their replies are paid for, so they are stored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer, Seen
from tests.integration.teacher.test_interruption import stored

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherError, TeacherStoppedError
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.store.charges import SpendingTotals
from vermeil.teacher.store.store import ReplyStore

DOCUMENTS = [Document(f"d{i}", f"Text number {i}.") for i in range(20)]
FATAL = {
    "key": (401, "invalid key"),
    "credit": (402, "no credit left"),
    "quota": (429, b'{"error": {"message": "quota", "code": "insufficient_quota"}}'),
}


@pytest.fixture
def answer(server: FaultServer) -> type[Answer]:
    return Answer


@pytest.fixture
def teacher(teacher: TeacherConfig) -> TeacherConfig:
    return teacher.model_copy(update={"concurrency": 6, "retries": 0})


def fatal(answer: type[Answer], kind: str) -> Answer:
    status, content = FATAL[kind]
    if isinstance(content, bytes):
        return answer(status=status, body=content)
    return answer(status=status, content=content)


def spent(store: Path) -> SpendingTotals:
    with ReplyStore(store) as replies:
        return replies.spent()


@pytest.mark.parametrize("kind", FATAL)
def test_fatal_error_lets_requests_in_flight_end(
    kind: str,
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
) -> None:
    server.script = lambda number, seen: (
        fatal(answer, kind) if number == 8 else answer(stall=0.4 if number > 2 else 0.0)
    )
    with pytest.raises(TeacherError) as error:
        annotate(DOCUMENTS, task, teacher, store)
    there = stored(store)
    assert len(there) == len(server.seen) - 1
    assert f"\n{len(there)} replies were received and stored" in str(error.value)
    assert not spent(store).reserved.tokens
    server.script = lambda number, seen: answer()
    before = len(server.seen)
    assert annotate(DOCUMENTS, task, teacher, store).states == {State.EMPTY: 20}
    assert not there & set(server.asked[before:])


def test_wait_after_a_fatal_error_ends_with_the_time_limit_of_a_request(
    server: FaultServer, answer: type[Answer], task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = lambda number, seen: (
        answer(status=401) if number == 5 else answer(stall=600 if number > 2 else 0.0)
    )
    short = teacher.model_copy(update={"timeout": 0.5})
    with pytest.raises(TeacherError, match="does not accept the key"):
        annotate(DOCUMENTS, task, short, store)
    assert len(stored(store)) == 3


def test_no_request_is_sent_again_after_a_fatal_error(
    server: FaultServer, answer: type[Answer], task: Task, teacher: TeacherConfig, store: Path
) -> None:
    def script(number: int, seen: Seen) -> Answer:
        if number == 4:
            return answer(status=401)
        return answer(status=500, stall=0.3) if number > 4 else answer()

    server.script = script
    many = teacher.model_copy(update={"retries": 5, "retry_delay": 0.01})
    with pytest.raises(TeacherError, match="does not accept the key"):
        annotate(DOCUMENTS, task, many, store)
    assert len(set(server.asked)) == len(server.asked)


def test_documents_of_a_shared_request_in_flight_are_stored(
    server: FaultServer, answer: type[Answer], task: Task, teacher: TeacherConfig, store: Path
) -> None:
    def script(number: int, seen: Seen) -> Answer:
        lines = seen.body["messages"][-1]["content"].partition("\n\nTexts:\n")[2].splitlines()
        if number == 1:
            return answer(status=401)
        content = "\n".join(line.partition(', "text"')[0] + ', "entities": []}' for line in lines)
        return answer(content, stall=0.4)

    server.script = script
    shared = teacher.model_copy(update={"documents_per_request": 5, "concurrency": 10})
    with pytest.raises(TeacherError, match="does not accept the key"):
        annotate(DOCUMENTS, task, shared, store)
    assert len(stored(store)) == 5


def test_early_stop_stores_every_reply(
    server: FaultServer, answer: type[Answer], task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = lambda number, seen: answer("What a fine sentence.", stall=0.1)
    few = teacher.model_copy(update={"stop_after_failures": 4})
    with pytest.raises(TeacherStoppedError):
        annotate(DOCUMENTS, task, few, store)
    assert len(stored(store)) == len(server.seen) == 4


SCRIPT = """
import sys
from vermeil.data.document import Document
from vermeil.jobs.annotate import annotate
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

def progress(stage, done, total, detail):
    if stage == "wait for requests in flight":
        print(done, flush=True)

task = make_task(TaskConfig(labels={"PER": {}}))
teacher = TeacherConfig(base_url=sys.argv[1], model="m", concurrency=4, timeout=600)
documents = [Document(f"d{i}", f"Text number {i}.") for i in range(20)]
annotate(documents, task, teacher, sys.argv[2], progress)
"""


def test_ctrl_c_ends_the_wait_after_a_fatal_error(
    server: FaultServer, answer: type[Answer], store: Path
) -> None:
    server.script = lambda number, seen: (
        answer(status=401) if number == 6 else answer(stall=600 if number > 3 else 0.0)
    )
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, server.base_url, str(store)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert process.stdout is not None
    assert int(process.stdout.readline()) >= 3
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, printed = process.communicate(timeout=60)
    assert printed.rstrip().endswith("KeyboardInterrupt")
    assert len(stored(store)) == 4
