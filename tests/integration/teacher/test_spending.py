"""Limits on spending, against a server that counts what it gave."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import ConfigError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.estimate import estimate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import max_usage

EACH = 12
"""Tokens that the server counts for a reply."""
SCRIPT = """
import sys
from pathlib import Path
from vermeil.data.document import Document
from vermeil.jobs.annotate import annotate
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

base_url, store, number, limit = sys.argv[1:]
task = make_task(TaskConfig(labels={"PER": {}, "LOC": {}}))
teacher = TeacherConfig(
    base_url=base_url, model="m", concurrency=4, retry_delay=0.01, max_tokens=20,
    max_tokens_total=int(limit) or None,
)
documents = [Document(f"d{i}", f"Text number {i}.") for i in range(int(number))]
annotate(documents, task, teacher, Path(store))
"""


@pytest.fixture
def answer(server: FaultServer) -> type[Answer]:
    return Answer


@pytest.fixture
def limited(
    task: Task, teacher: TeacherConfig, documents: list[Document]
) -> Callable[[int], TeacherConfig]:
    """Give settings under which so many replies fit, and the bound of one more."""

    def settings(replies: int) -> TeacherConfig:
        small = teacher.model_copy(update={"max_tokens": 20})
        most = max(max_usage(r).total for r in make_requests(documents, task, small))
        return small.model_copy(update={"max_tokens_total": (replies - 1) * EACH + most})

    return settings


def test_limit_ends_the_run_in_over_budget_and_is_never_exceeded(
    server: FaultServer,
    task: Task,
    limited: Callable[[int], TeacherConfig],
    store: Path,
    documents: list[Document],
) -> None:
    report = annotate(documents, task, limited(6), store)
    assert report.states[State.EMPTY] + report.states[State.OVER_BUDGET] == 10
    assert 5 <= len(server.seen) <= 6
    assert report.states[State.EMPTY] == len(server.seen)
    assert report.ask_report.spent.total.tokens == EACH * len(server.seen)
    assert "max_tokens_total" in report.ask_report.problems[0].message
    again = annotate(documents, task, limited(6), store)
    assert again.states == report.states
    assert len(server.seen) <= 6
    more = annotate(documents, task, limited(60), store)
    assert more.states == {State.EMPTY: 10}


def test_cost_is_limited_and_needs_a_price(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    prices = {"m": {"input": 1.0, "output": 100.0}}
    settings = {**teacher.model_dump(), "max_tokens": 20, "prices": prices}
    # A reply costs 10 × $1 + 2 × $100 for a million; the reservation is far larger.
    limit = 4000e-6
    teacher = TeacherConfig.model_validate({**settings, "max_cost_usd": limit})
    report = annotate(documents, task, teacher, store)
    served = len(server.seen) * 210e-6
    assert report.states[State.OVER_BUDGET] + report.states[State.EMPTY] == 10
    assert report.states[State.OVER_BUDGET] > 0
    assert report.ask_report.cost_usd == pytest.approx(served)
    assert served <= limit
    unpriced = teacher.model_copy(update={"prices": {}})
    with pytest.raises(ConfigError, match="price of 'm' is unknown"):
        annotate(documents, task, unpriced, store)


def test_attempt_that_may_have_been_billed_is_charged_in_full(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.first(answer(status=500, content="oh no"), answer(cut="within"))
    report = annotate(documents[:1], task, teacher, store)
    (one,) = make_requests(documents[:1], task, teacher)
    assert report.ask_report.attempts == 3
    assert report.ask_report.spent.charged.tokens == EACH + max_usage(one).total


def test_reply_without_usage_is_charged_by_its_length(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    body = b'{"choices": [{"message": {"content": "{\\"entities\\": []}"}}]}'
    server.script = lambda number, seen: answer(body=body)
    report = annotate(documents[:1], task, teacher, store)
    (one,) = make_requests(documents[:1], task, teacher)
    assert report.ask_report.spent.charged.tokens == max_usage(one).prompt_tokens + 17


def test_dry_run_sends_nothing_and_learns_from_replies(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    prices = {"m": {"input": 1.0, "output": 1.0}}
    teacher = TeacherConfig.model_validate({**teacher.model_dump(), "prices": prices})
    before = estimate(documents, task, teacher, store)
    assert not server.seen
    assert not store.exists()
    assert (before.volume.requests, before.based_on_replies) == (10, 0)
    assert before.cost_usd is not None
    assert before.upper_bound_usd is not None
    assert 0 < before.cost_usd < before.upper_bound_usd
    annotate(documents[:5], task, teacher, store)
    after = estimate(documents, task, teacher, store)
    assert len(server.seen) == 5
    assert (after.volume.requests, after.based_on_replies) == (5, 5)
    assert abs(after.usage.prompt_tokens - 50) <= 1
    assert after.usage.completion_tokens == 10
    assert after.upper_bound.total >= sum(
        max_usage(r).total for r in make_requests(documents[5:], task, teacher)
    )


KILLS = int(os.environ.get("VERMEIL_KILLS", "50"))
"""Number of kills of a run in the slow tests, without and with a limit on spending."""


def killed_again_and_again(
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    times: int,
    number: int,
    limit: int,
    seed: int,
) -> None:
    """Kill a run at random moments, then let one end; check that the books balance."""
    rng = random.Random(seed)
    for _ in range(times):
        known = stored(store)
        first = len(server.seen)
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, server.base_url, str(store), str(number), str(limit)]
        )
        give_up, wanted = time.monotonic() + 60, first + rng.randint(1, max(2, number // times))
        while len(server.seen) < wanted and process.poll() is None:
            assert time.monotonic() < give_up, "the run does not get on"
            time.sleep(0.002)
        time.sleep(rng.random() * 0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert known <= stored(store), "a stored reply was lost"
        asked_now = {seen.last_line for seen in server.seen[first:]}
        assert not known & asked_now, "a stored reply was asked again"
    documents = [Document(f"d{i}", f"Text number {i}.") for i in range(number)]
    settings = {"max_tokens": 20, "max_tokens_total": limit or None, "concurrency": 4}
    report = annotate(documents, task, teacher.model_copy(update=settings), store)
    assert sum(report.states.values()) == number
    assert report.states[State.EMPTY] == len(stored(store))
    served = EACH * len(server.seen)
    assert served <= report.ask_report.spent.total.tokens
    if limit:
        assert report.ask_report.spent.total.tokens <= limit
    else:
        assert report.states == {State.EMPTY: number}


def stored(store: Path) -> set[str]:
    if not store.exists():
        return set()
    ReplyStore(store).close()
    with closing(sqlite3.connect(store)) as db:
        rows = db.execute(
            "SELECT text FROM documents JOIN attempts USING (document_id) WHERE reply IS NOT NULL"
        )
        return {text for (text,) in rows}


@pytest.mark.parametrize("limit", [0, 20_000])
def test_kills_at_random_moments_lose_nothing(
    limit: int,
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
) -> None:
    server.script = lambda number, seen: answer(stall=0.01)
    killed_again_and_again(server, task, teacher, store, 3, 60, limit, seed=limit)


@pytest.mark.slow
@pytest.mark.parametrize("limited", [False, True])
def test_many_kills_lose_nothing(
    limited: bool,
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
) -> None:
    server.script = lambda number, seen: answer(stall=0.01)
    number = 20 * KILLS
    limit = 200 * number if limited else 0
    killed_again_and_again(server, task, teacher, store, KILLS, number, limit, seed=KILLS)


def test_interrupted_run_reports_pending_requests(
    server: FaultServer, answer: type[Answer], task: Task, store: Path
) -> None:
    server.script = lambda number, seen: answer(stall=0.02 if number < 8 else 600)
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, server.base_url, str(store)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    give_up = time.monotonic() + 60
    while len(server.answered) < 8 and process.poll() is None:
        assert time.monotonic() < give_up, "the run does not get on"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    stage, left, settled = output.split()
    assert stage == "interrupted"
    assert int(left) + int(settled) == 40
    assert int(settled) == len(stored(store))


INTERRUPTED = """
import sys
from pathlib import Path
from vermeil.data.document import Document
from vermeil.jobs.annotate import annotate
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

def progress(stage, done, total, detail):
    calls[stage] = (done, detail)

calls = {}
task = make_task(TaskConfig(labels={"PER": {}, "LOC": {}}))
teacher = TeacherConfig(base_url=sys.argv[1], model="m", concurrency=4)
documents = [Document(f"d{i}", f"Text number {i}.") for i in range(40)]
try:
    annotate(documents, task, teacher, Path(sys.argv[2]), progress)
except KeyboardInterrupt:
    left, states = calls["left pending"]
    print("interrupted", left, states.get("empty", 0))
"""
