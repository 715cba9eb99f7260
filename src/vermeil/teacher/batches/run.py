"""Batch mode: sends requests in batches and collects the results; nothing is paid twice.

A batch is stored before it is submitted, and its server id as soon as it is known. After a crash
between the two, the server is searched for the batch by name. Results become ordinary attempts in
the reply store. Requests without a result can be sent again, in a batch or online.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import closing

from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Request, State
from vermeil.tasks.protocol import ReplyResult
from vermeil.teacher.backends.registry import OpenBatches, open_batches
from vermeil.teacher.batches.batch_run import BatchRun, LazyBackend
from vermeil.teacher.batches.collect import CollectedResults
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.engine import OVER_LIMIT, Read
from vermeil.teacher.report import RequestReport, RunStatistics
from vermeil.teacher.store.store import ReplyStore


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
    """Send every request without a stored reply in batches, wait, and read all replies.

    Requests in batches of an earlier run are not sent again. Requests without a result (expired,
    cancelled, lost, temporary error) are sent in another batch, until ``config.retries`` rounds in
    a row have returned no reply. After an interruption, batches continue at the server, and the
    next run collects them.

    The maximum charge of a batch is reserved before it is submitted and until it is closed. The
    spending limits therefore apply to all batches, runs and online requests together. Requests
    that do not fit next to open batches are tried again when these have ended.

    Args:
        requests: returns the requests; called more than once.
        config: model, server and limits.
        store: holds the replies.
        read: reads a reply (`Task.read`).
        progress: called with the number of processed requests of open batches.
        total: number of requests, for the progress; None: unknown.
        connect: opens the batch backend; defaults to `open_batches`.

    Raises:
        TeacherError: no batch can succeed. Replies received before are stored.
        ConfigError: the teacher's address or key is missing or wrong, sending text to it is not
            allowed, or a limit on cost is set for a model whose price is unknown.
        DataError: the store cannot be written.
    """
    started = time.monotonic()
    connect, server = connect or open_batches, server_key(config)
    with BatchStore(store.path) as batches:
        with closing(LazyBackend(connect, config)) as backend:
            run = BatchRun(config, store, batches, backend, progress, server)
            run.submit_and_wait(requests)
        statistics = RunStatistics(progress, total)
        over_limit = run.spending_limit.over_limit
        _record_states(statistics, requests(), store, batches, read, over_limit)
        run.record(statistics)
    return statistics.report(time.monotonic() - started, store.spent())


def finish_batches(
    config: TeacherConfig,
    store: ReplyStore,
    progress: Progress = silent,
    connect: OpenBatches | None = None,
) -> CollectedResults:
    """Cancel the open batches of this teacher and collect their results.

    Afterwards, the remaining requests can be sent online, and nothing is paid twice.

    Args:
        config: model, server and limits.
        store: holds the replies.
        progress: called with the number of processed requests of open batches.
        connect: opens the batch backend; defaults to `open_batches`.

    Raises:
        TeacherError: the server cannot be used.
        ConfigError: the teacher's address or key is missing or wrong.
        DataError: the store cannot be written.
    """
    with BatchStore(store.path) as batches:
        if not batches.batches(server_key(config), only_open=True):
            return CollectedResults()
        with closing(LazyBackend(connect or open_batches, config)) as backend:
            run = BatchRun(config, store, batches, backend, progress, server_key(config))
            run.finish()
            return run.collected


def server_key(config: TeacherConfig) -> str:
    """Return the key under which the batches of a teacher are stored: backend and address."""
    return f"{config.backend} {config.base_url.rstrip('/')}"


def _record_states(
    statistics: RunStatistics,
    requests: Iterable[Request],
    store: ReplyStore,
    batches: BatchStore,
    read: Read,
    over_limit: Collection[str],
) -> None:
    """Record the state of every request."""
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
            reading = ReplyResult(state, problem=error or "not sent yet")
        statistics.record_state(request, reading)
