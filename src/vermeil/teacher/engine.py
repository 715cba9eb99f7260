"""Asks what is missing: bounded concurrency, retries, and every reply stored before it is read."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Reply, Request, State
from vermeil.errors import TeacherError
from vermeil.tasks.protocol import ReplyResult
from vermeil.teacher.backends.base import AttemptError, Backend, ErrorScope
from vermeil.teacher.backends.registry import open_backend
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.event_loop import run_to_end
from vermeil.teacher.limits.admission import AdmissionFactory, local_admission
from vermeil.teacher.report import RequestReport, RunStatistics
from vermeil.teacher.store.charges import Reservation
from vermeil.teacher.store.group_commit import GroupCommit
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import count_characters

Read = Callable[[str, Reply], ReplyResult]
"""What a task makes of a reply to a text."""


class SendRequests(Protocol):
    """What puts requests to a teacher: `ask`, or what does so with many workers."""

    def __call__(
        self,
        requests: Iterable[Request],
        config: TeacherConfig,
        store: ReplyStore,
        read: Read,
        progress: Progress = silent,
        *,
        total: int | None = None,
        missing: int | None = None,
        connect: Callable[[], Backend] | None = None,
    ) -> RequestReport:
        """Ask every request that has no reply in the store, and read all replies."""


_SHUTDOWN_SECONDS = 3.0
"""Seconds that what is in flight gets after the first Ctrl-C."""
_MAX_DELAY = 60.0
_MAX_SERVER_DELAY = 600.0
"""Seconds; a server that asks for a longer pause means: come back another day."""
OVER_LIMIT = "it could cost more than teacher.max_cost_usd or teacher.max_tokens_total leave"


def send_requests(
    requests: Iterable[Request],
    config: TeacherConfig,
    store: ReplyStore,
    read: Read,
    progress: Progress = silent,
    *,
    total: int | None = None,
    missing: int | None = None,
    connect: Callable[[], Backend] | None = None,
    make_admission: AdmissionFactory = local_admission,
) -> RequestReport:
    """Ask every request that has no reply in the store, and read all replies.

    Requests are taken one by one, never held. A reply is durable before it is read. Requests with
    the same key are asked once. What an attempt can cost is put aside durably before it is sent.
    At Ctrl-C nothing more is sent, and what arrives within a few seconds is stored; a second one
    ends that, too.

    Args:
        requests: the questions.
        config: how to ask.
        store: where replies are and go.
        read: gives the state of a reply (`Task.read`).
        progress: told now and then; when interrupted, at last of stage ``left pending``.
        total: number of requests, for the progress.
        missing: how many of them have no reply yet, for projecting the cost.
        connect: gives who answers, once somebody is to be asked; None: the server of ``config``.
            Closed at the end.
        make_admission: money and pace, where several runs share them.

    Raises:
        TeacherError: no request can succeed (wrong key, unknown model, nobody there).
        ConfigError: the teacher's address or key is missing or wrong, nobody agreed to send text
            there, or a limit on cost is set for a model whose price is not known.
        DataError: the store cannot be written.
    """
    started = time.monotonic()
    commits = GroupCommit(store)
    run = _OnlineRun(
        config,
        store,
        read,
        connect=connect or (lambda: open_backend(config)),
        group_commit=commits,
        statistics=RunStatistics(progress, total, missing),
        make_admission=make_admission,
    )
    try:
        run_to_end(run.run(iter(requests)))
    finally:
        commits.close()
        store.flush()
    return run.statistics.report(time.monotonic() - started, store.spent())


class _OnlineRun:
    def __init__(
        self,
        config: TeacherConfig,
        store: ReplyStore,
        read: Read,
        *,
        connect: Callable[[], Backend],
        group_commit: GroupCommit,
        statistics: RunStatistics,
        make_admission: AdmissionFactory,
    ) -> None:
        self.statistics = statistics
        self._config, self._store, self._read = config, store, read
        self._connect, self._group_commit = connect, group_commit
        self._spending_limit, self._rate_limiter = make_admission(config, store, group_commit)
        statistics.has_price = self._spending_limit.price is not None
        self._since = store.last_attempt_id()
        self._backend: Backend | None = None
        self._in_flight: dict[str, asyncio.Event] = {}
        self._sending: set[asyncio.Task[None] | None] = set()
        self._stopping = False

    async def run(self, source: Iterator[Request]) -> None:
        """Let a fixed number of workers drain the source."""
        # Two for each place in flight: while one waits for the teacher, the other stores the
        # reply before and puts aside what the next request can cost.
        number = 2 * self._config.concurrency
        workers = [asyncio.create_task(self._worker(source)) for _ in range(number)]
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
        except asyncio.CancelledError:
            await self._drain(workers)
            raise
        finally:
            self._stopping = True
            for worker in workers:
                worker.cancel()
            ended = await asyncio.gather(*workers, return_exceptions=True)
            if self._backend is not None:
                await self._backend.aclose()
        for error in ended:
            if isinstance(error, BaseException) and not isinstance(error, asyncio.CancelledError):
                raise error

    async def _drain(self, workers: list[asyncio.Task[None]]) -> None:
        """After Ctrl-C: send nothing more, and wait a little for what is in flight."""
        self._stopping = True
        for worker in workers:
            if worker not in self._sending:
                worker.cancel()
        try:
            await asyncio.wait(workers, timeout=_SHUTDOWN_SECONDS)
        finally:
            self.statistics.report_pending()

    async def _worker(self, source: Iterator[Request]) -> None:
        for number, request in enumerate(source, start=1):
            await self._process(request)
            if self._stopping:
                break
            if number % 100 == 0:
                # Where everything is stored already, nothing else would let Ctrl-C in.
                await asyncio.sleep(0)

    async def _process(self, request: Request) -> None:
        key = request.key
        while key in self._in_flight:
            await self._in_flight[key].wait()
        reply = self._store.get(key)
        if reply is not None:
            self.statistics.reused += 1
            self._record_state(request, self._read(request.text, reply))
            return
        error = self._store.error(key, self._since) if self.statistics.failures else None
        if error is not None:  # a twin was given up in this run
            self.statistics.reused += 1
            self._record_state(request, ReplyResult(State.FAILED, problem=error))
            return
        self._in_flight[key] = asyncio.Event()
        try:
            reading = await self._request_reply(key, request)
        finally:
            self._in_flight.pop(key).set()
        if reading is not None:
            self.statistics.sent += 1
            self._record_state(request, reading)

    def _record_state(self, request: Request, reading: ReplyResult) -> None:
        self.statistics.record_state(
            request.document_id, request.sample, reading.state, reading.problem
        )

    async def _request_reply(self, key: str, request: Request) -> ReplyResult | None:
        """Try until there is a reply, in the store, or no hope; None: interrupted before."""
        if self._backend is None:
            self._backend = self._connect()
        for number in range(self._config.retries + 1):
            reservation = await self._spending_limit.reserve(key, request)
            if reservation is None:
                return ReplyResult(State.OVER_BUDGET, problem=OVER_LIMIT)
            try:
                reply = await self._attempt(request, reservation)
            except AttemptError as fault:
                if fault.scope is ErrorScope.REQUEST or number == self._config.retries:
                    if fault.scope is ErrorScope.UNREACHABLE:
                        self._stop(fault)
                    await self._group_commit.wait_until_durable()
                    self.statistics.failures += 1
                    return ReplyResult(State.FAILED, problem=str(fault))
                await self._back_off(fault, number)
            else:
                return None if reply is None else self._read(request.text, reply)
        raise AssertionError("the last attempt returns")

    async def _attempt(self, request: Request, reservation: Reservation) -> Reply | None:
        """Send once, and store what comes; None: interrupted before sending."""
        assert self._backend is not None
        expected = self._spending_limit.usage_estimate.estimate(count_characters(request)).total
        try:
            await self._rate_limiter.acquire(expected)
        except BaseException:
            self._spending_limit.release(reservation)
            raise
        if self._stopping:
            self._rate_limiter.release(expected, 0)
            self._spending_limit.release(reservation)
            return None
        worker = asyncio.current_task()
        self._sending.add(worker)
        used = float(expected)
        try:
            self.statistics.attempts += 1
            try:
                reply = await self._backend.complete(request)
            except AttemptError as fault:
                self._update_rate_limiter(expected, fault)
                self.statistics.record_charge(
                    self._spending_limit.record_failure(request, fault, reservation)
                )
                self._stop_if_fatal(fault)
                used = 0 if fault.unbilled else used
                raise
            finally:
                self._rate_limiter.release(expected, used)
            self._update_rate_limiter(expected, None)
            self.statistics.record_reply(
                reply, self._spending_limit.record_reply(request, reply, reservation)
            )
            await self._group_commit.wait_until_durable()
            return reply
        finally:
            self._sending.discard(worker)

    def _update_rate_limiter(self, expected: float, fault: AttemptError | None) -> None:
        """Adapt the pace to what the server did and said."""
        assert self._backend is not None
        if self._backend.limits is not None:
            self._rate_limiter.update_limits(self._backend.limits, expected)
        if fault is None:
            self._rate_limiter.on_success()
        elif fault.busy:
            self._rate_limiter.on_throttled()

    def _stop_if_fatal(self, fault: AttemptError) -> None:
        unreachable = fault.scope is ErrorScope.UNREACHABLE and not self.statistics.replies
        later = fault.retry_after is not None and fault.retry_after > _MAX_SERVER_DELAY
        if later:
            fault = AttemptError(
                f"the teacher asks us to wait {fault.retry_after:.0f} s ({fault})", fault.scope
            )
        if fault.scope is ErrorScope.TEACHER or unreachable or later:
            self._stop(fault)

    def _stop(self, fault: AttemptError) -> None:
        self._stopping = True
        raise TeacherError(
            f"{fault}\n{self.statistics.replies} replies came and are stored; run the same again "
            "to go on"
        )

    async def _back_off(self, fault: AttemptError, number: int) -> None:
        """Wait before the next attempt; a pause that the server asks for holds for everybody."""
        spread = random.uniform(0.5, 1.0)
        delay = min(_MAX_DELAY, self._config.retry_delay * 2**number)
        if fault.retry_after is None:
            await asyncio.sleep(delay * spread)
            return
        self._rate_limiter.pause(fault.retry_after)
        await asyncio.sleep(fault.retry_after + self._config.retry_delay * spread)
