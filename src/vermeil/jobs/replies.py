"""Stored replies and batches: list, count, export. Sends no request."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

from vermeil.data.atomic import atomic_file
from vermeil.data.lock import lock_path
from vermeil.data.reply import Reply, State, Usage
from vermeil.data.written import check_file
from vermeil.errors import DataError
from vermeil.optional import require
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.batch_types import BatchPhase
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.replay.logprobs import ENDS, VALUES, logprobs_record
from vermeil.teacher.requests import reader
from vermeil.teacher.store.records import RecordFilter, StoredRequest, stored_requests

_ROWS_PER_WRITE = 10_000
Record = dict[str, Any]


def list_replies(
    store: Path,
    task: Task,
    teacher: TeacherConfig,
    record_filter: RecordFilter,
    states: Iterable[State] = (),
    limit: int | None = None,
) -> list[Record]:
    """Return stored requests with the current state of their replies.

    Args:
        store: the file of replies.
        task: parses the replies.
        teacher: the settings of the requests.
        record_filter: selects the requests.
        states: states of the returned requests; empty for all.
        limit: largest number of requests; None for all.
    """
    chosen = frozenset(states)
    with_state = (
        (one, _state(one, task, teacher)) for one in stored_requests(store, record_filter)
    )
    kept = ((one, state) for one, state in with_state if not chosen or state in chosen)
    return [
        {
            "id": one.document_id,
            "model": one.model,
            "prompt": one.prompt,
            "sample": one.sample,
            "state": state.value,
            "attempts": one.attempts,
            "reply": one.reply and one.reply.text,
            "error": one.error,
        }
        for one, state in islice(kept, limit)
    ]


def count_replies(
    store: Path, task: Task, teacher: TeacherConfig, record_filter: RecordFilter
) -> list[Record]:
    """Return numbers of requests and tokens by model, prompt and state.

    Args:
        store: the file of replies.
        task: parses the replies.
        teacher: the settings of the requests.
        record_filter: selects the requests.
    """
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for one in stored_requests(store, record_filter):
        row = counts.setdefault(
            (one.model, one.prompt, _state(one, task, teacher).value), Counter()
        )
        usage = one.reply.usage if one.reply else Usage()
        row.update(
            requests=1,
            attempts=one.attempts,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
        )
    names = ("requests", "attempts", "prompt_tokens", "completion_tokens")
    return [
        {"model": model, "prompt": prompt, "state": state, **{n: row[n] for n in names}}
        for (model, prompt, state), row in sorted(counts.items())
    ]


@dataclass(frozen=True, slots=True)
class ReplyExportReport:
    """Result of `export_replies`.

    Args:
        requests: number of selected requests; the sum of the other numbers.
        written: number of replies written.
        without_reply: number of requests without a reply.
        without_text: number of replies whose text is not stored.
    """

    requests: int
    written: int
    without_reply: int
    without_text: int

    def as_dict(self) -> Record:
        """Return the report for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def export_replies(
    store: Path, output: Path, record_filter: RecordFilter, *, overwrite: bool = False
) -> ReplyExportReport:
    """Write replies to a file: Parquet if its name ends in ``.parquet``, else JSON Lines.

    JSON Lines of one model and prompt are a recording that ``vermeil replay`` serves.

    Args:
        store: the file of replies.
        output: the file to write.
        record_filter: selects the requests.
        overwrite: replace an existing file.

    Raises:
        DataError: the store cannot be read, or ``output`` exists or cannot be written.
        ConfigError: ``output`` is a Parquet file and pyarrow is not installed.
    """
    if output.suffix == ".parquet":
        require(f"{output}: the format parquet", "parquet")
    check_file(output, overwrite=overwrite)
    counts: Counter[str] = Counter()

    def records() -> Iterator[Record]:
        for one in stored_requests(store, record_filter):
            counts["requests"] += 1
            if one.reply is None:
                counts["without_reply"] += 1
            elif one.text is None:
                counts["without_text"] += 1
            else:
                counts["written"] += 1
                yield _record(one, one.reply)

    if output.suffix == ".parquet":
        _write_parquet(records(), output)
    else:
        with atomic_file(output) as file:
            for record in records():
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
    names = ("requests", "written", "without_reply", "without_text")
    return ReplyExportReport(*(counts[name] for name in names))


def list_batches(store: Path) -> list[Record]:
    """Return the submitted batches, with the numbers of their requests by outcome."""
    with _batches(store) as batches:
        return list(_records(batches))


def abandon_batch(store: Path, name: str) -> Record:
    """Abandon a batch: charge its maximum cost and request its documents again later.

    Args:
        store: the file of replies.
        name: name of an open batch.

    Returns:
        The batch, as `list_batches` returns it.

    Raises:
        LockedError: another process writes the store.
        DataError: there is no open batch of this name.
    """
    with lock_path(store), _batches(store) as batches:
        found = [batch for batch in batches.batches(only_open=True) if batch.name == name]
        if not found:
            names = ", ".join(b.name for b in batches.batches(only_open=True)) or "none"
            raise DataError(f"no open batch {name!r}; open batches: {names}", store)
        batches.close(found[0], BatchPhase.LOST, "abandoned", unbilled=False)
        return next(r for r in _records(batches) if r["name"] == name)


def _batches(store: Path) -> BatchStore:
    if not store.exists():
        raise DataError("no replies are stored here; run vermeil annotate first", store)
    return BatchStore(store)


def _records(batches: BatchStore) -> Iterator[Record]:
    for batch in batches.batches():
        counts = batches.count_outcomes(batch.name)
        yield {
            "name": batch.name,
            "server": batch.server,
            "id": batch.server_id,
            "model": batch.model,
            "phase": batch.phase.value,
            "requests": batch.requests,
            **{kind: counts.get(kind, 0) for kind in ("waiting", "replied", "failed", "missing")},
            "note": batch.note,
        }


def _state(one: StoredRequest, task: Task, teacher: TeacherConfig) -> State:
    if one.reply is None:
        return State.FAILED
    state = reader(task, teacher, one.prompt)(one.text or "", one.reply).state
    # Without the text, nothing can be located, so mentions without a position do not count.
    return State.DONE if state is State.UNPLACED and one.text is None else state


def _record(one: StoredRequest, reply: Reply) -> Record:
    return {
        "id": one.document_id,
        "text": one.text,
        "model": one.model,
        "prompt": one.prompt,
        "sample": one.sample,
        "parameters": one.parameters,
        "reply": reply.text,
        "finish_reason": reply.finish_reason,
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "latency": reply.latency,
        "created": one.created,
        **logprobs_record(reply.logprobs),
    }


def _write_parquet(records: Iterator[Record], output: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    kinds = {int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    lists = {ENDS: pyarrow.list_(kinds[int]), VALUES: pyarrow.list_(kinds[float])}
    sample = _record(StoredRequest("", "", "", "", "", "", 0, None, None, 0, 0.0), Reply(""))
    schema = pyarrow.schema(
        [(name, lists.get(name) or kinds[type(value)]) for name, value in sample.items()]
    )
    with (
        atomic_file(output) as file,
        pyarrow.parquet.ParquetWriter(
            cast(io.TextIOWrapper, file).buffer, schema, compression="zstd"
        ) as writer,
    ):
        while rows := list(islice(records, _ROWS_PER_WRITE)):
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))
