"""A loop as a process, and an annotator who decides over HTTP as the page does."""

from __future__ import annotations

import json
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from tests.review_page import Client
from tests.tiny import make_encoder

from vermeil.corpora import read_corpus
from vermeil.data.document import Document
from vermeil.teacher.replay.server import ReplayServer

SIZES = {"train": 6, "pool": 16, "dev": 6}
WAIT = 240
"""Seconds until a process that prints nothing fails the test."""


def write_project(folder: Path, newswire: Path, *, gold: bool = True) -> None:
    """Write a project over the sample corpus, with a tiny encoder and priced recorded replies.

    Each document is the first one of another group.
    """
    for name, number in SIZES.items():
        lines = (newswire / f"{name}.jsonl").read_text("utf-8").splitlines(keepends=True)
        first = {json.loads(line)["group"]: line for line in reversed(lines)}
        chosen = sorted(islice(reversed(first.values()), number))
        (folder / f"{name}.jsonl").write_text("".join(chosen), "utf-8")
    make_encoder(folder / "tiny")
    labels = "".join(f"[task.labels.{name}]\n" for name in ("PER", "ORG", "LOC", "MISC"))
    own = "gold = 'train.jsonl'\n" if gold else ""
    (folder / "vermeil.toml").write_text(
        f"{labels}[corpora]\n{own}pool = 'pool.jsonl'\ndev = 'dev.jsonl'\n"
        "[teacher]\nmodel = 'recorded'\nprices = {recorded = {input = 1.0, output = 1.0}}\n"
        "[student]\nencoder = 'tiny'\nthreads = 1\n[blending.budget]\nname = 'equal'\n"
        "wordpieces = 1500\n[loop]\ndocuments = 3\n"
    )


class LoopProcess:
    """``vermeil run --until`` as a process whose messages are read as they come."""

    def __init__(self, folder: Path, *words: str) -> None:
        command = [sys.executable, "-W", "error", "-m", "vermeil", "run", *words]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.printed: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._out: list[str] = []
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._drain)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return the first further message that matches."""
        while True:
            line = self._lines.get(timeout=WAIT)
            if found := re.search(pattern, line):
                return found
            assert line, "".join(self.printed)

    def annotator(self, name: str = "") -> Client:
        """Wait for the page of the next round, and sign in; ``name``: one of several."""
        before = f"{name}:" if name else "open"
        return sign_in(self.wait_for(rf"{before} (http://\S+)")[1])

    def end(self) -> int:
        """Wait for the end of the process and return its exit code."""
        code = self.process.wait(WAIT)
        for thread in self._threads:
            thread.join(WAIT)
        return code

    def kill(self) -> None:
        """End the process at once, as a power failure does."""
        self.process.kill()
        self.end()

    @property
    def report(self) -> dict[str, Any]:
        """What the process printed with ``--json``."""
        found: dict[str, Any] = json.loads("".join(self._out))
        return found

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.printed.append(line)
                self._lines.put(line)
        self._lines.put("")

    def _drain(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            self._out += lines


def sign_in(address: str) -> Client:
    """Return a client that has opened a one-time address of the page."""
    base = address.partition("/?")[0]
    client = Client(base)
    assert client.get(address.removeprefix(base)).status == 200
    return client


StartLoop = Callable[..., LoopProcess]


@pytest.fixture
def start_loop() -> Iterator[StartLoop]:
    """Start loops; what still runs at the end of the test is ended."""
    started: list[LoopProcess] = []

    def start(folder: Path, *words: str) -> LoopProcess:
        started.append(LoopProcess(folder, *words))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()


@pytest.fixture
def recorded(newswire: Path) -> Iterator[str]:
    """The option that names a teacher with recorded replies."""
    with ReplayServer({"recorded": newswire / "replies.standard.jsonl"}) as teacher:
        yield f"teacher.base_url={teacher.base_url}"


def answers(newswire: Path) -> dict[str, Document]:
    """Return the pool as people annotated it, by id."""
    return {document.id: document for document in read_corpus(newswire / "pool.gold.jsonl")}


def review(
    client: Client, known: Mapping[str, Document], number: int | None = None, *, seconds: float = 6
) -> list[str]:
    """Finish documents as in ``known``, and return their ids; None: all of the queue.

    Args:
        client: a signed-in annotator.
        known: the right annotation of each document.
        number: number of documents.
        seconds: active time of each document.
    """
    done: list[str] = []
    while number is None or len(done) < number:
        name = client.post("/api/next").body["next"]
        if name is None:
            break
        items = client.document(name)["items"]
        before, after = dict(items), {k: {**v, "status": "rejected"} for k, v in items.items()}
        after["document"] = {**items["document"], "state": "done"}
        for place, span in enumerate(known[name].spans or ()):
            values = {"start": span.start, "end": span.end, "label": span.label}
            item = {"kind": "span", **values, "status": "accepted", "source": "person"}
            before[f"n{place}"], after[f"n{place}"] = None, item
        body = {"id": name, "action": "finish", "before": before, "after": after}
        reply = client.post("/api/decision", {**body, "seconds": seconds})
        assert reply.status == 200, reply.body
        done.append(name)
        if reply.body["ended"]:
            break
    return done
