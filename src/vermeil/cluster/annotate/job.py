"""Asking the teacher from many machines: stores of their own, one purse and one pace for all."""

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
from vermeil.errors import ConfigError, DataError
from vermeil.teacher.backends.base import Backend
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.engine import Read, SendRequests, send_requests
from vermeil.teacher.report import RequestReport, Tally
from vermeil.teacher.store.store import ReplyStore

_SUFFIXES = ("", "-wal", "-shm")
_CLIENT_UNSUPPORTED = (
    "cluster.address: annotate has to be started on a machine of the cluster, for what an attempt "
    "can cost is put aside beside the store before it is sent; log in there, or use `ray job "
    'submit`, and set address = "auto"'
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Requests that one worker takes over.

    Args:
        name: the same for the same requests in every run.
        requests: each with another key.
    """

    name: str
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What came of a chunk.

    Args:
        report: states and usage.
        unanswered: keys that have no reply, with state and problem.
    """

    report: RequestReport
    unanswered: dict[str, tuple[State, str]]


def request_sender_for(cluster: ClusterConfig) -> SendRequests:
    """Return what asks on a cluster, in place of `vermeil.teacher.engine.ask`.

    Workers take the requests over in chunks, and store replies on their own machine's disk; at the
    end of a chunk its replies are merged into the store, which lies here. One actor here holds the
    limits on rates and spending for all, and puts aside durably what an attempt can cost before it
    is sent. The chunk of a worker that died goes to another one. Where that comes upon the store of
    the former (on the same machine), nothing is asked again; where the machine is lost, what it had
    asked since the last merging is, and stays counted as spent.

    Args:
        cluster: which cluster, and what a worker gets of it.
    """
    require_ray()  # tell at once where it is missing

    def ask_there(
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
        if cluster.is_remote:
            raise ConfigError(_CLIENT_UNSUPPORTED)
        del missing  # progress goes by chunks
        books = _ChunkedRun(store, read, progress, total)
        with connected(cluster):
            books.run(requests, _ChunkWorkers(cluster, config, store.path, read, connect))
        return books.report(store)

    return ask_there


class _ChunkWorkers:
    """Sends chunks to the cluster."""

    def __init__(
        self,
        cluster: ClusterConfig,
        config: TeacherConfig,
        store: Path,
        read: Read,
        connect: Callable[[], Backend] | None,
    ) -> None:
        self.cluster = cluster
        ray = require_ray()
        self._ray, self._coordinator = ray, start_coordinator(config, store)
        expectation = ray.get(self._coordinator.expectation.remote())
        self._shared = ray.put((config, read, connect, expectation))
        self._task = ray.remote(_send_chunk).options(**worker_options(cluster), max_retries=0)
        place = hashlib.sha256(str(store.absolute()).encode()).hexdigest()[:16]
        self._scratch = Path(cluster.scratch or gettempdir()) / f"vermeil-shards-{place}"
        self._leases, self._lease_numbers = dict[str, str](), count()

    def submit(self, chunk: Chunk) -> list[Any]:
        """Start a chunk under a new lease."""
        lease = self._leases[chunk.name] = f"{chunk.name}.{next(self._lease_numbers)}"
        return [self._task.remote(chunk, self._shared, self._coordinator, lease, self._scratch)]

    def on_worker_lost(self, chunk: Chunk) -> None:
        """End the lease of a worker that died."""
        self._ray.get(self._coordinator.end.remote(self._leases[chunk.name]))

    def close(self) -> None:
        """Let the treasury write everything and end."""
        self._ray.get(self._coordinator.close.remote())
        self._ray.kill(self._coordinator)


def _send_chunk(
    chunk: Chunk, shared: Any, coordinator: Any, lease: str, scratch: Path
) -> ChunkResult:
    """Ask, in a worker; the replies are merged into the store before this returns or raises."""
    ray = require_ray()
    config, read, connect, expectation = shared
    shard = scratch / f"{chunk.name}.sqlite"
    try:
        with ReplyStore(shard) as store:
            gates = remote_admission(coordinator, lease, expectation)
            report = send_requests(
                chunk.requests, config, store, read, connect=connect, make_admission=gates
            )
            unanswered = dict(_unanswered(chunk.requests, store))
    finally:
        if shard.exists():
            ray.get(coordinator.merge.remote(lease, shard.read_bytes()))
    for suffix in _SUFFIXES:
        shard.with_name(shard.name + suffix).unlink(missing_ok=True)
    return ChunkResult(report, unanswered)


def _unanswered(
    requests: Iterable[Request], store: ReplyStore
) -> Iterator[tuple[str, tuple[State, str]]]:
    for request in requests:
        if store.get(request.key) is None:
            error = store.error(request.key)
            state = State.OVER_BUDGET if error is None else State.FAILED
            yield request.key, (state, error or state.value)


class _ChunkedRun:
    """Divides requests into chunks, and counts what becomes of each."""

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
        self._totals = RequestReport(cost_usd=0.0)

    def run(self, requests: Iterable[Request], workers: _ChunkWorkers) -> None:
        """Have everything asked that has no reply, and count it all."""
        chunks = self._chunks(requests, workers.cluster.chunk_documents)

        def lost(chunk: Chunk) -> None:
            self._reassigned += 1
            workers.on_worker_lost(chunk)

        try:
            for done in run_units(
                chunks, workers.submit, workers.cluster, on_worker_lost=lost, prefetch=1
            ):
                self._add_result(done.value)
        finally:
            workers.close()
        for request in self._duplicates:
            self._count_stored(request)

    def _chunks(self, requests: Iterable[Request], size: int) -> Iterator[Chunk]:
        chunk: list[Request] = []
        for request in requests:
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
            state, problem = reading.state, reading.problem
        elif request.key in self._unanswered:
            state, problem = self._unanswered[request.key]
        else:
            raise DataError(f"lost the reply about document {request.document_id!r}; please report")
        self._stored += 1
        self._tally.add(request.document_id, request.sample, state, problem)
        self._report_progress()

    def _add_result(self, result: ChunkResult) -> None:
        self._unanswered |= result.unanswered
        one, sum_ = result.report, self._totals
        self._tally.states.update(one.states)
        known = Counter(problem.state for problem in self._tally.problems)
        self._tally.problems += [p for p in one.problems if known[p.state] < _EXAMPLES]
        cost = None if one.cost_usd is None else (sum_.cost_usd or 0.0) + one.cost_usd
        self._totals = RequestReport(
            sum_.requests + one.requests,
            sum_.sent + one.sent,
            sum_.reused + one.reused,
            sum_.attempts + one.attempts,
            usage=sum_.usage + one.usage,
            cost_usd=cost,
        )
        self._report_progress()

    def _report_progress(self) -> None:
        detail: dict[str, float | int | str] = {"tokens": self._totals.usage.total}
        if self._reassigned:
            detail["taken over"] = self._reassigned
        self._progress("annotate", self._tally.states.total(), self._total, detail)

    def report(self, store: ReplyStore) -> RequestReport:
        """Return the report, once the totals reconcile."""
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
        )


_EXAMPLES = 5


def _make_chunk(requests: list[Request]) -> Chunk:
    digest = hashlib.sha256("".join(request.key for request in requests).encode())
    return Chunk(digest.hexdigest()[:24], tuple(requests))
