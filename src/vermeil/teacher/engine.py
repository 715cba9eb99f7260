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
from vermeil.tasks.protocol import Reading
from vermeil.teacher.backends.base import AttemptError, Backend, Scope
from vermeil.teacher.backends.registry import open_backend
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.event_loop import run_to_end
from vermeil.teacher.limits.admission import MakeGates, own_gates
from vermeil.teacher.report import AskReport, Ledger
from vermeil.teacher.store.charges import Reservation
from vermeil.teacher.store.group_commit import Commits
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import characters

Read = Callable[[str, Reply], Reading]
"""What a task makes of a reply to a text."""


class Ask(Protocol):
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
    ) -> AskReport:
        """Ask every request that has no reply in the store, and read all replies."""


_GRACE = 3.0
"""Seconds that what is in flight gets after the first Ctrl-C."""
_LONGEST_DELAY = 60.0
_LONGEST_WAIT = 600.0
"""Seconds; a server that asks for a longer pause means: come back another day."""
OVER = "it could cost more than teacher.max_cost_usd or teacher.max_tokens_total leave"


def ask(
    requests: Iterable[Request],
    config: TeacherConfig,
    store: ReplyStore,
    read: Read,
    progress: Progress = silent,
    *,
    total: int | None = None,
    missing: int | None = None,
    connect: Callable[[], Backend] | None = None,
    gates: MakeGates = own_gates,
) -> AskReport:
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
        gates: money and pace, where several runs share them.

    Raises:
        TeacherError: no request can succeed (wrong key, unknown model, nobody there).
        ConfigError: the teacher's address or key is missing or wrong, nobody agreed to send text
            there, or a limit on cost is set for a model whose price is not known.
        DataError: the store cannot be written.
    """
    started = time.monotonic()
    commits = Commits(store)
    run = _Run(
        config,
        store,
        read,
        connect=connect or (lambda: open_backend(config)),
        commits=commits,
        ledger=Ledger(progress, total, missing),
        gates=gates,
    )
    try:
        run_to_end(run.all_of(iter(requests)))
    finally:
        commits.close()
        store.flush()
    return run.ledger.report(time.monotonic() - started, store.spent())


class _Run:
    def __init__(
        self,
        config: TeacherConfig,
        store: ReplyStore,
        read: Read,
        *,
        connect: Callable[[], Backend],
        commits: Commits,
        ledger: Ledger,
        gates: MakeGates,
    ) -> None:
        self.ledger = ledger
        self._config, self._store, self._read = config, store, read
        self._connect, self._commits = connect, commits
        self._purse, self._pace = gates(config, store, commits)
        ledger.priced = self._purse.price is not None
        self._since = store.mark()
        self._backend: Backend | None = None
        self._in_flight: dict[str, asyncio.Event] = {}
        self._sending: set[asyncio.Task[None] | None] = set()
        self._stopping = False

    async def all_of(self, source: Iterator[Request]) -> None:
        """Let a fixed number of workers drain the source."""
        # Two for each place in flight: while one waits for the teacher, the other stores the
        # reply before and puts aside what the next request can cost.
        number = 2 * self._config.concurrency
        workers = [asyncio.create_task(self._work(source)) for _ in range(number)]
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
        except asyncio.CancelledError:
            await self._wind_down(workers)
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

    async def _wind_down(self, workers: list[asyncio.Task[None]]) -> None:
        """After Ctrl-C: send nothing more, and wait a little for what is in flight."""
        self._stopping = True
        for worker in workers:
            if worker not in self._sending:
                worker.cancel()
        try:
            await asyncio.wait(workers, timeout=_GRACE)
        finally:
            self.ledger.tell_pending()

    async def _work(self, source: Iterator[Request]) -> None:
        for number, request in enumerate(source, start=1):
            await self._settle(request)
            if self._stopping:
                break
            if number % 100 == 0:
                # Where everything is stored already, nothing else would let Ctrl-C in.
                await asyncio.sleep(0)

    async def _settle(self, request: Request) -> None:
        key = request.key
        while key in self._in_flight:
            await self._in_flight[key].wait()
        reply = self._store.get(key)
        if reply is not None:
            self.ledger.already += 1
            self._count(request, self._read(request.text, reply))
            return
        error = self._store.error(key, self._since) if self.ledger.failures else None
        if error is not None:  # a twin was given up in this run
            self.ledger.already += 1
            self._count(request, Reading(State.FAILED, problem=error))
            return
        self._in_flight[key] = asyncio.Event()
        try:
            reading = await self._ask(key, request)
        finally:
            self._in_flight.pop(key).set()
        if reading is not None:
            self.ledger.asked += 1
            self._count(request, reading)

    def _count(self, request: Request, reading: Reading) -> None:
        self.ledger.settle(request.document_id, request.sample, reading.state, reading.problem)

    async def _ask(self, key: str, request: Request) -> Reading | None:
        """Try until there is a reply, in the store, or no hope; None: interrupted before."""
        if self._backend is None:
            self._backend = self._connect()
        for number in range(self._config.retries + 1):
            reservation = await self._purse.put_aside(key, request)
            if reservation is None:
                return Reading(State.OVER_BUDGET, problem=OVER)
            try:
                reply = await self._attempt(request, reservation)
            except AttemptError as fault:
                if fault.scope is Scope.REQUEST or number == self._config.retries:
                    if fault.scope is Scope.UNREACHABLE:
                        self._stop(fault)
                    await self._commits.durable()
                    self.ledger.failures += 1
                    return Reading(State.FAILED, problem=str(fault))
                await self._hold_off(fault, number)
            else:
                return None if reply is None else self._read(request.text, reply)
        raise AssertionError("the last attempt returns")

    async def _attempt(self, request: Request, reservation: Reservation) -> Reply | None:
        """Send once, and store what comes; None: interrupted before sending."""
        assert self._backend is not None
        expected = self._purse.expectation.of(characters(request)).total
        try:
            await self._pace.enter(expected)
        except BaseException:
            self._purse.give_back(reservation)
            raise
        if self._stopping:
            self._pace.leave(expected, 0)
            self._purse.give_back(reservation)
            return None
        worker = asyncio.current_task()
        self._sending.add(worker)
        used = float(expected)
        try:
            self.ledger.attempts += 1
            try:
                reply = await self._backend.complete(request)
            except AttemptError as fault:
                self._learn(expected, fault)
                self.ledger.charge(self._purse.failed(request, fault, reservation))
                self._stop_if_hopeless(fault)
                used = 0 if fault.free else used
                raise
            finally:
                self._pace.leave(expected, used)
            self._learn(expected, None)
            self.ledger.answered(reply, self._purse.replied(request, reply, reservation))
            await self._commits.durable()
            return reply
        finally:
            self._sending.discard(worker)

    def _learn(self, expected: float, fault: AttemptError | None) -> None:
        """Adapt the pace to what the server did and said."""
        assert self._backend is not None
        if self._backend.limits is not None:
            self._pace.heed(self._backend.limits, expected)
        if fault is None:
            self._pace.answered()
        elif fault.busy:
            self._pace.complained()

    def _stop_if_hopeless(self, fault: AttemptError) -> None:
        unreachable = fault.scope is Scope.UNREACHABLE and not self.ledger.replies
        later = fault.after is not None and fault.after > _LONGEST_WAIT
        if later:
            fault = AttemptError(
                f"the teacher asks us to wait {fault.after:.0f} s ({fault})", fault.scope
            )
        if fault.scope is Scope.TEACHER or unreachable or later:
            self._stop(fault)

    def _stop(self, fault: AttemptError) -> None:
        self._stopping = True
        raise TeacherError(
            f"{fault}\n{self.ledger.replies} replies came and are stored; run the same again "
            "to go on"
        )

    async def _hold_off(self, fault: AttemptError, number: int) -> None:
        """Wait before the next attempt; a pause that the server asks for holds for everybody."""
        spread = random.uniform(0.5, 1.0)
        delay = min(_LONGEST_DELAY, self._config.retry_delay * 2**number)
        if fault.after is None:
            await asyncio.sleep(delay * spread)
            return
        self._pace.pause(fault.after)
        await asyncio.sleep(fault.after + self._config.retry_delay * spread)
