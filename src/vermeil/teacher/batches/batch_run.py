"""Batch run: submits missing requests in batches, polls them and collects their results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from vermeil.data.progress import Progress
from vermeil.data.reply import Request
from vermeil.errors import TeacherError
from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.backends.batch_base import BatchBackend
from vermeil.teacher.backends.batch_types import BatchPhase, ProviderBatch
from vermeil.teacher.backends.registry import OpenBatches
from vermeil.teacher.batches.batch_file import BatchFile
from vermeil.teacher.batches.collect import CollectedResults, collect_results
from vermeil.teacher.batches.spending import BatchSpendingLimit
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.report import RunStatistics
from vermeil.teacher.store.store import ReplyStore

_FIRST_POLL_DIVISOR = 32
"""The first poll interval is ``teacher.batch_poll`` divided by this; it doubles with every poll."""
_MAX_POLLS = 3
"""Maximum number of searches for a batch without an id, and of reads of incomplete results."""


class LazyBackend:
    """Batch backend that is opened on first use, because there may be nothing to do."""

    def __init__(self, connect: OpenBatches, config: TeacherConfig) -> None:
        self._connect, self._config = connect, config
        self._opened: BatchBackend | None = None

    def __call__(self) -> BatchBackend:
        """Return the backend; open it if necessary."""
        if self._opened is None:
            self._opened = self._connect(self._config)
        return self._opened

    def close(self) -> None:
        """Close the backend if it was opened."""
        if self._opened is not None:
            self._opened.close()


class BatchRun:
    """Run that submits requests in batches, or finishes the open ones.

    Args:
        config: model, limits and poll interval.
        store: receives replies and errors.
        batches: holds the batches.
        backend: opens the batch backend.
        progress: called with the number of processed requests of open batches.
        server: key of the teacher's batches (`server_key`).
    """

    def __init__(
        self,
        config: TeacherConfig,
        store: ReplyStore,
        batches: BatchStore,
        backend: LazyBackend,
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
        """Submit batches and wait until no reply is missing or retries are exhausted."""
        with self._report_interrupt():
            unproductive_rounds = 0
            while unproductive_rounds <= self._config.retries:
                self._blocked = None
                self._submit(requests())
                if not self._open():
                    return
                replies = self.collected.replies
                self._wait()
                progressed = self.collected.replies > replies
                unproductive_rounds = 0 if progressed else unproductive_rounds + 1
            if self._blocked:
                raise self._fatal_error(self._blocked)

    def finish(self) -> None:
        """Cancel open batches and collect their results."""
        self._is_cancelling = True
        with self._report_interrupt():
            for batch in self._open():
                if batch.server_id is not None:
                    self._with_retries(self._backend().cancel, batch.server_id)
            self._wait()

    def record(self, statistics: RunStatistics) -> None:
        """Add the totals of this run to the statistics."""
        names = [batch.name for batch in self._submitted]
        unsent = sum(
            not self._batches.contains(key, names) for key in self.spending_limit.over_limit
        )
        statistics.sent = self._batches.count_distinct(names) + unsent
        statistics.reused = statistics.completed - statistics.sent
        statistics.attempts = sum(batch.requests for batch in self._submitted)
        statistics.replies, statistics.usage = self.collected.replies, self.collected.usage
        statistics.estimated_charges = self.collected.estimated_charges
        statistics.has_price = self.spending_limit.has_price
        statistics.record_charge(self.collected.charged)

    def _open(self) -> list[ProviderBatch]:
        return self._batches.batches(self._server, only_open=True)

    def _submit(self, requests: Iterable[Request]) -> None:
        """Submit all requests without a reply that are in no batch and fit the spending limits.

        Requests that exceed the limits are added to ``spending_limit.over_limit``.
        """
        self.spending_limit.over_limit.clear()
        self.spending_limit.refresh()
        for batch_file in self._batch_files(requests):
            self._send(batch_file)
            self.spending_limit.refresh()
            if self._blocked:
                return

    def _batch_files(self, requests: Iterable[Request]) -> Iterator[BatchFile]:
        batch_file: BatchFile | None = None
        try:
            for request, key in self._missing(requests):
                batch_file = batch_file or self._new_batch_file()
                max_charge = self.spending_limit.max_charge(request)
                if key in batch_file.keys:
                    continue
                if not self.spending_limit.fits(batch_file.max_charge + max_charge):
                    self.spending_limit.over_limit.add(key)
                    continue
                if batch_file.add(request, key, max_charge):
                    continue
                if batch_file.requests:
                    yield batch_file
                    batch_file = self._new_batch_file()
                if not batch_file.add(request, key, max_charge):
                    self._reject_too_large(request, key)
            if batch_file is not None and batch_file.requests:
                yield batch_file
        finally:
            if batch_file is not None:
                batch_file.close()

    def _missing(self, requests: Iterable[Request]) -> Iterator[tuple[Request, str]]:
        for request in requests:
            key = request.key
            known = self._store.get(key) is not None or self._batches.is_pending(key)
            if not known and key not in self.collected.rejected:
                yield request, key

    def _new_batch_file(self) -> BatchFile:
        return BatchFile(self._backend(), self._config.batch_requests, self._store.path.parent)

    def _reject_too_large(self, request: Request, key: str) -> None:
        max_bytes = self._backend().limits.max_bytes
        error = f"the request is larger than a batch may be ({max_bytes:,} bytes)"
        self._store.put(request, error=error)
        self.collected.rejected.add(key)

    def _send(self, batch_file: BatchFile) -> None:
        with batch_file:
            reservation = self.spending_limit.make_reservation(
                batch_file.name, self._config.model, batch_file.max_charge
            )
            batch = self._batches.create(
                batch_file.name, self._server, batch_file.requests, reservation
            )
            if batch is None:  # another process has spent the rest meanwhile
                self.spending_limit.over_limit |= batch_file.keys
                return
            self._submitted.append(batch)
            try:
                server_id = self._backend().submit(batch, batch_file.content())
            except AttemptError as fault:
                # After an error other than a rejection, the server may have received the batch;
                # `_recover` searches for it.
                if fault.scope is not ErrorScope.ATTEMPT:
                    self._batches.close(batch, BatchPhase.LOST, str(fault))
                    raise self._fatal_error(fault.advice) from None
                self._blocked = str(fault)
            else:
                self._batches.mark_submitted(batch, server_id)

    def _wait(self) -> None:
        """Poll until no batch is open; if a submission was blocked, until one batch has ended."""
        pause = self._config.batch_poll / _FIRST_POLL_DIVISOR
        while batches := self._open():
            ended = [self._with_retries(self._advance, batch) for batch in batches]
            waiting = len(self._open())
            self._report_progress(batches, waiting)
            if not waiting or (self._blocked and any(ended)):
                return
            time.sleep(pause)
            pause = min(pause * 2, self._config.batch_poll)

    @contextmanager
    def _report_interrupt(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            pending = sum(batch.requests for batch in self._open())
            if pending:
                stage = "left at the server; run the same command again to continue"
                self._progress(stage, pending, pending, {})
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
        """Call ``work``, and raise if it fails too often in a row; False after a failure."""
        try:
            done = bool(work(*arguments))
        except AttemptError as fault:
            self._failures += 1
            is_fatal = fault.scope in (ErrorScope.TEACHER, ErrorScope.SETTINGS)
            if is_fatal or self._failures > self._config.retries:
                raise self._fatal_error(fault.advice) from None
            time.sleep(min(fault.retry_after or 0.0, self._config.batch_poll))
            return False
        self._failures = 0
        return done

    def _advance(self, batch: ProviderBatch) -> bool:
        """Poll one batch and store its results; return whether it has ended with results."""
        if batch.server_id is None:
            self._recover(batch)
            return False
        status = self._backend().poll(batch.server_id)
        self._completed[batch.name] = status.completed
        if status.state == "failed":
            self._batches.close(batch, BatchPhase.LOST, status.note, unbilled=status.unbilled)
            if not status.retry_later and not self._is_cancelling:
                raise AttemptError(
                    f"the batch {batch.server_id} failed: {status.note}", ErrorScope.TEACHER
                )
            self._blocked = status.note
        return status.state == "ended" and self._collect(batch, batch.server_id)

    def _recover(self, batch: ProviderBatch) -> None:
        """Search the server for a batch whose id is unknown; mark it as lost if it is not there."""
        known = {b.server_id for b in self._batches.batches() if b.server_id is not None}
        found = self._backend().find(batch, known)
        if found.server_id is not None:
            self._batches.mark_submitted(batch, found.server_id)
            self._polls.pop(batch.name, None)
            if self._is_cancelling:
                self._backend().cancel(found.server_id)
        elif not found.inconclusive and self._is_poll_limit_reached(batch):
            self._batches.close(batch, BatchPhase.LOST, "not received by the server")

    def _collect(self, batch: ProviderBatch, server_id: str) -> bool:
        results = self._backend().results(server_id)
        complete = collect_results(
            results, batch, self._store, self._batches, self.spending_limit, self.collected
        )
        if not complete and not self._is_poll_limit_reached(batch):
            return False
        for request in self._batches.pending_requests(batch):
            self.collected.failed += 1
            error = f"not among the results of the batch {batch.name}"
            if self._store.error(request.key) != error:
                # The server may have processed and billed it.
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
            f"{fault}\n{self.collected.replies} replies were received and stored, {running} "
            "batches continue at the server; run the same command again to continue"
        )
