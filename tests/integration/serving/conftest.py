"""A real server on loopback, in a thread, with any prediction function."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("fastapi")

from vermeil.data.document import Annotation, Document, Span
from vermeil.serving.app import make_app
from vermeil.serving.limits import ServiceLimits
from vermeil.serving.server import make_server


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Service:
    url: str

    def get(self, path: str) -> Answer:
        return self._send(urllib.request.Request(self.url + path))

    def post(
        self, body: Any, token: str | None = None, content_type: str = "application/json"
    ) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": content_type}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self._send(urllib.request.Request(self.url + "/v1/predict", data, headers))

    def _send(self, request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return self._answer(response.status, response)
        except urllib.error.HTTPError as error:
            with error:
                return self._answer(error.code, error)

    @staticmethod
    def _answer(status: int, response: Any) -> Answer:
        text = response.read().decode()
        is_json = response.headers.get_content_type() == "application/json"
        return Answer(status, json.loads(text) if is_json else text, dict(response.headers))


Predict = Callable[[list[Document]], list[Document]]
Serving = Callable[..., Any]


def first_words(documents: list[Document]) -> list[Document]:
    """Mark the first word of every document."""
    found = []
    for document in documents:
        word = document.text.split(" ")[0]
        spans = (Span(0, len(word), "PER", score=0.5),) if word else ()
        found.append(document.with_annotation(Annotation(spans=spans)))
    return found


@pytest.fixture
def serving() -> Serving:
    @contextmanager
    def run(
        predict: Predict = first_words, token: str | None = None, **limits: Any
    ) -> Iterator[Service]:
        settings = ServiceLimits(**limits)
        server = make_server(make_app(predict, settings, token), settings)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                service = Service(f"http://127.0.0.1:{listener.getsockname()[1]}")
                while service.get("/health").status != 200:
                    pass
                yield service
            finally:
                server.should_exit = True
                thread.join(30)

    return run
