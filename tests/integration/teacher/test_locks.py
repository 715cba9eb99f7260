"""Two processes with one reply store: the second one sends nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import LockedError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.config import PilotConfig
from vermeil.jobs.estimate import estimate
from vermeil.jobs.import_replies import import_replies
from vermeil.jobs.locate import locate
from vermeil.jobs.piloting.pilot import pilot
from vermeil.jobs.replies import abandon_batch, count_replies
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.store.records import RecordFilter

NUMBER = 12
ANNOTATE = f"""
import sys
from vermeil.data.document import Document
from vermeil.jobs.annotate import annotate
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

task = make_task(TaskConfig(labels={{"PER": {{}}, "LOC": {{}}}}))
teacher = TeacherConfig(base_url=sys.argv[1], model="m", concurrency=2)
documents = [Document(f"d{{i}}", f"Text number {{i}}.") for i in range({NUMBER})]
annotate(documents, task, teacher, sys.argv[2])
"""
DOCUMENTS = [Document(f"d{i}", f"Text number {i}.") for i in range(NUMBER)]


@contextmanager
def annotating(server: FaultServer, store: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that annotates, after its first requests are stored or wait at the server."""
    command = [sys.executable, "-c", ANNOTATE, server.base_url, str(store)]
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + 60
        while len(server.seen) < 6:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield process


@pytest.fixture
def stalling(server: FaultServer) -> FaultServer:
    server.script = lambda number, seen: Answer(stall=0.0 if number < 4 else 600)
    return server


def test_second_process_sends_nothing_and_readers_are_not_stopped(
    stalling: FaultServer, task: Task, teacher: TeacherConfig, store: Path, tmp_path: Path
) -> None:
    recorded = tmp_path / "recorded.jsonl"
    recorded.write_text(json.dumps({"text": "Text number 1.", "reply": "x"}) + "\n", "utf-8")
    with annotating(stalling, store) as process:
        before = len(stalling.seen)
        writers: list[Callable[[], object]] = [
            lambda: annotate(DOCUMENTS, task, teacher, store),
            lambda: annotate([Document("other", "Another text.")], task, teacher, store),
            lambda: pilot(gold(), task, teacher, PilotConfig(prompts=("standard",)), store),
            lambda: import_replies(recorded, DOCUMENTS, task, teacher, store),
            lambda: abandon_batch(store, "any"),
        ]
        for write in writers:
            with pytest.raises(LockedError, match=rf"process {process.pid} on host .* since 20"):
                write()
        assert len(stalling.seen) == before
        assert sum(locate(DOCUMENTS, task, teacher, store).states.values()) == NUMBER
        assert estimate(DOCUMENTS, task, teacher, store).volume.requests <= NUMBER - 1
        assert count_replies(store, task, teacher, RecordFilter())
        process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_after_the_end_of_the_first_the_second_requests_the_rest(
    number: int, stalling: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    with annotating(stalling, store) as process:
        process.send_signal(number)
        process.wait()
    stalling.script = lambda number, seen: Answer()
    stalling.seen.clear()
    report = annotate(DOCUMENTS, task, teacher, store)
    assert report.states == {State.EMPTY: NUMBER}
    assert len(stalling.seen) == report.ask_report.sent < NUMBER
    assert not list(store.parent.glob(".*.lock"))


def gold() -> list[Document]:
    from vermeil.data.document import Annotation

    return [Document(f"g{i}", f"Gold {i}.", annotation=Annotation(spans=())) for i in range(4)]
