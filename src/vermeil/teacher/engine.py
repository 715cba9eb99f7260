"""Engine: sends requests with bounded concurrency and retries, and stores every reply verbatim."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Reply, Request, State
from vermeil.errors import TeacherError
from vermeil.tasks.protocol import ReplyResult
from vermeil.teacher.backends.base import AttemptError, AttemptTimeoutError, Backend, ErrorScope
from vermeil.teacher.backends.registry import open_backend
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.event_loop import first_error, run_to_end
from vermeil.teacher.limits.admission import AdmissionFactory, local_admission
from vermeil.teacher.limits.rejections import Rejections
from vermeil.teacher.report import RequestReport, RunStatistics
from vermeil.teacher.request_spans import traced_complete
from vermeil.teacher.start import start_server
from vermeil.teacher.store.charges import Reservation
from vermeil.teacher.store.group_commit import GroupCommit
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import count_characters
from vermeil.teacher.usability import failure_of, stopped_error

Read = Callable[[str, Reply], ReplyResult]
"""Function from a text and the reply about it to the result that a task reads."""


@dataclass(frozen=True, slots=True)
class SendOptions:
    """Options of `send_requests`.

    Args:
        total: number of requests, for the progress; None: unknown.
        missing: number of requests without a stored reply, to extrapolate the cost; None: unknown.
        connect: opens the backend on first use; defaults to ``open_backend(config)``. The backend
            is closed at the end.
        has_usable: returns whether a stored reply to one of the requests is usable; called before
            the run would stop because of failures. None: no reply was stored before.
    """

    total: int | None = None
    missing: int | None = None
    connect: Callable[[], Backend] | None = None
    has_usable: Callable[[], bool] | None = None


NO_OPTIONS = SendOptions()


class SendRequests(Protocol):
    """Interface of `send_requests` and of its counterpart with many workers."""

    def __call__(
        self,
        requests: Iterable[Request],
        config: TeacherConfig,
        store: ReplyStore,
        read: Read,
        progress: Progress = silent,
        options: SendOptions = NO_OPTIONS,
    ) -> RequestReport:
        """Send every request without a stored reply, and read all replies."""


_SHUTDOWN_SECONDS = 3.0
"""Time that requests in flight have after the first Ctrl-C, in seconds."""
_STORE_SECONDS = 1.0
"""Time to store the replies that arrive last after a fatal error, in seconds."""
_MAX_DELAY = 60.0
"""Maximum delay between two attempts without a delay set by the server, in seconds."""
_MAX_SERVER_DELAY = 600.0
"""Maximum delay that a server may request, in seconds; a longer one ends the run."""
OVER_LIMIT = (
    "not sent: its maximum cost exceeds what is left of teacher.max_cost_usd or "
    "teacher.max_tokens_total"
)
"""Problem of a request that exceeds the spending limits."""
REJECTED_ALONE = (
    "; the teacher answered other requests, so it rejects this document only; the same command "
    "sends it again"
)
"""Explanation of a rejection that may have been due to the settings."""


def send_requests(
    requests: Iterable[Request],
    config: TeacherConfig,
    store: ReplyStore,
    read: Read,
    progress: Progress = silent,
    options: SendOptions = NO_OPTIONS,
    make_admission: AdmissionFactory = local_admission,
) -> RequestReport:
    """Send every request without a stored reply, and read all replies.

    Requests are consumed one by one and never held in memory. A reply is durable before it is read.
    Requests with the same key are sent once. The maximum charge of an attempt is reserved durably
    before the attempt is sent. After Ctrl-C nothing more is sent, and replies that arrive within a
    few seconds are stored. After a fatal error nothing more is sent either, and all requests in
    flight are waited for, at most ``config.timeout`` seconds. A second Ctrl-C ends that, too.

    If the first ``config.stop_after_failures`` requests fail in the same way and no reply is
    usable, the run ends. Until the first usable reply, no more requests than that are in flight.

    Args:
        requests: requests to send.
        config: model, server and limits.
        store: holds the replies.
        read: reads a reply (`Task.read`).
        progress: called with stage ``annotate`` at intervals; after an interruption once with stage
            ``left pending``; after a fatal error once with stage ``wait for requests in flight``.
        options: totals for the progress, and the backend.
        make_admission: makes the spending limit, the rate limiter and the counts of the first
            failures; several runs may share them.

    Raises:
        TeacherStoppedError: the first requests all failed in the same way.
        TeacherError: no request can succeed (wrong key, unknown model, unreachable server).
        ConfigError: the teacher's address or key is missing or wrong, sending text to it is not
            allowed, or a limit on cost is set for a model whose price is unknown.
        DataError: the store cannot be written.
    """
    started = time.monotonic()
    run = _OnlineRun(config, store, read, progress, options, make_admission)
    try:
        run_to_end(run.run(iter(requests)))
    finally:
        run.close()
        store.flush()
    return run.statistics.report(time.monotonic() - started, store.spent())


class _OnlineRun:
    def __init__(
        self,
        config: TeacherConfig,
        store: ReplyStore,
        read: Read,
        progress: Progress,
        options: SendOptions,
        make_admission: AdmissionFactory,
    ) -> None:
        self.statistics = RunStatistics(progress, options.total, options.missing)
        self._config, self._store, self._read = config, store, read
        self._progress = progress
        self._connect = options.connect or (lambda: open_backend(config))
        self._has_usable, self._group_commit = options.has_usable, GroupCommit(store)
        admission = make_admission(config, store, self._group_commit)
        self._spending_limit, self._rate_limiter, self._first_failures = admission
        self._rejections = Rejections(config.documents_per_request, self._has_answered)
        self.statistics.has_price = self._spending_limit.price is not None
        self._first_id = store.last_attempt_id()
        self._backend: Backend | None = None
        self._in_flight: dict[str, asyncio.Event] = {}
        self._sending: set[asyncio.Task[None] | None] = set()
        self._stored_usable: bool | None = None
        self._stopping = False

    async def run(self, source: Iterator[Request]) -> None:
        """Process all requests with a fixed number of workers."""
        # Two workers per request in flight: while one waits for the teacher, the other stores the
        # previous reply and reserves the charge of the next request.
        number = 2 * self._config.concurrency
        workers = [asyncio.create_task(self._worker(source)) for _ in range(number)]
        error: BaseException | None = None
        try:
            done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
            error = first_error(done)
            if error is not None:
                await self._drain(workers, self._config.timeout + _STORE_SECONDS)
        except asyncio.CancelledError:
            if error is None:
                await self._drain_after_interrupt(workers)
            raise
        finally:
            self._stopping = True
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            if self._backend is not None:
                await self._backend.aclose()
        error = error or first_error(workers)
        if isinstance(error, _FatalError):
            raise error.with_replies(self.statistics.replies) from None
        if error is not None:
            raise error

    def close(self) -> None:
        """Wait for the commit in progress."""
        self._group_commit.close()

    async def _drain_after_interrupt(self, workers: list[asyncio.Task[None]]) -> None:
        """Wait a few seconds for requests in flight, and report the pending ones."""
        try:
            await self._drain(workers, _SHUTDOWN_SECONDS)
        finally:
            self.statistics.report_pending()

    async def _drain(self, workers: list[asyncio.Task[None]], seconds: float) -> None:
        """Stop sending, and wait for requests in flight, whose replies are paid for."""
        self._stopping = True
        in_flight = len(self._sending)
        for worker in workers:
            if worker not in self._sending:
                worker.cancel()
        if in_flight and seconds > _SHUTDOWN_SECONDS:
            detail: dict[str, float | int | str] = {"seconds at most": round(seconds)}
            self._progress("wait for requests in flight", in_flight, in_flight, detail)
        await asyncio.wait(workers, timeout=seconds)

    async def _worker(self, source: Iterator[Request]) -> None:
        for number, request in enumerate(source, start=1):
            await self._process(request)
            if self._stopping:
                break
            if number % 100 == 0:
                # Without this, Ctrl-C would be ignored while all replies are already stored.
                await asyncio.sleep(0)

    async def _process(self, request: Request) -> None:
        key = request.key
        while key in self._in_flight:
            await self._in_flight[key].wait()
        reply = self._store.get(key)
        if reply is not None:
            self.statistics.reused += 1
            self._rejections.record_answer()
            stored_reading = self._read(request.text, reply)
            self.statistics.record_state(request, stored_reading)
            if failure_of(stored_reading) is None:
                await self._first_failures.record_usable()
            return
        error = self._store.error(key, self._first_id) if self.statistics.failures else None
        if error is not None:  # a request with the same key failed in this run
            self.statistics.reused += 1
            self.statistics.record_state(request, ReplyResult(State.FAILED, problem=error))
            return
        self._in_flight[key] = asyncio.Event()
        try:
            reading = await self._request_reply(key, request)
        finally:
            self._in_flight.pop(key).set()
        if reading is not None:
            self.statistics.sent += 1
            self.statistics.record_state(request, reading)
            await self._first_failures.record(failure_of(reading))

    async def _admit(self) -> None:
        """Wait until a request may be sent; raise if the first requests all failed alike."""
        if await self._first_failures.admit():
            return
        if self._stored_usable is None:
            self._stored_usable = self._has_usable is not None and self._has_usable()
        if not self._stored_usable:
            self._stopping = True
            raise stopped_error(self.statistics.usability.result, self._config.stop_after_failures)
        await self._first_failures.record_usable()

    async def _request_reply(self, key: str, request: Request) -> ReplyResult | None:
        """Attempt until a reply is stored or retries are exhausted; None: interrupted before."""
        if self._backend is None:
            self._backend = self._connect()
            estimate = self._spending_limit.usage_estimate
            await start_server(self._backend, request, estimate, self.statistics)
        await self._admit()
        number = 0
        while True:
            reservation = await self._spending_limit.reserve(key, request)
            if reservation is None:
                return ReplyResult(State.OVER_BUDGET, problem=OVER_LIMIT)
            try:
                reply = await self._attempt(request, reservation)
            except AttemptError as fault:
                if self._stopping and fault.scope is not ErrorScope.REQUEST:
                    return None
                if fault.alone:
                    self.statistics.record_left_out(fault)
                    continue
                problem = str(fault)
                if fault.scope is ErrorScope.SETTINGS:
                    if await self._rejections.affects_all():
                        self._stop(fault)
                    problem += REJECTED_ALONE
                is_last = number == self._config.retries
                if is_last or fault.scope in (ErrorScope.REQUEST, ErrorScope.SETTINGS):
                    if fault.scope is ErrorScope.UNREACHABLE:
                        self._stop(fault)
                    await self._group_commit.wait_until_durable()
                    self.statistics.failures += 1
                    return ReplyResult(State.FAILED, problem=problem)
                await self._back_off(fault, number)
                number += 1
            else:
                return None if reply is None else self._read(request.text, reply)

    async def _attempt(self, request: Request, reservation: Reservation) -> Reply | None:
        """Send once and store the reply or the error; None: interrupted before sending."""
        assert self._backend is not None
        expected = self._spending_limit.usage_estimate.estimate(count_characters(request)).total
        try:
            await self._rate_limiter.acquire(expected)
        except BaseException:
            self._spending_limit.release(reservation)
            raise
        is_admitted = False
        try:
            await self._rejections.admit()
            is_admitted = True
        finally:
            if self._stopping or not is_admitted:
                self._rate_limiter.release(expected, 0)
                self._spending_limit.release(reservation)
        if self._stopping:
            self._rejections.end(answered=False)
            return None
        worker = asyncio.current_task()
        self._sending.add(worker)
        used, answered = float(expected), False
        try:
            self.statistics.attempts += 1
            try:
                reply = await traced_complete(self._backend, request, self._config)
                answered = True
            except AttemptError as fault:
                self.statistics.timeouts += isinstance(fault, AttemptTimeoutError)
                self._update_rate_limiter(expected, fault)
                self.statistics.record_charge(
                    self._spending_limit.record_failure(request, fault, reservation)
                )
                self._stop_if_fatal(fault)
                used = 0 if fault.unbilled else used
                raise
            finally:
                self._rejections.end(answered=answered)
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
        """Update the rate limiter from the server's limits and errors."""
        assert self._backend is not None
        if self._backend.limits is not None:
            self._rate_limiter.update_limits(self._backend.limits, expected)
        if fault is None:
            self._rate_limiter.on_success()
        elif fault.busy:
            self._rate_limiter.on_throttled()

    def _stop_if_fatal(self, fault: AttemptError) -> None:
        unreachable = fault.scope is ErrorScope.UNREACHABLE and not self.statistics.replies
        delay_too_long = fault.retry_after is not None and fault.retry_after > _MAX_SERVER_DELAY
        if delay_too_long:
            fault = AttemptError(
                f"the server requires to wait {fault.retry_after:.0f} s ({fault})", fault.scope
            )
        if fault.scope is ErrorScope.TEACHER or unreachable or delay_too_long:
            self._stop(fault)

    async def _has_answered(self) -> bool:
        """Return whether the store has a reply of the model, or another worker received one."""
        return self._store.has_reply(self._config.model) or await self._first_failures.has_usable()

    def _stop(self, fault: AttemptError) -> None:
        self._stopping = True
        raise _FatalError(fault.advice)

    async def _back_off(self, fault: AttemptError, number: int) -> None:
        """Wait before the next attempt; a delay set by the server applies to all requests."""
        jitter = random.uniform(0.5, 1.0)
        delay = min(_MAX_DELAY, self._config.retry_delay * 2**number)
        if fault.retry_after is None:
            await asyncio.sleep(delay * jitter)
            return
        self._rate_limiter.pause(fault.retry_after)
        await asyncio.sleep(fault.retry_after + self._config.retry_delay * jitter)


class _FatalError(Exception):
    """Error after which no request can succeed; converted when no request is in flight."""

    def with_replies(self, number: int) -> TeacherError:
        """Return the error for the caller, with the number of replies of the run."""
        return TeacherError(
            f"{self}\n{number} replies were received and stored; run the same command again to "
            "continue"
        )
