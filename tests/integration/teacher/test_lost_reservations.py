"""Reservations that killed processes left: settled when their requests are answered later."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests.integration.teacher.batch_server import BatchServer, batch_teacher
from tests.integration.teacher.conftest import Answer, FaultServer
from tests.integration.teacher.test_spending import EACH, SCRIPT, stored

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import DataError, LockedError, TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.estimate import estimate
from vermeil.jobs.spending import show_spending
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.charges import Charge, SpendingTotals
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import max_usage

NUMBER = 20
DOCUMENTS = [Document(f"d{i}", f"Text number {i}.") for i in range(NUMBER)]


@pytest.fixture
def answer(server: FaultServer) -> type[Answer]:
    return Answer


@pytest.fixture
def teacher(teacher: TeacherConfig) -> TeacherConfig:
    return teacher.model_copy(update={"max_tokens": 20})


def kill_with_requests_in_flight(
    server: FaultServer, answer: type[Answer], store: Path, finished: int = 4
) -> int:
    """Kill a run whose last requests get no reply; return their number."""
    before, known = len(server.seen), len(stored(store))
    server.script = lambda number, seen: answer(stall=0.0 if number < before + finished else 600)
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, server.base_url, str(store), str(NUMBER), "0"]
    )
    deadline = time.monotonic() + 60
    while len(server.seen) < before + finished + 4 or len(stored(store)) < known + finished:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return len(server.seen) - before - finished


def spent(store: Path) -> SpendingTotals:
    with ReplyStore(store) as replies:
        return replies.spent()


def test_spending_is_known_after_the_requests_were_answered(
    server: FaultServer, answer: type[Answer], task: Task, teacher: TeacherConfig, store: Path
) -> None:
    lost = sum(kill_with_requests_in_flight(server, answer, store) for _ in range(2))
    shown = show_spending(store)
    left = shown["unknown_charges"]["reserved_by_ended_processes"]
    # The second run answered requests that were in flight when the first one was killed.
    settled = shown["unknown_charges"]["possibly_charged_twice"]
    # Two workers per request in flight: each may have reserved a charge without sending.
    assert lost <= left["requests"] + settled["requests"] <= 2 * 2 * 4
    assert left["at_most_tokens"] > left["requests"] * EACH
    assert shown["spent_tokens"] == 8 * EACH
    assert (
        "reserved_by_ended_processes"
        in estimate(DOCUMENTS, task, teacher, store).as_dict()["unknown_charges"]
    )

    server.script = lambda number, seen: answer()
    report = annotate(DOCUMENTS, task, teacher, store)
    assert report.states == {State.EMPTY: NUMBER}
    printed = report.as_dict()
    assert printed["spent_in_all_tokens"] == NUMBER * EACH
    twice = printed["unknown_charges"]["possibly_charged_twice"]
    assert twice["requests"] == left["requests"] + settled["requests"]
    assert twice["about_tokens"] == twice["requests"] * EACH
    assert list(printed["unknown_charges"]) == ["possibly_charged_twice"]
    now = spent(store)
    assert now.reserved == now.lost == Charge()
    assert now.total.tokens >= EACH * len(server.seen)


def test_a_limit_counts_unknown_charges_until_they_are_released(
    server: FaultServer, answer: type[Answer], task: Task, teacher: TeacherConfig, store: Path
) -> None:
    kill_with_requests_in_flight(server, answer, store)
    show_spending(store)
    most = max(max_usage(one).total for one in make_requests(DOCUMENTS, task, teacher))
    other = [Document("other", "Text number 0 again.")]
    tight = teacher.model_copy(update={"max_tokens_total": spent(store).total.tokens + most - 1})
    server.script = lambda number, seen: answer()
    assert annotate(other, task, tight, store).states == {State.OVER_BUDGET: 1}
    released = show_spending(store, release=True)
    assert released["released_reservations"] > 0
    assert "unknown_charges" not in released
    assert annotate(other, task, tight, store).states == {State.EMPTY: 1}


def test_an_interrupted_run_leaves_no_reservation_of_a_request_in_flight(
    server: FaultServer, answer: type[Answer], task: Task, teacher: TeacherConfig, store: Path
) -> None:
    """Requests that got no reply in time are shown as lost, not as in flight."""
    server.script = lambda number, seen: answer(stall=0.0 if number < 4 else 600)
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, server.base_url, str(store), str(NUMBER), "0"],
        stderr=subprocess.DEVNULL,
    )
    while len(server.seen) < 8:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    now = spent(store)
    assert now.reserved == Charge()
    assert 3 <= now.lost_attempts <= 4


def test_a_running_process_keeps_its_reservations(
    server: FaultServer, answer: type[Answer], store: Path
) -> None:
    server.script = lambda number, seen: answer(stall=600)
    command = [sys.executable, "-c", SCRIPT, server.base_url, str(store), str(NUMBER), "0"]
    with subprocess.Popen(command) as process:
        while len(server.seen) < 4:
            assert process.poll() is None
            time.sleep(0.02)
        shown = show_spending(store)["unknown_charges"]
        assert list(shown) == ["in_flight_or_in_batches"]
        with pytest.raises(LockedError):
            show_spending(store, release=True)
        process.kill()


def test_a_missing_store_is_named(store: Path) -> None:
    with pytest.raises(DataError, match=r"replies\.sqlite"):
        show_spending(store)


def test_an_open_batch_keeps_its_reservation(
    api: BatchServer, task: Task, store: Path, documents: list[Document]
) -> None:
    teacher = batch_teacher(api, "openai").model_copy(update={"max_tokens": 20})
    api.faults.looking = [500] * 3
    with suppress(TeacherError):
        annotate(documents, task, teacher, store)
    assert list(show_spending(store)["unknown_charges"]) == ["in_flight_or_in_batches"]
    assert annotate(documents, task, teacher, store).states == {State.EMPTY: 10}
    assert "unknown_charges" not in show_spending(store)
