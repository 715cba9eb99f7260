"""The service over HTTP: responses, limits, batches and errors."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.integration.serving.conftest import Serving, first_words

from vermeil.data.document import Document


def test_one_document_and_many(serving: Serving) -> None:
    with serving() as service:
        one = service.post({"text": "Bo sang"})
        assert one.status == 200
        span = {"start": 0, "end": 2, "label": "PER", "score": 0.5}
        assert one.body == {"id": "1", "text": "Bo sang", "spans": [span]}
        many = service.post([{"text": "Al", "id": "a", "group": "g"}, {"text": ""}])
        assert [d["id"] for d in many.body] == ["a", "2"]
        assert [len(d["spans"]) for d in many.body] == [1, 0]
        assert service.post([]).body == []
        tokens = service.post({"text": "Bo sang", "tokens": [[0, 2], [3, 7]]})
        assert tokens.body["tokens"] == [[0, 2], [3, 7]]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "JSON"),
        ({}, "text"),
        ({"text": "a", "extra": 1}, "extra"),
        ({"text": "Bo", "tokens": [[0, 9]]}, "token [0, 9)"),
        (b'{"text": "\\ud800"}', "surrogate"),
        ([{"text": 1}], "text"),
    ],
)
def test_an_invalid_request_is_explained(serving: Serving, body: object, message: str) -> None:
    with serving() as service:
        answer = service.post(body)
    assert answer.status == 422
    assert message in answer.body["detail"]


def test_requests_over_the_limits_are_rejected(serving: Serving) -> None:
    with serving(max_documents=2, max_characters=50) as service:
        assert service.post([{"text": "a"}] * 3).status == 413
        assert service.post({"text": "a" * 51}).status == 413
        assert service.post(b" " * 5000).status == 413
        assert service.post({"text": "a" * 50}).status == 200


def test_a_token_is_required(serving: Serving) -> None:
    with serving(token="s3cret") as service:
        assert service.post({"text": "a"}).status == 401
        wrong = service.post({"text": "a"}, token="other")
        assert (wrong.status, wrong.headers["www-authenticate"]) == (401, "Bearer")
        assert service.post({"text": "a"}, token="s3cret").status == 200
        assert service.get("/health").status == service.get("/ready").status == 200


@pytest.mark.parametrize("sent", ["s3c", "s3cre", "s3cret2", "s3crEt", "x3cret", ""])
def test_a_part_of_the_token_is_not_enough(serving: Serving, sent: str) -> None:
    with serving(token="s3cret") as service:
        assert service.post({"text": "a"}, token=sent).status == 401


def test_requests_that_wait_are_predicted_together(serving: Serving) -> None:
    sizes: list[int] = []
    entered, go_on = threading.Event(), threading.Event()

    def predict(documents: list[Document]) -> list[Document]:
        sizes.append(len(documents))
        entered.set()
        assert go_on.wait(30)
        return first_words(documents)

    with serving(predict) as service, ThreadPoolExecutor(8) as clients:
        first = clients.submit(service.post, {"text": "first"})
        assert entered.wait(30)
        others = [clients.submit(service.post, {"text": f"{i} x"}) for i in range(5)]
        while not _is_waiting(service.get("/metrics").body, 6):
            pass
        go_on.set()
        texts = [one.result().body["text"] for one in [first, *others]]
        metrics = service.get("/metrics").body
    assert texts == ["first", *(f"{i} x" for i in range(5))]
    assert sizes == [1, 5]
    assert 'vermeil_requests_total{status="200"} 6.0' in metrics
    assert "vermeil_batch_documents_count 2.0" in metrics


def test_a_full_queue_responds_429(serving: Serving) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def predict(documents: list[Document]) -> list[Document]:
        entered.set()
        assert go_on.wait(30)
        return first_words(documents)

    with serving(predict, max_waiting=5) as service, ThreadPoolExecutor(1) as client:
        # The first request has about 7,000 wordpieces, and 1,000 per second are assumed.
        first = client.submit(service.post, {"text": "x" * 28_000})
        assert entered.wait(30)
        busy = service.post({"text": "second"})
        go_on.set()
        assert (busy.status, busy.headers["retry-after"]) == (429, "7")
        assert first.result().status == 200
        assert service.post({"text": "second"}).status == 200


def test_a_slow_request_times_out(serving: Serving) -> None:
    go_on = threading.Event()

    def predict(documents: list[Document]) -> list[Document]:
        assert go_on.wait(30)
        return first_words(documents)

    with serving(predict, timeout=0.1) as service:
        assert service.post({"text": "slow"}).status == 504
        go_on.set()
        while service.post({"text": "again"}).status != 200:
            pass


def test_a_failure_affects_one_request(serving: Serving) -> None:
    def predict(documents: list[Document]) -> list[Document]:
        if any(d.text == "bad" for d in documents):
            raise ArithmeticError("broken")
        return first_words(documents)

    with serving(predict) as service:
        assert service.post({"text": "bad"}).status == 500
        assert service.post({"text": "good"}).status == 200


def _is_waiting(metrics: str, requests: int) -> bool:
    """Return whether ``requests`` requests of about five wordpieces have arrived."""
    [line] = [x for x in metrics.splitlines() if x.startswith("vermeil_waiting_wordpieces ")]
    return float(line.split()[1]) >= 4 * requests
