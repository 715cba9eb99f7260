"""Teacher requests from many machines: a store per worker, shared spending and rate limits."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from vermeil.cluster.annotate.admission import remote_admission
from vermeil.cluster.annotate.coordinator import start_coordinator
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import connected, require_ray, worker_options
from vermeil.cluster.work_pool import run_units
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Request, State
from vermeil.errors import ConfigError, DataError, TeacherError, TeacherStoppedError
from vermeil.tasks.protocol import ReplyResult
from vermeil.teacher.backends.base import Backend
from vermeil.teacher.backends.registry import BACKENDS
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.engine import NO_OPTIONS, Read, SendOptions, SendRequests, send_requests
from vermeil.teacher.report import RequestReport, Tally
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.usability import Usability, UsabilityTally, stopped_error

_SUFFIXES = ("", "-wal", "-shm")
"""Suffixes of the files of an SQLite database."""
_EXAMPLES = 5
"""Problems kept per state."""
_CLIENT_UNSUPPORTED = (
    "cluster.address: annotate has to be started on a machine of the cluster, because reservations "
    "are written to the reply store before each request; log in there, or use `ray job submit`, "
    'and set cluster.address = "auto"'
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Requests that one worker sends.

    Args:
        name: digest of the request keys, so that it is the same in every run.
        requests: requests with different keys.
    """

    name: str
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """Result of a chunk.

    Args:
        report: states and usage.
        unanswered: keys without a reply, with state and problem.
        stopped: the error after which the worker sent no further request: the first requests of all
            workers failed in the same way, or no request can succeed; None: the chunk is complete.
    """

    report: RequestReport
    unanswered: dict[str, tuple[State, str]]
    stopped: TeacherError | None = None


def request_sender_for(cluster: ClusterConfig) -> SendRequests:
    """Return a function that sends requests from a cluster, like `engine.send_requests`.

    Workers process requests in chunks and store replies on their machine's disk. At the end of a
    chunk its replies are merged into the reply store on this machine. One actor on this machine
    holds the limits on rates and spending of all workers. It reserves the maximum charge of an
    attempt durably before the attempt is sent. The chunk of a dead worker goes to another worker.
    If that one runs on the same machine, it finds the stored replies and sends none of them again.
    If the machine is lost, requests since the last merge are sent again, and their first attempts
    stay counted as spent.

    Args:
        cluster: address of the cluster, and resources of a worker.
    """
    require_ray()  # raises before any work if Ray is missing

    def send_from_cluster(
        requests: Iterable[Request],
        config: TeacherConfig,
        store: ReplyStore,
        read: Read,
        progress: Progress = silent,
        options: SendOptions = NO_OPTIONS,
    ) -> RequestReport:
        if cluster.is_remote:
            raise ConfigError(_CLIENT_UNSUPPORTED)
        if BACKENDS[config.backend].starts_server:
            raise ConfigError(
                f'teacher.backend = "{config.backend}" runs on one machine; use --on here, or a '
                "server that all machines reach"
            )
        if config.stop_after_failures and options.has_usable is not None and options.has_usable():
            config = config.model_copy(update={"stop_after_failures": 0})
        run = _ChunkedRun(store, read, progress, options.total)
        with connected(cluster):
            run.run(requests, _ChunkWorkers(cluster, config, store.path, read, options.connect))
        return run.report(store)

    return send_from_cluster


class _ChunkWorkers:
    """Starts the Ray task of each chunk, with a lease at the coordinator."""

    def __init__(
        self,
        cluster: ClusterConfig,
        config: TeacherConfig,
        store: Path,
        read: Read,
        connect: Callable[[], Backend] | None,
    ) -> None:
        self.cluster, self.config = cluster, config
        ray = require_ray()
        self._ray, self._coordinator = ray, start_coordinator(config, store)
        usage_estimate = ray.get(self._coordinator.usage_estimate.remote())
        self._shared = ray.put((config, read, connect, usage_estimate))
        self._task = ray.remote(_send_chunk).options(**worker_options(cluster), max_retries=0)
        digest = hashlib.sha256(str(store.absolute()).encode()).hexdigest()[:16]
        self._scratch = Path(cluster.scratch or gettempdir()) / f"vermeil-shards-{digest}"
        self._leases, self._lease_numbers = dict[str, str](), count()

    def submit(self, chunk: Chunk) -> list[Any]:
        """Start a chunk under a new lease."""
        lease = self._leases[chunk.name] = f"{chunk.name}.{next(self._lease_numbers)}"
        return [self._task.remote(chunk, self._shared, self._coordinator, lease, self._scratch)]

    def on_worker_lost(self, chunk: Chunk) -> None:
        """Revoke the lease of a worker that died."""
        self._ray.get(self._coordinator.revoke_lease.remote(self._leases[chunk.name]))

    def close(self) -> None:
        """Close the coordinator after it has written all records."""
        self._ray.get(self._coordinator.close.remote())
        self._ray.kill(self._coordinator)


def _send_chunk(
    chunk: Chunk, shared: Any, coordinator: Any, lease: str, scratch: Path
) -> ChunkResult:
    """Send a chunk from a worker; merge its replies into the store, also after an error."""
    ray = require_ray()
    config, read, connect, usage_estimate = shared
    shard = scratch / f"{chunk.name}.sqlite"
    try:
        with ReplyStore(shard) as store:
            admission = remote_admission(coordinator, lease, usage_estimate)
            report = send_requests(
                chunk.requests,
                config,
                store,
                read,
                options=SendOptions(connect=connect),
                make_admission=admission,
            )
            result = ChunkResult(report, dict(_unanswered(chunk.requests, store)))
    except TeacherError as error:
        # An error that is raised would cancel the requests in flight of the other workers.
        result = ChunkResult(RequestReport(), {}, error)
    finally:
        if shard.exists():
            ray.get(coordinator.merge.remote(lease, shard.read_bytes()))
    for suffix in _SUFFIXES:
        shard.with_name(shard.name + suffix).unlink(missing_ok=True)
    return result


def _unanswered(
    requests: Iterable[Request], store: ReplyStore
) -> Iterator[tuple[str, tuple[State, str]]]:
    for request in requests:
        if store.get(request.key) is None:
            error = store.error(request.key)
            state = State.OVER_BUDGET if error is None else State.FAILED
            yield request.key, (state, error or state.value)


class _ChunkedRun:
    """Divides requests into chunks, and counts the state of each request."""

    def __init__(
        self, store: ReplyStore, read: Read, progress: Progress, total: int | None
    ) -> None:
        self._store, self._read, self._progress, self._total = store, read, progress, total
        self._began = time.monotonic()
        self._tally = Tally()
        self._seen_keys: set[bytes] = set()
        self._duplicates: list[Request] = []
        self._unanswered: dict[str, tuple[State, str]] = {}
        self._stored = self._reassigned = 0
        self._usability, self._stopped = UsabilityTally(), False
        self._fatal: TeacherError | None = None
        self._chunk_usability = Usability()
        self._totals = RequestReport(cost_usd=0.0)

    def run(self, requests: Iterable[Request], workers: _ChunkWorkers) -> None:
        """Send all requests without a reply, and count the state of every request.

        Raises:
            TeacherStoppedError: the first requests of all workers failed in the same way.
            TeacherError: no request can succeed; the replies in flight are stored.
        """
        chunks = self._chunks(requests, workers.cluster.chunk_documents)

        def on_worker_lost(chunk: Chunk) -> None:
            self._reassigned += 1
            workers.on_worker_lost(chunk)

        try:
            for done in run_units(
                chunks, workers.submit, workers.cluster, on_worker_lost=on_worker_lost, prefetch=1
            ):
                self._add_result(done.value)
        finally:
            workers.close()
        if self._fatal is not None:
            raise self._fatal
        if self._stopped:
            raise stopped_error(self._all_usability(), workers.config.stop_after_failures)
        for request in self._duplicates:
            self._count_stored(request)

    def _chunks(self, requests: Iterable[Request], size: int) -> Iterator[Chunk]:
        chunk: list[Request] = []
        for request in requests:
            if self._stopped:
                return
            key = request.key
            head = bytes.fromhex(key[:16])
            if head in self._seen_keys:
                self._duplicates.append(request)
                continue
            self._seen_keys.add(head)
            if self._store.get(key) is not None:
                self._count_stored(request)
                continue
            chunk.append(request)
            if len(chunk) == size:
                yield _make_chunk(chunk)
                chunk = []
        if chunk:
            yield _make_chunk(chunk)

    def _count_stored(self, request: Request) -> None:
        reply = self._store.get(request.key)
        if reply is not None:
            reading = self._read(request.text, reply)
        elif request.key in self._unanswered:
            state, problem = self._unanswered[request.key]
            reading = ReplyResult(state, problem=problem)
        else:
            raise DataError(
                f"the reply for document {request.document_id!r} is missing in the store; please "
                "report this"
            )
        self._stored += 1
        self._tally.add(request.document_id, request.sample, reading.state, reading.problem)
        self._usability.add(reading)
        self._report_progress()

    def _all_usability(self) -> Usability:
        return self._usability.result + self._chunk_usability

    def _add_result(self, result: ChunkResult) -> None:
        if result.stopped is not None:
            self._stopped = True
            if isinstance(result.stopped, TeacherStoppedError):
                found = Usability(0, result.stopped.failures, result.stopped.problems)
                self._chunk_usability += found
            else:
                self._fatal = self._fatal or result.stopped
            return
        self._chunk_usability += result.report.usability
        self._unanswered |= result.unanswered
        report, totals = result.report, self._totals
        self._tally.states.update(report.states)
        known = Counter(problem.state for problem in self._tally.problems)
        self._tally.problems += [p for p in report.problems if known[p.state] < _EXAMPLES]
        cost = None if report.cost_usd is None else (totals.cost_usd or 0.0) + report.cost_usd
        self._totals = RequestReport(
            totals.requests + report.requests,
            totals.sent + report.sent,
            totals.reused + report.reused,
            totals.attempts + report.attempts,
            usage=totals.usage + report.usage,
            cost_usd=cost,
            timeouts=totals.timeouts + report.timeouts,
            estimated_charges=totals.estimated_charges + report.estimated_charges,
            left_out=totals.left_out + report.left_out,
        )
        self._report_progress()

    def _report_progress(self) -> None:
        detail: dict[str, float | int | str] = {"tokens": self._totals.usage.total}
        if self._reassigned:
            detail["reassigned"] = self._reassigned
        self._progress("annotate", self._tally.states.total(), self._total, detail)

    def report(self, store: ReplyStore) -> RequestReport:
        """Return the report after a check that the totals reconcile."""
        requests = self._totals.requests + self._stored
        self._tally.check(requests)
        return RequestReport(
            requests,
            self._totals.sent,
            self._totals.reused + self._stored,
            self._totals.attempts,
            dict(self._tally.states),
            self._totals.usage,
            self._totals.cost_usd,
            store.spent(),
            time.monotonic() - self._began,
            tuple(self._tally.problems),
            self._all_usability(),
            self._totals.timeouts,
            self._totals.estimated_charges,
            self._totals.left_out,
        )


def _make_chunk(requests: list[Request]) -> Chunk:
    digest = hashlib.sha256("".join(request.key for request in requests).encode())
    return Chunk(digest.hexdigest()[:24], tuple(requests))
