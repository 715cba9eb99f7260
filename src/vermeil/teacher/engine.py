"""Asks what is missing: bounded concurrency, retries, and every reply stored before it is read."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Iterator

from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Reply, Request, State
from vermeil.errors import TeacherError
from vermeil.tasks.protocol import Reading
from vermeil.teacher.backend import AttemptError, Backend, Scope
from vermeil.teacher.backends import open_backend
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.loop import run_to_end
from vermeil.teacher.report import AskReport, Ledger
from vermeil.teacher.store import ReplyStore

Read = Callable[[str, Reply], Reading]
"""What a task makes of a reply to a text."""

_COMMIT_EVERY = 0.01
"""Seconds over which replies are gathered into one durable commit."""
_LONGEST_DELAY = 60.0
_LONGEST_WAIT = 600.0
"""Seconds; a server that asks for a longer pause means: come back another day."""


def ask(
    requests: Iterable[Request],
    config: TeacherConfig,
    store: ReplyStore,
    read: Read,
    progress: Progress = silent,
    *,
    total: int | None = None,
    connect: Callable[[], Backend] | None = None,
) -> AskReport:
    """Ask every request that has no reply in the store, and read all replies.

    Requests are taken one by one, never held. A reply is durable before it is read. Requests with
    the same key are asked once. When this is interrupted, what has arrived is stored.

    Args:
        requests: the questions.
        config: how to ask.
        store: where replies are and go.
        read: gives the state of a reply (`Task.read`).
        progress: told after every request.
        total: number of requests, for the progress.
        connect: gives who answers, once somebody is to be asked; None: the server of ``config``.
            Closed at the end.

    Raises:
        TeacherError: no request can succeed (wrong key, unknown model, nobody there).
        ConfigError: the teacher's address or key is missing or wrong, or nobody agreed to send text
            there.
        DataError: the store cannot be written.
    """
    started = time.monotonic()
    run = _Run(
        config,
        store,
        read,
        connect=connect or (lambda: open_backend(config)),
        progress=progress,
        total=total,
    )
    try:
        run_to_end(run.all_of(iter(requests)))
    finally:
        store.flush()
    return run.ledger.report(time.monotonic() - started)


class _Run:
    def __init__(
        self,
        config: TeacherConfig,
        store: ReplyStore,
        read: Read,
        *,
        connect: Callable[[], Backend],
        progress: Progress,
        total: int | None,
    ) -> None:
        self.ledger = Ledger()
        self._config, self._store, self._read = config, store, read
        self._connect = connect
        self._backend: Backend | None = None
        self._progress, self._total = progress, total
        self._in_flight: dict[str, asyncio.Event] = {}
        self._failed: dict[str, str] = {}
        self._commit: asyncio.Task[None] | None = None
        self._pause_until = 0.0

    async def all_of(self, source: Iterator[Request]) -> None:
        """Let a fixed number of workers drain the source."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._config.concurrency):
                    group.create_task(self._work(source))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        finally:
            if self._backend is not None:
                await self._backend.aclose()

    async def _work(self, source: Iterator[Request]) -> None:
        for number, request in enumerate(source, start=1):
            await self._settle(request)
            if number % 100 == 0:
                # Where everything is stored already, nothing else would let Ctrl-C in.
                await asyncio.sleep(0)

    async def _settle(self, request: Request) -> None:
        key = request.key
        while key in self._in_flight:
            await self._in_flight[key].wait()
        reply = self._store.get(key)
        if reply is None and key not in self._failed:
            self.ledger.asked += 1
            self._in_flight[key] = asyncio.Event()
            try:
                reply = await self._ask(request)
            finally:
                self._in_flight.pop(key).set()
        else:
            self.ledger.already += 1
        self._count(request, reply)

    def _count(self, request: Request, reply: Reply | None) -> None:
        if reply is None:
            reading = Reading(State.FAILED, problem=self._failed[request.key])
        else:
            reading = self._read(request.text, reply)
        self.ledger.tally.add(request.document_id, request.sample, reading.state, reading.problem)
        self._progress("annotate", self.ledger.settled, self._total, self.ledger.detail())

    async def _ask(self, request: Request) -> Reply | None:
        """Try until there is a reply, in the store; None when it was given up."""
        if self._backend is None:
            self._backend = self._connect()
        for number in range(self._config.retries + 1):
            await self._wait_until(self._pause_until)
            self.ledger.attempts += 1
            try:
                reply = await self._backend.complete(request)
            except AttemptError as fault:
                self._store.add(request, error=str(fault))
                last = number == self._config.retries
                self._stop_if_hopeless(fault, last)
                if last or fault.scope is Scope.REQUEST:
                    self._failed[request.key] = str(fault)
                    break
                await self._hold_off(fault, number)
            else:
                self._store.add(request, reply)
                await self._durable()
                self.ledger.answered(reply)
                return self._store.get(request.key)
        await self._durable()
        return None

    def _stop_if_hopeless(self, fault: AttemptError, last: bool) -> None:
        unreachable = fault.scope is Scope.UNREACHABLE and (last or not self.ledger.replies)
        later = fault.after is not None and fault.after > _LONGEST_WAIT
        if later:
            fault = AttemptError(
                f"the teacher asks us to wait {fault.after:.0f} s ({fault})", fault.scope
            )
        if fault.scope is Scope.TEACHER or unreachable or later:
            raise TeacherError(
                f"{fault}\n{self.ledger.replies} replies came and are stored; run the same again "
                "to go on"
            )

    async def _hold_off(self, fault: AttemptError, number: int) -> None:
        """Wait before the next attempt; a pause that the server asks for holds for everybody."""
        spread = random.uniform(0.5, 1.0)
        if fault.after is None:
            longest = min(_LONGEST_DELAY, self._config.retry_delay * 2**number)
            await asyncio.sleep(longest * spread)
            return
        self._pause_until = max(self._pause_until, time.monotonic() + fault.after)
        await self._wait_until(self._pause_until)
        await asyncio.sleep(self._config.retry_delay * spread)

    async def _wait_until(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0:
            await asyncio.sleep(left)

    async def _durable(self) -> None:
        """Return when everything added so far is on disk."""
        if self._commit is None:
            self._commit = asyncio.create_task(self._commit_soon())
        await asyncio.shield(self._commit)

    async def _commit_soon(self) -> None:
        await asyncio.sleep(_COMMIT_EVERY)
        self._commit = None
        self._store.flush()
