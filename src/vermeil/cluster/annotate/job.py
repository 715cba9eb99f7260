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

from vermeil.cluster.annotate.admission import shared_gates
from vermeil.cluster.annotate.coordinator import open_treasury
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import connected, require_ray, worker_options
from vermeil.cluster.work_pool import flow
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Request, State
from vermeil.errors import ConfigError, DataError
from vermeil.teacher.backends.base import Backend
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.engine import Ask, Read, ask
from vermeil.teacher.report import AskReport, Tally
from vermeil.teacher.store.store import ReplyStore

_SUFFIXES = ("", "-wal", "-shm")
_NOT_FROM_OUTSIDE = (
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
class Asked:
    """What came of a chunk.

    Args:
        report: states and usage.
        unanswered: keys that have no reply, with state and problem.
    """

    report: AskReport
    unanswered: dict[str, tuple[State, str]]


def ask_on(cluster: ClusterConfig) -> Ask:
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
    ) -> AskReport:
        if cluster.is_remote:
            raise ConfigError(_NOT_FROM_OUTSIDE)
        del missing  # progress goes by chunks
        books = _Books(store, read, progress, total)
        with connected(cluster):
            books.all_of(requests, _Workers(cluster, config, store.path, read, connect))
        return books.report(store)

    return ask_there


class _Workers:
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
        self._ray, self._treasury = ray, open_treasury(config, store)
        expectation = ray.get(self._treasury.expectation.remote())
        self._shared = ray.put((config, read, connect, expectation))
        self._task = ray.remote(_ask_chunk).options(**worker_options(cluster), max_retries=0)
        place = hashlib.sha256(str(store.absolute()).encode()).hexdigest()[:16]
        self._scratch = Path(cluster.scratch or gettempdir()) / f"vermeil-shards-{place}"
        self._leases, self._numbers = dict[str, str](), count()

    def submit(self, chunk: Chunk) -> list[Any]:
        """Start a chunk under a new lease."""
        lease = self._leases[chunk.name] = f"{chunk.name}.{next(self._numbers)}"
        return [self._task.remote(chunk, self._shared, self._treasury, lease, self._scratch)]

    def lost(self, chunk: Chunk) -> None:
        """End the lease of a worker that died."""
        self._ray.get(self._treasury.end.remote(self._leases[chunk.name]))

    def close(self) -> None:
        """Let the treasury write everything and end."""
        self._ray.get(self._treasury.close.remote())
        self._ray.kill(self._treasury)


def _ask_chunk(chunk: Chunk, shared: Any, treasury: Any, lease: str, scratch: Path) -> Asked:
    """Ask, in a worker; the replies are merged into the store before this returns or raises."""
    ray = require_ray()
    config, read, connect, expectation = shared
    shard = scratch / f"{chunk.name}.sqlite"
    try:
        with ReplyStore(shard) as store:
            gates = shared_gates(treasury, lease, expectation)
            report = ask(chunk.requests, config, store, read, connect=connect, gates=gates)
            unanswered = dict(_unanswered(chunk.requests, store))
    finally:
        if shard.exists():
            ray.get(treasury.merge.remote(lease, shard.read_bytes()))
    for suffix in _SUFFIXES:
        shard.with_name(shard.name + suffix).unlink(missing_ok=True)
    return Asked(report, unanswered)


def _unanswered(
    requests: Iterable[Request], store: ReplyStore
) -> Iterator[tuple[str, tuple[State, str]]]:
    for request in requests:
        if store.get(request.key) is None:
            error = store.error(request.key)
            state = State.OVER_BUDGET if error is None else State.FAILED
            yield request.key, (state, error or state.value)


class _Books:
    """Divides requests into chunks, and counts what becomes of each."""

    def __init__(
        self, store: ReplyStore, read: Read, progress: Progress, total: int | None
    ) -> None:
        self._store, self._read, self._progress, self._total = store, read, progress, total
        self._began = time.monotonic()
        self._tally = Tally()
        self._seen: set[bytes] = set()
        self._twins: list[Request] = []
        self._unanswered: dict[str, tuple[State, str]] = {}
        self._stored = self._took_over = 0
        self._asked = AskReport(cost_usd=0.0)

    def all_of(self, requests: Iterable[Request], workers: _Workers) -> None:
        """Have everything asked that has no reply, and count it all."""
        chunks = self._chunks(requests, workers.cluster.chunk_documents)

        def lost(chunk: Chunk) -> None:
            self._took_over += 1
            workers.lost(chunk)

        try:
            for done in flow(chunks, workers.submit, workers.cluster, lost=lost, spare=1):
                self._add(done.value)
        finally:
            workers.close()
        for request in self._twins:
            self._count_stored(request)

    def _chunks(self, requests: Iterable[Request], size: int) -> Iterator[Chunk]:
        chunk: list[Request] = []
        for request in requests:
            key = request.key
            head = bytes.fromhex(key[:16])
            if head in self._seen:
                self._twins.append(request)
                continue
            self._seen.add(head)
            if self._store.get(key) is not None:
                self._count_stored(request)
                continue
            chunk.append(request)
            if len(chunk) == size:
                yield _named(chunk)
                chunk = []
        if chunk:
            yield _named(chunk)

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
        self._tell()

    def _add(self, asked: Asked) -> None:
        self._unanswered |= asked.unanswered
        one, sum_ = asked.report, self._asked
        self._tally.states.update(one.states)
        known = Counter(problem.state for problem in self._tally.problems)
        self._tally.problems += [p for p in one.problems if known[p.state] < _EXAMPLES]
        cost = None if one.cost_usd is None else (sum_.cost_usd or 0.0) + one.cost_usd
        self._asked = AskReport(
            sum_.requests + one.requests,
            sum_.asked + one.asked,
            sum_.already + one.already,
            sum_.attempts + one.attempts,
            usage=sum_.usage + one.usage,
            cost_usd=cost,
        )
        self._tell()

    def _tell(self) -> None:
        detail: dict[str, float | int | str] = {"tokens": self._asked.usage.total}
        if self._took_over:
            detail["taken over"] = self._took_over
        self._progress("annotate", self._tally.states.total(), self._total, detail)

    def report(self, store: ReplyStore) -> AskReport:
        """Return the report, once the totals reconcile."""
        requests = self._asked.requests + self._stored
        self._tally.check(requests)
        return AskReport(
            requests,
            self._asked.asked,
            self._asked.already + self._stored,
            self._asked.attempts,
            dict(self._tally.states),
            self._asked.usage,
            self._asked.cost_usd,
            store.spent(),
            time.monotonic() - self._began,
            tuple(self._tally.problems),
        )


_EXAMPLES = 5


def _named(requests: list[Request]) -> Chunk:
    digest = hashlib.sha256("".join(request.key for request in requests).encode())
    return Chunk(digest.hexdigest()[:24], tuple(requests))
