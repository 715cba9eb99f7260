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
from vermeil.tasks.protocol import Reading
from vermeil.teacher.backends.base import AttemptError, Scope
from vermeil.teacher.backends.batch_base import BatchBackend
from vermeil.teacher.backends.batch_types import Batch, Phase
from vermeil.teacher.backends.registry import Connect, open_batches
from vermeil.teacher.batches.batch_file import Pack
from vermeil.teacher.batches.budget import BatchPurse
from vermeil.teacher.batches.collect import Harvest, harvest
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.engine import OVER, Read
from vermeil.teacher.report import AskReport, Ledger
from vermeil.teacher.store.store import ReplyStore

_QUICKER = 32
"""The first look at batches comes so much sooner than the later ones."""
_LOOKS = 3
"""How often we look for a batch without an id, and at results that lack lines."""


def ask_in_batches(
    requests: Callable[[], Iterable[Request]],
    config: TeacherConfig,
    store: ReplyStore,
    read: Read,
    progress: Progress = silent,
    *,
    total: int | None = None,
    connect: Connect | None = None,
) -> AskReport:
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
    connect, server = connect or open_batches, server_of(config)
    with BatchStore(store.path) as batches:
        with closing(_Later(connect, config)) as backend:
            run = _Run(config, store, batches, backend, progress, server)
            run.ask(requests)
        ledger = Ledger(progress, total)
        _settle(ledger, requests(), store, batches, read, run.purse.over)
        run.account(ledger)
    return ledger.report(time.monotonic() - started, store.spent())


def finish_batches(
    config: TeacherConfig,
    store: ReplyStore,
    progress: Progress = silent,
    connect: Connect | None = None,
) -> Harvest:
    """Collect what batches of this teacher have brought, and stop those that still run.

    So that what was begun in batches can go on online without paying for anything twice.

    Raises:
        TeacherError, ConfigError, DataError: as `ask_in_batches`.
    """
    with BatchStore(store.path) as batches:
        if not batches.batches(server_of(config), only_open=True):
            return Harvest()
        with closing(_Later(connect or open_batches, config)) as backend:
            run = _Run(config, store, batches, backend, progress, server_of(config))
            run.finish()
            return run.harvest


def server_of(config: TeacherConfig) -> str:
    """Return the name under which a teacher's batches are kept."""
    return f"{config.backend} {config.base_url.rstrip('/')}"


class _Later:
    """A backend that is opened when it is first needed: there may be nothing to do."""

    def __init__(self, connect: Connect, config: TeacherConfig) -> None:
        self._connect, self._config = connect, config
        self._opened: BatchBackend | None = None

    def __call__(self) -> BatchBackend:
        if self._opened is None:
            self._opened = self._connect(self._config)
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


class _Run:
    def __init__(
        self,
        config: TeacherConfig,
        store: ReplyStore,
        batches: BatchStore,
        backend: _Later,
        progress: Progress,
        server: str,
    ) -> None:
        self.harvest, self.purse = Harvest(), BatchPurse(config, store)
        self._config, self._store, self._batches = config, store, batches
        self._backend, self._progress, self._server = backend, progress, server
        self._made: list[Batch] = []
        self._looks: dict[str, int] = {}
        self._settled: dict[str, int] = {}
        self._faults = 0
        self._blocked: str | None = None
        self._cancelling = False

    def ask(self, requests: Callable[[], Iterable[Request]]) -> None:
        """Submit and wait until nothing is missing, or nothing more is to be had."""
        with self._told_when_interrupted():
            in_vain = 0
            while in_vain <= self._config.retries:
                self._blocked = None
                self._submit(requests())
                if not self._open():
                    return
                replies = self.harvest.replies
                self._wait()
                in_vain = 0 if self.harvest.replies > replies else in_vain + 1
            if self._blocked:
                raise self._hopeless(self._blocked)

    def finish(self) -> None:
        """Stop what runs and collect what there is."""
        self._cancelling = True
        with self._told_when_interrupted():
            for batch in self._open():
                if batch.server_id is not None:
                    self._try(self._backend().cancel, batch.server_id)
            self._wait()

    def account(self, ledger: Ledger) -> None:
        """Write what this run did into the books."""
        made = [batch.name for batch in self._made]
        unsent = sum(not self._batches.held(key, made) for key in self.purse.over)
        ledger.asked = self._batches.distinct(made) + unsent
        ledger.already = ledger.settled - ledger.asked
        ledger.attempts = sum(batch.requests for batch in self._made)
        ledger.replies, ledger.usage = self.harvest.replies, self.harvest.usage
        ledger.priced = self.purse.priced
        ledger.charge(self.harvest.charged)

    def _open(self) -> list[Batch]:
        return self._batches.batches(self._server, only_open=True)

    def _submit(self, requests: Iterable[Request]) -> None:
        """Put everything into batches that has neither a reply nor a place in one, nor is too dear.

        Of what is too dear the purse takes note.
        """
        self.purse.over.clear()
        self.purse.count()
        for pack in self._packs(requests):
            self._send(pack)
            self.purse.count()
            if self._blocked:
                return

    def _packs(self, requests: Iterable[Request]) -> Iterator[Pack]:
        pack: Pack | None = None
        try:
            for request, key in self._missing(requests):
                pack = pack or self._new_pack()
                most = self.purse.most(request)
                if key in pack.keys:
                    continue
                if not self.purse.fits(pack.most + most):
                    self.purse.over.add(key)
                    continue
                if pack.add(request, key, most):
                    continue
                if pack.requests:
                    yield pack
                    pack = self._new_pack()
                if not pack.add(request, key, most):
                    self._too_large(request, key)
            if pack is not None and pack.requests:
                yield pack
        finally:
            if pack is not None:
                pack.close()

    def _missing(self, requests: Iterable[Request]) -> Iterator[tuple[Request, str]]:
        for request in requests:
            key = request.key
            there = self._store.get(key) is not None or self._batches.waiting(key)
            if not there and key not in self.harvest.given_up:
                yield request, key

    def _new_pack(self) -> Pack:
        return Pack(self._backend(), self._config.batch_requests, self._store.path.parent)

    def _too_large(self, request: Request, key: str) -> None:
        size = self._backend().limits.size
        self._store.put(request, error=f"the request alone is larger than a batch ({size:,} bytes)")
        self.harvest.given_up.add(key)

    def _send(self, pack: Pack) -> None:
        with pack:
            reserved = self.purse.reservation(pack.name, self._config.model, pack.most)
            batch = self._batches.intend(pack.name, self._server, pack.requests, reserved)
            if batch is None:  # somebody else has spent it meanwhile
                self.purse.over |= pack.keys
                return
            self._made.append(batch)
            try:
                server_id = self._backend().submit(batch, pack.content())
            except AttemptError as fault:
                # Turned down for good, or else it may be there though we have no answer: the wait
                # will tell.
                if fault.scope is not Scope.ATTEMPT:
                    self._batches.close(batch, Phase.LOST, str(fault))
                    raise self._hopeless(str(fault)) from None
                self._blocked = str(fault)
            else:
                self._batches.submitted(batch, server_id)

    def _wait(self) -> None:
        """Look at open batches until none is; after a refused one, until another has ended."""
        pause = self._config.batch_poll / _QUICKER
        while batches := self._open():
            harvested = [self._try(self._step, batch) for batch in batches]
            waiting = len(self._open())
            self._tell(batches, waiting)
            if not waiting or (self._blocked and any(harvested)):
                return
            time.sleep(pause)
            pause = min(pause * 2, self._config.batch_poll)

    @contextmanager
    def _told_when_interrupted(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            left = sum(batch.requests for batch in self._open())
            if left:
                stage = "left at the server; the same command goes on with them"
                self._progress(stage, left, left, {})
            raise

    def _tell(self, batches: Sequence[Batch], waiting: int) -> None:
        total = sum(batch.requests for batch in batches)
        done = sum(self._settled.get(batch.name, 0) for batch in batches)
        detail: dict[str, float | int | str] = {
            "batches running": waiting,
            "replies": self.harvest.replies,
            "failed": self.harvest.failed,
        }
        self._progress("batch", done if waiting else total, total, detail)

    def _try(self, work: Callable[..., bool | None], *arguments: object) -> bool:
        """Do something that may go wrong now and then; too often in a row, and it is an error."""
        try:
            done = bool(work(*arguments))
        except AttemptError as fault:
            self._faults += 1
            if fault.scope is Scope.TEACHER or self._faults > self._config.retries:
                raise self._hopeless(str(fault)) from None
            time.sleep(min(fault.after or 0.0, self._config.batch_poll))
            return False
        self._faults = 0
        return done

    def _step(self, batch: Batch) -> bool:
        """Get on with one batch; return whether it has ended with results."""
        if batch.server_id is None:
            self._recover(batch)
            return False
        look = self._backend().look(batch.server_id)
        self._settled[batch.name] = look.settled
        if look.state == "failed":
            self._batches.close(batch, Phase.LOST, look.note, free=look.free)
            if not look.later and not self._cancelling:
                raise AttemptError(
                    f"the batch {batch.server_id} failed: {look.note}", Scope.TEACHER
                )
            self._blocked = look.note
        return look.state == "ended" and self._collect(batch, batch.server_id)

    def _recover(self, batch: Batch) -> None:
        """Find the server's id of a batch, or find out that there is none."""
        known = {b.server_id for b in self._batches.batches() if b.server_id is not None}
        found = self._backend().find(batch, known)
        if found.server_id is not None:
            self._batches.submitted(batch, found.server_id)
            self._looks.pop(batch.name, None)
            if self._cancelling:
                self._backend().cancel(found.server_id)
        elif not found.unsure and self._looked_enough(batch):
            self._batches.close(batch, Phase.LOST, "never reached the server")

    def _collect(self, batch: Batch, server_id: str) -> bool:
        results = self._backend().results(server_id)
        whole = harvest(results, batch, self._store, self._batches, self.purse, self.harvest)
        if not whole and not self._looked_enough(batch):
            return False
        for request in self._batches.unsettled(batch):
            self.harvest.failed += 1
            error = f"not among the results of the batch {batch.name}"
            if self._store.error(request.key) != error:
                # It may have been answered, and have to be paid.
                charge = self.purse.most(request)
                self._store.add(request, error=error, charge=charge)
                self.harvest.charged += charge
        self._store.flush()
        self._batches.close(batch, Phase.HARVESTED)
        return True

    def _looked_enough(self, batch: Batch) -> bool:
        self._looks[batch.name] = self._looks.get(batch.name, 0) + 1
        return self._looks[batch.name] >= _LOOKS

    def _hopeless(self, fault: str) -> TeacherError:
        running = len(self._open())
        return TeacherError(
            f"{fault}\n{self.harvest.replies} replies came and are stored, {running} batches go on "
            "at the server; run the same again to go on"
        )


def _settle(
    ledger: Ledger,
    requests: Iterable[Request],
    store: ReplyStore,
    batches: BatchStore,
    read: Read,
    over: Collection[str],
) -> None:
    """Write the state of every request into the books."""
    for request in requests:
        key = request.key
        reply = store.get(key)
        if reply is not None:
            reading = read(request.text, reply)
        elif key in over:
            reading = Reading(State.OVER_BUDGET, problem=OVER)
        else:
            error = None if batches.waiting(key) else store.error(key)
            state = State.PENDING if error is None else State.FAILED
            reading = Reading(state, problem=error or "not asked yet")
        ledger.settle(request.document_id, request.sample, reading.state, reading.problem)
