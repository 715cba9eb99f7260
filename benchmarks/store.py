"""The reply store at the size of ten million documents: planner and store, no HTTP.

    python benchmarks/store.py --documents 10000000 --save store.json

Measures, in one process:

- `store: replies stored, last tenth to first tenth`: throughput of reserving, storing and settling
  replies in commits of 500 (`synchronous=FULL`), in the last tenth of the run as a part of that in
  the first. 1 is flat.
- `store: resume scan`: seconds from opening the file until every one of the keys has been looked up
  among the stored ones, in the order of the documents, keys given. What it costs to make the keys
  (rendering the prompt and SHA-256) is measured beside it, as `planning`: it grows with the texts
  and is paid once a run.
- `store: memory`: the largest resident size of the process, over all of it.

Needs about 700 bytes of disk for a document, in --folder. No peer.

--tenths stops after so many tenths, and the next call with the same --folder goes on, so that a
long run can be done in parts. --direct puts the second to ninth tenth in by SQL, in a process of
its own, with random keys in random order: the same tables and indices in a tenth of the time.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from multiprocessing import Process
from pathlib import Path

from vermeil.data.document import Document
from vermeil.data.reply import Reply, Request, Usage
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.charges import Charge, Reservation, SpendingCap
from vermeil.teacher.store.store import ReplyStore

COMMIT = 500
REPLY = Reply('{"entities": [{"text": "Oslo", "label": "LOC"}]}', usage=Usage(200, 15), latency=0.2)
TASK = make_task(TaskConfig(labels={name: LabelConfig() for name in ("PER", "LOC")}))
TEACHER = TeacherConfig()


def requests(first: int, last: int) -> Iterator[Request]:
    documents = (Document(f"d{i}", f"Text number {i} tells of Oslo.") for i in range(first, last))
    return make_requests(documents, TASK, TEACHER)


def fill(store: ReplyStore, number: int, rates: list[float], tenths: int) -> None:
    """Store replies, from where ``rates`` ends, and add the replies a second of every tenth."""
    done = len(rates) * number // 10
    source = islice(requests(done, number), tenths * number // 10 - done)
    began, used = time.perf_counter(), time.process_time()
    while chunk := list(islice(source, COMMIT)):
        reserved = [Reservation(r.key, r.model, Charge(2000, 300), SpendingCap()) for r in chunk]
        for one in reserved:
            store.reserve(one)
        store.flush()
        for request, one in zip(chunk, reserved, strict=True):
            store.add(request, REPLY, charge=Charge(215, 40), reserved=one)
        store.flush()
        done += len(chunk)
        if done >= (len(rates) + 1) * number / 10:
            now, spent = time.perf_counter(), time.process_time()
            rates.append(number / 10 / (now - began))
            cpu = (spent - used) / number * 10 * 1e6
            print(
                f"{done:,} stored, {rates[-1]:,.0f}/s, {cpu:.0f} us CPU each, {memory():.0f} MB",
                flush=True,
            )
            began, used = now, spent


DIRECT = """
WITH RECURSIVE numbers(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM numbers WHERE i < :last - 1)
INSERT INTO {table} SELECT {values} FROM numbers
"""
KEY = "lower(hex(randomblob(32)))"
ATTEMPT = f"""
{KEY}, 1, 'd' || i, 'standard', 'default', :parameters, 0, :reply, 'stop', 200, 15, 0.2, NULL, 0.0,
0, 215, 40, random() & 140737488355327
"""
DOCUMENT = f"'d' || i, {KEY}, 'Text number ' || i || ' tells of Oslo.'"


def direct(path: Path, first: int, last: int) -> None:
    """Put attempts from one number to another in at once."""
    values = {"first": first, "last": last, "reply": REPLY.text, "parameters": "{}" + " " * 40}
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = -1000000")
        db.execute("BEGIN")
        for table, columns in (
            ("attempts", ATTEMPT),
            ("documents", DOCUMENT),
            ("answered", f"substr({KEY}, 1, 16)"),
        ):
            db.execute(DIRECT.format(table=table, values=columns), values)
        db.execute("COMMIT")


def scan(path: Path, keys: list[str], times: int) -> tuple[float, int]:
    """Look up chunks of keys, over and over; return seconds and how many were found."""
    began = time.perf_counter()
    with ReplyStore(path) as store:
        answered = store.reply_index()
        found = sum(int(answered.contains(keys).sum()) for _ in range(times))
    return time.perf_counter() - began, found


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def result(name: str, ours: float, unit: str, goal: float, met: bool) -> dict[str, object]:
    values = {"name": name, "ours": round(ours, 3), "peer": None, "unit": unit, "ratio": None}
    return values | {"goal": goal, "met": met}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the store is made, and kept")
    parser.add_argument("--save", type=Path, help="write the results as JSON")
    parser.add_argument("--direct", action="store_true", help="the middle eight tenths by SQL")
    parser.add_argument("--tenths", type=int, default=10, help="stop after so many tenths")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(options, options.folder or Path(folder))


def measure(options: argparse.Namespace, folder: Path) -> None:
    number, path, book = options.documents, folder / "replies.sqlite", folder / "rates.json"
    rates: list[float] = json.loads(book.read_text()) if book.exists() else []
    with ReplyStore(path) as store:
        fill(store, number, rates, 1 if options.direct else options.tenths)
    if options.direct:
        work = Process(target=direct, args=(path, number // 10, number * 9 // 10))
        work.start()
        work.join()
        rates += [0.0] * 8
        with ReplyStore(path) as store:
            fill(store, number, rates, 10)
    book.write_text(json.dumps(rates))
    if len(rates) < 10:
        print(f"{len(rates)} tenths are stored; the same command without --tenths goes on")
        return
    began = time.perf_counter()
    keys = [request.key for request in requests(0, min(number // 10, 100_000))]
    planning = (time.perf_counter() - began) * number / len(keys)
    seconds, found = scan(path, keys, number // len(keys))
    assert found == number // len(keys) * len(keys), "a stored reply is not found"
    size = path.stat().st_size / number
    print(f"planning {planning:.0f} s; {size:.0f} bytes a document")
    results = [
        result(
            "store: replies stored, last tenth to first tenth",
            rates[-1] / rates[0],
            "ratio",
            0.8,
            rates[-1] / rates[0] >= 0.8,
        ),
        result("store: resume scan", seconds, "s", 10.0, seconds <= 10),
        result("store: memory", memory(), "MB", 300.0, memory() <= 300),
    ]
    if options.save:
        options.save.write_text(
            json.dumps({"documents": number, "rates": rates, "results": results})
        )
    for one in results:
        print("RESULT", json.dumps(one))


if __name__ == "__main__":
    main()
