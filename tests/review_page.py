"""Review pages for tests: a real server in a thread or a process, and a real Chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.tasks.protocol import Task

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from vermeil.serving.review.app import ReviewContext
    from vermeil.serving.review.config import ReviewConfig
    from vermeil.training.job import TrainJob

REQUIRED = "VERMEIL_CHROMIUM"
"""With the value ``required``, a test without Chromium fails instead of being skipped."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any
    headers: dict[str, str]


class Client:
    """Client with cookies, as a browser has them."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({})
        )

    def get(self, path: str, **headers: str) -> Reply:
        return self._send(urllib.request.Request(self.base + path, headers=headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        sent = {"Content-Type": "application/json", "Origin": self.base, **headers}
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        return self._send(urllib.request.Request(self.base + path, data, sent))

    def document(self, name: str, **values: str) -> dict[str, Any]:
        query = "".join(f"&{key}={value}" for key, value in values.items())
        found = self.get(f"/api/document?id={quote(name)}{query}")
        assert found.status == 200, found.body
        assert isinstance(found.body, dict)
        return found.body

    def _send(self, request: urllib.request.Request) -> Reply:
        try:
            with self._opener.open(request, timeout=30) as response:
                return self._reply(response.status, response)
        except urllib.error.HTTPError as error:
            with error:
                return self._reply(error.code, error)

    @staticmethod
    def _reply(status: int, response: Any) -> Reply:
        text = response.read().decode()
        is_json = response.headers.get_content_type() == "application/json"
        return Reply(status, json.loads(text) if is_json else text, dict(response.headers))


@dataclass
class Host:
    """A running review page.

    Args:
        base: its address.
        context: queue, evidence and training.
        addresses: makes a one-time address for an annotator.
        messages: what the page printed.
    """

    base: str
    context: ReviewContext
    addresses: Callable[[str], str]
    messages: list[str] = field(default_factory=list)

    def client(self, annotator: str = "ann") -> Client:
        client = Client(self.base)
        address = self.addresses(annotator)
        assert client.get(address.removeprefix(self.base)).status == 200
        return client


@contextmanager
def review_host(
    documents: Sequence[Document],
    task: Task,
    folder: Path,
    config: ReviewConfig | None = None,
    job: TrainJob | None = None,
    token: str | None = None,
    teacher_words: Callable[[Document], Sequence[str]] | None = None,
) -> Iterator[Host]:
    """Run the page of `vermeil.review_open` in a thread, over a real socket and real files."""
    from vermeil.serving.limits import ServiceLimits
    from vermeil.serving.listener import base_address, open_listener
    from vermeil.serving.review.access import Sessions
    from vermeil.serving.review.address import ReviewAccess
    from vermeil.serving.review.app import ReviewContext, make_review_app
    from vermeil.serving.review.config import ReviewConfig
    from vermeil.serving.review.decision_log import DecisionLog
    from vermeil.serving.review.evidence import Evidence
    from vermeil.serving.review.open import LOG, save_gold
    from vermeil.serving.review.payload import kinds_of
    from vermeil.serving.review.queue import ReviewQueue
    from vermeil.serving.review.training import BackgroundTraining
    from vermeil.serving.server import make_server

    config = config or ReviewConfig()
    evidence = Evidence(task, None, True, teacher_words)
    log = DecisionLog(folder / LOG)
    queue = ReviewQueue(documents, log, kinds_of(task), evidence.suggest, config.overlap)
    training = BackgroundTraining(
        job, config.training_wordpieces, config.resamples, None if job else "there is no job"
    )

    def save() -> dict[str, Any] | None:
        report = save_gold(folder, queue.documents.values())
        return None if report is None else report.as_dict()

    context = ReviewContext(task, config, queue, evidence, training, save)
    with open_listener("127.0.0.1", 0) as listener:
        base = base_address("127.0.0.1", listener)
        messages: list[str] = []
        sessions = Sessions(ReviewAccess(token=token), base, messages.append)
        hosts = frozenset({base.removeprefix("http://")})
        server = make_server(make_review_app(context, sessions, hosts), ServiceLimits())
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Host(base, context, sessions.address, messages)
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


@dataclass
class ReviewProcess:
    """``vermeil review open`` as a process.

    Args:
        process: the process.
        addresses: annotator to one-time address.
    """

    process: subprocess.Popen[str]
    addresses: dict[str, str]

    def kill(self) -> None:
        self.process.kill()
        self._end()

    def interrupt(self) -> str:
        self.process.send_signal(2)
        return self._end()

    def _end(self) -> str:
        rest = self.process.communicate(timeout=60)[1]
        return str(rest)


@pytest.fixture
def start_review() -> Iterator[Callable[..., ReviewProcess]]:
    """Start ``vermeil review open`` in a folder and wait for its addresses."""
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path, *arguments: str, annotators: Sequence[str] = ("ann",)) -> ReviewProcess:
        names = [word for name in annotators for word in ("--annotator", name)]
        verb = [sys.executable, "-m", "vermeil", "review", "open"]
        command = [*verb, *arguments, "--no-browser", *names]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder)
        started.append(process)
        assert process.stderr is not None
        found: list[str] = []
        printed: list[str] = []
        while len(found) < len(annotators):
            line = process.stderr.readline()
            printed.append(line)
            assert line, "".join(printed)
            found += re.findall(r"http://\S+\?token=\S+", line)
        return ReviewProcess(process, dict(zip(annotators, found, strict=True)))

    yield start
    for process in started:
        process.kill()
        process.communicate()


def chromium() -> str | None:
    """Return the path of Debian's Chromium, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window; the test is skipped where it is not installed.

    It ends with the module, because Playwright leaves an event loop running in the thread.
    """
    path = chromium()
    missing = [
        name
        for name, found in (("chromium", path), ("playwright", find_spec("playwright")))
        if not found
    ]
    if missing:
        reason = f"needs {' and '.join(missing)} (apt install chromium, pip install playwright)"
        if os.environ.get(REQUIRED) == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chrome
        chrome.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address as a page of its own; any error of a script fails the test."""
    contexts: list[Any] = []
    problems: list[str] = []

    def open_address(address: str, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console", lambda one: problems.append(one.text) if "Security" in one.text else None
        )
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert problems == []


def press(page: Page, keys: str) -> None:
    """Press keys, separated by blanks."""
    for key in keys.split():
        page.keyboard.press(key)


def wait_saved(page: Page) -> None:
    """Wait until the page shows that all decisions are on disk."""
    page.wait_for_selector("#saved:text-is('saved')")


def wait_document(page: Page, name: str) -> None:
    """Wait until a document is shown; an empty name stands for the end of the queue."""
    page.wait_for_selector(f"body[data-document={json.dumps(name)}]")


def place_of(page: Page, word: str) -> tuple[float, float]:
    """Return the place of the middle of a word on the screen."""
    x, y = page.evaluate(
        """word => {
          const walker = document.createTreeWalker(document.getElementById("text"), 4);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const at = node.data.indexOf(word);
            if (at < 0 || node.parentElement.closest(".tag")) continue;
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + word.length);
            const box = range.getBoundingClientRect();
            return [box.left + box.width / 2, box.top + box.height / 2];
          }
        }""",
        word,
    )
    return x, y


def marked(name: str, text: str, *spans: tuple[str, str], score: float | None = None) -> Document:
    """Return a document whose spans are given by surface (first occurrence) and label."""
    found = []
    for surface, label in spans:
        start = text.index(surface)
        found.append(Span(start, start + len(surface), label, score=score, origin="silver"))
    return Document(name, text, annotation=Annotation(spans=tuple(found)))


def spans_of(document: Document) -> list[tuple[str, str]]:
    """Return surface and label of the spans."""
    return [(document.text[s.start : s.end], s.label) for s in document.spans or ()]
