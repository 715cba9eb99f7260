"""Asks what is missing by the batch, and collects what batches bring: nothing is paid twice.

What is about to be submitted is written down first; the server's id as soon as it is known. After a
crash between the two the server is asked for the batch by name. Results become ordinary attempts in
the store, and whatever a batch did not bring is free to be asked again, in a batch or online.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Request, State
from vermeil.errors import TeacherError
from vermeil.tasks.protocol import ReplyResult
from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.backends.batch_base import BatchBackend
from vermeil.teacher.backends.batch_types import BatchPhase, ProviderBatch
from vermeil.teacher.backends.registry import OpenBatches, open_batches
from vermeil.teacher.batches.batch_file import BatchFile
from vermeil.teacher.batches.collect import CollectedResults, collect_results
from vermeil.teacher.batches.spending import BatchSpendingLimit
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.engine import OVER_LIMIT, Read
from vermeil.teacher.report import RequestReport, RunStatistics
from vermeil.teacher.store.store import ReplyStore

_FIRST_POLL_DIVISOR = 32
"""The first look at batches comes so much sooner than the later ones."""
_MAX_POLLS = 3
"""How often we look for a batch without an id, and at results that lack lines."""


def send_in_batches(
    requests: Callable[[], Iterable[Request]],
    config: TeacherConfig,
    store: ReplyStore,
    read: Read,
    progress: Progress = silent,
    *,
    total: int | None = None,
    connect: OpenBatches | None = None,
) -> RequestReport:
    """Ask every request that has no reply in the store by the batch, wait, and read all replies.

    What an earlier run submitted is waited for, not asked again. Whatever a batch did not bring
    (expired, cancelled, lost, a fault that may pass) is put into another one, up to
    ``config.retries`` times in a row without any reply. When this is interrupted, batches go on at
    the server, and the next run collects them.

    What all requests of a batch can cost at most is put aside before it is submitted, for as long
    as it is open. So the limits on spending hold over all batches, runs and what is asked online.
    What does not fit beside the batches that run is tried again when those have ended.

    Args:
        requests: gives the questions; called more than once.
        config: how to ask.
        store: where replies are and go.
        read: gives the state of a reply (`Task.read`).
        progress: told how many requests of running batches are through.
        total: number of requests, for the progress.
        connect: gives who takes batches; None: the server of ``config``.

    Raises:
        TeacherError: no batch can succeed. What had arrived is stored.
        ConfigError: the teacher's address or key is missing or wrong, nobody agreed to send text
            there, or a limit on cost is set for a model whose price is not known.
        DataError: the store cannot be written.
    """
    started = time.monotonic()
    connect, server = connect or open_batches, server_key(config)
    with BatchStore(store.path) as batches:
        with closing(_LazyBackend(connect, config)) as backend:
            run = _BatchRun(config, store, batches, backend, progress, server)
            run.submit_and_wait(requests)
        ledger = RunStatistics(progress, total)
        _record_states(ledger, requests(), store, batches, read, run.spending_limit.over_limit)
        run.record(ledger)
    return ledger.report(time.monotonic() - started, store.spent())


def finish_batches(
    config: TeacherConfig,
    store: ReplyStore,
    progress: Progress = silent,
    connect: OpenBatches | None = None,
) -> CollectedResults:
    """Collect what batches of this teacher have brought, and stop those that still run.

    So that what was begun in batches can go on online without paying for anything twice.

    Raises:
        TeacherError, ConfigError, DataError: as `ask_in_batches`.
    """
    with BatchStore(store.path) as batches:
        if not batches.batches(server_key(config), only_open=True):
            return CollectedResults()
        with closing(_LazyBackend(connect or open_batches, config)) as backend:
            run = _BatchRun(config, store, batches, backend, progress, server_key(config))
            run.finish()
            return run.collected


def server_key(config: TeacherConfig) -> str:
    """Return the name under which a teacher's batches are kept."""
    return f"{config.backend} {config.base_url.rstrip('/')}"


class _LazyBackend:
    """A backend that is opened when it is first needed: there may be nothing to do."""

    def __init__(self, connect: OpenBatches, config: TeacherConfig) -> None:
        self._connect, self._config = connect, config
        self._opened: BatchBackend | None = None

    def __call__(self) -> BatchBackend:
        if self._opened is None:
            self._opened = self._connect(self._config)
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


class _BatchRun:
    def __init__(
        self,
        config: TeacherConfig,
        store: ReplyStore,
        batches: BatchStore,
        backend: _LazyBackend,
        progress: Progress,
        server: str,
    ) -> None:
        self.collected, self.spending_limit = CollectedResults(), BatchSpendingLimit(config, store)
        self._config, self._store, self._batches = config, store, batches
        self._backend, self._progress, self._server = backend, progress, server
        self._submitted: list[ProviderBatch] = []
        self._polls: dict[str, int] = {}
        self._completed: dict[str, int] = {}
        self._failures = 0
        self._blocked: str | None = None
        self._is_cancelling = False

    def submit_and_wait(self, requests: Callable[[], Iterable[Request]]) -> None:
        """Submit and wait until nothing is missing, or nothing more is to be had."""
        with self._report_interrupt():
            in_vain = 0
            while in_vain <= self._config.retries:
                self._blocked = None
                self._submit(requests())
                if not self._open():
                    return
                replies = self.collected.replies
                self._wait()
                in_vain = 0 if self.collected.replies > replies else in_vain + 1
            if self._blocked:
                raise self._fatal_error(self._blocked)

    def finish(self) -> None:
        """Stop what runs and collect what there is."""
        self._is_cancelling = True
        with self._report_interrupt():
            for batch in self._open():
                if batch.server_id is not None:
                    self._with_retries(self._backend().cancel, batch.server_id)
            self._wait()

    def record(self, statistics: RunStatistics) -> None:
        """Write what this run did into the books."""
        made = [batch.name for batch in self._submitted]
        unsent = sum(
            not self._batches.contains(key, made) for key in self.spending_limit.over_limit
        )
        statistics.sent = self._batches.count_distinct(made) + unsent
        statistics.reused = statistics.completed - statistics.sent
        statistics.attempts = sum(batch.requests for batch in self._submitted)
        statistics.replies, statistics.usage = self.collected.replies, self.collected.usage
        statistics.has_price = self.spending_limit.has_price
        statistics.record_charge(self.collected.charged)

    def _open(self) -> list[ProviderBatch]:
        return self._batches.batches(self._server, only_open=True)

    def _submit(self, requests: Iterable[Request]) -> None:
        """Put everything into batches that has neither a reply nor a place in one, nor is too dear.

        Of what is too dear the purse takes note.
        """
        self.spending_limit.over_limit.clear()
        self.spending_limit.refresh()
        for pack in self._batch_files(requests):
            self._send(pack)
            self.spending_limit.refresh()
            if self._blocked:
                return

    def _batch_files(self, requests: Iterable[Request]) -> Iterator[BatchFile]:
        pack: BatchFile | None = None
        try:
            for request, key in self._missing(requests):
                pack = pack or self._new_batch_file()
                most = self.spending_limit.max_charge(request)
                if key in pack.keys:
                    continue
                if not self.spending_limit.fits(pack.max_charge + most):
                    self.spending_limit.over_limit.add(key)
                    continue
                if pack.add(request, key, most):
                    continue
                if pack.requests:
                    yield pack
                    pack = self._new_batch_file()
                if not pack.add(request, key, most):
                    self._reject_too_large(request, key)
            if pack is not None and pack.requests:
                yield pack
        finally:
            if pack is not None:
                pack.close()

    def _missing(self, requests: Iterable[Request]) -> Iterator[tuple[Request, str]]:
        for request in requests:
            key = request.key
            there = self._store.get(key) is not None or self._batches.is_pending(key)
            if not there and key not in self.collected.rejected:
                yield request, key

    def _new_batch_file(self) -> BatchFile:
        return BatchFile(self._backend(), self._config.batch_requests, self._store.path.parent)

    def _reject_too_large(self, request: Request, key: str) -> None:
        size = self._backend().limits.max_bytes
        self._store.put(request, error=f"the request alone is larger than a batch ({size:,} bytes)")
        self.collected.rejected.add(key)

    def _send(self, batch_file: BatchFile) -> None:
        with batch_file:
            reserved = self.spending_limit.make_reservation(
                batch_file.name, self._config.model, batch_file.max_charge
            )
            batch = self._batches.create(
                batch_file.name, self._server, batch_file.requests, reserved
            )
            if batch is None:  # somebody else has spent it meanwhile
                self.spending_limit.over_limit |= batch_file.keys
                return
            self._submitted.append(batch)
            try:
                server_id = self._backend().submit(batch, batch_file.content())
            except AttemptError as fault:
                # Turned down for good, or else it may be there though we have no answer: the wait
                # will tell.
                if fault.scope is not ErrorScope.ATTEMPT:
                    self._batches.close(batch, BatchPhase.LOST, str(fault))
                    raise self._fatal_error(str(fault)) from None
                self._blocked = str(fault)
            else:
                self._batches.mark_submitted(batch, server_id)

    def _wait(self) -> None:
        """Look at open batches until none is; after a refused one, until another has ended."""
        pause = self._config.batch_poll / _FIRST_POLL_DIVISOR
        while batches := self._open():
            harvested = [self._with_retries(self._advance, batch) for batch in batches]
            waiting = len(self._open())
            self._report_progress(batches, waiting)
            if not waiting or (self._blocked and any(harvested)):
                return
            time.sleep(pause)
            pause = min(pause * 2, self._config.batch_poll)

    @contextmanager
    def _report_interrupt(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            left = sum(batch.requests for batch in self._open())
            if left:
                stage = "left at the server; the same command goes on with them"
                self._progress(stage, left, left, {})
            raise

    def _report_progress(self, batches: Sequence[ProviderBatch], waiting: int) -> None:
        total = sum(batch.requests for batch in batches)
        done = sum(self._completed.get(batch.name, 0) for batch in batches)
        detail: dict[str, float | int | str] = {
            "batches running": waiting,
            "replies": self.collected.replies,
            "failed": self.collected.failed,
        }
        self._progress("batch", done if waiting else total, total, detail)

    def _with_retries(self, work: Callable[..., bool | None], *arguments: object) -> bool:
        """Do something that may go wrong now and then; too often in a row, and it is an error."""
        try:
            done = bool(work(*arguments))
        except AttemptError as fault:
            self._failures += 1
            if fault.scope is ErrorScope.TEACHER or self._failures > self._config.retries:
                raise self._fatal_error(str(fault)) from None
            time.sleep(min(fault.retry_after or 0.0, self._config.batch_poll))
            return False
        self._failures = 0
        return done

    def _advance(self, batch: ProviderBatch) -> bool:
        """Get on with one batch; return whether it has ended with results."""
        if batch.server_id is None:
            self._recover(batch)
            return False
        look = self._backend().poll(batch.server_id)
        self._completed[batch.name] = look.completed
        if look.state == "failed":
            self._batches.close(batch, BatchPhase.LOST, look.note, unbilled=look.unbilled)
            if not look.retry_later and not self._is_cancelling:
                raise AttemptError(
                    f"the batch {batch.server_id} failed: {look.note}", ErrorScope.TEACHER
                )
            self._blocked = look.note
        return look.state == "ended" and self._collect(batch, batch.server_id)

    def _recover(self, batch: ProviderBatch) -> None:
        """Find the server's id of a batch, or find out that there is none."""
        known = {b.server_id for b in self._batches.batches() if b.server_id is not None}
        found = self._backend().find(batch, known)
        if found.server_id is not None:
            self._batches.mark_submitted(batch, found.server_id)
            self._polls.pop(batch.name, None)
            if self._is_cancelling:
                self._backend().cancel(found.server_id)
        elif not found.inconclusive and self._is_poll_limit_reached(batch):
            self._batches.close(batch, BatchPhase.LOST, "never reached the server")

    def _collect(self, batch: ProviderBatch, server_id: str) -> bool:
        results = self._backend().results(server_id)
        whole = collect_results(
            results, batch, self._store, self._batches, self.spending_limit, self.collected
        )
        if not whole and not self._is_poll_limit_reached(batch):
            return False
        for request in self._batches.pending_requests(batch):
            self.collected.failed += 1
            error = f"not among the results of the batch {batch.name}"
            if self._store.error(request.key) != error:
                # It may have been answered, and have to be paid.
                charge = self.spending_limit.max_charge(request)
                self._store.add(request, error=error, charge=charge)
                self.collected.charged += charge
        self._store.flush()
        self._batches.close(batch, BatchPhase.COLLECTED)
        return True

    def _is_poll_limit_reached(self, batch: ProviderBatch) -> bool:
        self._polls[batch.name] = self._polls.get(batch.name, 0) + 1
        return self._polls[batch.name] >= _MAX_POLLS

    def _fatal_error(self, fault: str) -> TeacherError:
        running = len(self._open())
        return TeacherError(
            f"{fault}\n{self.collected.replies} replies came and are stored, {running} batches go on "
            "at the server; run the same again to go on"
        )


def _record_states(
    statistics: RunStatistics,
    requests: Iterable[Request],
    store: ReplyStore,
    batches: BatchStore,
    read: Read,
    over_limit: Collection[str],
) -> None:
    """Write the state of every request into the books."""
    for request in requests:
        key = request.key
        reply = store.get(key)
        if reply is not None:
            reading = read(request.text, reply)
        elif key in over_limit:
            reading = ReplyResult(State.OVER_BUDGET, problem=OVER_LIMIT)
        else:
            error = None if batches.is_pending(key) else store.error(key)
            state = State.PENDING if error is None else State.FAILED
            reading = ReplyResult(state, problem=error or "not asked yet")
        statistics.record_state(request.document_id, request.sample, reading.state, reading.problem)
