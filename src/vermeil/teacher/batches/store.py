"""Batch store: tables of batches and their requests, in the file of the reply store.

A batch is stored before it is submitted, so that it can be found again after a crash.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from vermeil.data.reply import Request
from vermeil.errors import DataError
from vermeil.teacher.backends.batch_types import BatchPhase, ProviderBatch, RequestOutcome
from vermeil.teacher.store.charges import Reservation, close_reservations, grant_reservations

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
  name TEXT PRIMARY KEY,
  server TEXT NOT NULL,
  model TEXT NOT NULL,
  requests INTEGER NOT NULL,
  created REAL NOT NULL,
  server_id TEXT,
  phase TEXT NOT NULL,
  note TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch_items (
  batch TEXT NOT NULL,
  number INTEGER NOT NULL,
  key TEXT NOT NULL,
  request BLOB,
  outcome TEXT,
  PRIMARY KEY (batch, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS batch_items_by_key ON batch_items (key);
"""
_COLUMNS = "name, server, model, requests, created, server_id, phase, note"


class BatchStore:
    """Batches of one reply store. A context manager.

    Args:
        path: file of the reply store; it must exist.

    Raises:
        DataError: the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._guard():
            self._db = sqlite3.connect(path, timeout=30.0, isolation_level=None)
            self._db.execute("PRAGMA synchronous = FULL")
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)

    def __enter__(self) -> BatchStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def create(
        self, name: str, server: str, requests: Sequence[Request], reservation: Reservation
    ) -> ProviderBatch | None:
        """Store a batch that is about to be submitted, with its reservation, durably.

        Args:
            name: our name of the batch.
            server: backend and address.
            requests: requests of the batch, in order.
            reservation: its maximum charge, reserved until the batch is closed.

        Returns:
            The batch; None, with nothing stored, if the reservation exceeds the limits.
        """
        batch = ProviderBatch(
            name, server, requests[0].model, len(requests), time.time(), None, BatchPhase.INTENDED
        )
        with self._transaction() as db:
            if grant_reservations(db, [reservation]) == [None]:
                return None
            db.execute(
                f"INSERT INTO batches ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (name, server, batch.model, batch.requests, batch.created, None, batch.phase, None),
            )
            db.executemany(
                "INSERT INTO batch_items VALUES (?, ?, ?, ?, NULL)",
                ((name, n, r.key, _compress(r)) for n, r in enumerate(requests)),
            )
        return batch

    def mark_submitted(self, batch: ProviderBatch, server_id: str) -> None:
        """Store the server's id of a batch and mark it as running."""
        with self._transaction() as db:
            db.execute(
                "UPDATE batches SET server_id = ?, phase = ? WHERE name = ?",
                (server_id, BatchPhase.RUNNING, batch.name),
            )

    def close(
        self,
        batch: ProviderBatch,
        phase: BatchPhase,
        note: str | None = None,
        *,
        unbilled: bool = True,
    ) -> int:
        """Close a batch, mark requests without an outcome as missing, and return their number.

        Args:
            batch: the batch to close.
            phase: its final phase.
            note: reason if it is lost.
            unbilled: whether requests without a charge cannot have been billed. If so, the
                reservation is deleted, otherwise it is charged in full.
        """
        with self._transaction() as db:
            missing = db.execute(
                "UPDATE batch_items SET outcome = ? WHERE batch = ? AND outcome IS NULL",
                (RequestOutcome.MISSING, batch.name),
            ).rowcount
            # The attempts contain the requests, so this copy is no longer needed.
            db.execute("UPDATE batch_items SET request = NULL WHERE batch = ?", (batch.name,))
            db.execute(
                "UPDATE batches SET phase = ?, note = ? WHERE name = ?", (phase, note, batch.name)
            )
            close_reservations(db, batch.name, charged=not unbilled)
        return missing

    def record_outcomes(
        self, batch: ProviderBatch, outcomes: Iterable[tuple[int, RequestOutcome]]
    ) -> None:
        """Store the outcomes of requests by their numbers in the batch."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE batch_items SET outcome = ? WHERE batch = ? AND number = ?",
                ((outcome, batch.name, number) for number, outcome in outcomes),
            )

    def batches(self, server: str | None = None, *, only_open: bool = False) -> list[ProviderBatch]:
        """Return the batches in the order of creation.

        Args:
            server: backend and address; None: all.
            only_open: whether to skip batches that are closed.
        """
        with self._guard():
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM batches ORDER BY created").fetchall()
        batches = [
            ProviderBatch(name, host, model, requests, created, server_id, BatchPhase(phase), note)
            for name, host, model, requests, created, server_id, phase, note in rows
        ]
        return [
            batch
            for batch in batches
            if server in (None, batch.server)
            if not only_open or batch.phase in (BatchPhase.INTENDED, BatchPhase.RUNNING)
        ]

    def is_pending(self, key: str) -> bool:
        """Return whether a request is in a batch and has no outcome yet."""
        with self._guard():
            rows = self._db.execute(
                "SELECT 1 FROM batch_items WHERE key = ? AND outcome IS NULL LIMIT 1", (key,)
            )
            return rows.fetchone() is not None

    def request(self, batch: ProviderBatch, number: int) -> Request | None:
        """Return the request with a number if it has no outcome yet; None otherwise."""
        with self._guard():
            row = self._db.execute(
                "SELECT request FROM batch_items "
                "WHERE batch = ? AND number = ? AND outcome IS NULL",
                (batch.name, number),
            ).fetchone()
        return None if row is None or row[0] is None else _decompress(row[0])

    def pending_requests(self, batch: ProviderBatch) -> Iterator[Request]:
        """Yield the requests of a batch that have no outcome yet."""
        with self._guard():
            numbers = self._db.execute(
                "SELECT number FROM batch_items WHERE batch = ? AND outcome IS NULL", (batch.name,)
            ).fetchall()
        for (number,) in numbers:
            request = self.request(batch, number)
            if request is not None:
                yield request

    def contains(self, key: str, names: Sequence[str]) -> bool:
        """Return whether a request is in one of the named batches."""
        placeholders = ", ".join("?" * len(names))
        with self._guard():
            rows = self._db.execute(
                f"SELECT 1 FROM batch_items WHERE key = ? AND batch IN ({placeholders}) LIMIT 1",
                (key, *names),
            )
            return rows.fetchone() is not None

    def count_distinct(self, names: Sequence[str]) -> int:
        """Return the number of distinct requests in the named batches."""
        placeholders = ", ".join("?" * len(names))
        with self._guard():
            row = self._db.execute(
                f"SELECT COUNT(DISTINCT key) FROM batch_items WHERE batch IN ({placeholders})",
                names,
            ).fetchone()
        return int(row[0])

    def count_outcomes(self, name: str) -> dict[str, int]:
        """Return the number of requests of a batch by outcome; ``waiting`` if there is none yet."""
        with self._guard():
            rows = self._db.execute(
                "SELECT COALESCE(outcome, 'waiting'), COUNT(*) FROM batch_items "
                "WHERE batch = ? GROUP BY outcome",
                (name,),
            ).fetchall()
        return dict(rows)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._guard():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise DataError(f"cannot be used for batches ({error})", self.path) from error


def _compress(request: Request) -> bytes:
    """Return a request as compressed JSON; repeated instructions compress well."""
    parts = {
        "document_id": request.document_id,
        "text": request.text,
        "prompt": request.prompt,
        "messages": [dict(m) for m in request.messages],
        "model": request.model,
        "parameters": dict(request.parameters),
        "sample": request.sample,
        "schema": request.schema and dict(request.schema),
        "form": request.form,
    }
    return zlib.compress(json.dumps(parts, ensure_ascii=False).encode())


def _decompress(data: bytes) -> Request:
    parts = json.loads(zlib.decompress(data))
    return Request(**{**parts, "messages": tuple(parts["messages"])})
