"""Connections whose clients are slow, too many connections, and the end of the service."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from time import sleep

import pytest
from tests.integration.serving.conftest import Service, Serving, first_words
from tests.integration.serving.test_bodies import HEAD, connected, response_to, status_of

from vermeil.data.document import Document

BODY = b'{"text": "Bo sang"}'
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (b"", b""),
        (b"POST /v1/predict HT", b"HTTP/1.1 408"),
        (HEAD, b"HTTP/1.1 408"),
        (WHOLE + HEAD, b"HTTP/1.1 200"),
    ],
)
def test_a_request_that_does_not_arrive_ends_the_connection(
    serving: Serving, sent: bytes, received: bytes
) -> None:
    with serving(read_timeout=0.3) as service:
        answer = response_to(service, sent)
    assert answer.startswith(received)
    assert bool(answer) == bool(received)


def test_the_rest_of_a_rejected_body_has_the_same_time_limit(serving: Serving) -> None:
    with serving(read_timeout=0.3, token="t") as service:
        answer = response_to(service, HEAD + b"Content-Length: 1000000\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 401")


def test_a_kept_connection_is_used_again_after_a_rejected_body(serving: Serving) -> None:
    with serving(token="t", read_timeout=5) as service:
        client = http.client.HTTPConnection(service.url.removeprefix("http://"), timeout=30)
        statuses = []
        for token in ("", "t", "", "t"):
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
            client.request("POST", "/v1/predict", BODY, headers)
            with client.getresponse() as response:
                statuses.append((response.status, bool(response.read())))
        client.close()
    assert statuses == [(401, True), (200, True)] * 2


@pytest.mark.parametrize(
    "sent", [b"", b"GET /health HTTP/1.1\r\n", HEAD + b"Content-Length: 9\r\n\r\n"]
)
def test_waiting_connections_do_not_lock_the_service(serving: Serving, sent: bytes) -> None:
    with serving(max_connections=20) as service, ExitStack() as stack:
        for number in range(60):
            stack.enter_context(connected(service, sent))
            if number % 20 == 19:
                assert service.post({"text": "Bo"}).status == 200
        assert service.get("/health").status == 200


def test_more_requests_than_connections_are_refused(serving: Serving) -> None:
    go_on = threading.Event()

    def predict(documents: list[Document]) -> list[Document]:
        assert go_on.wait(30)
        return first_words(documents)

    with serving(predict, max_connections=3) as service, ExitStack() as stack:
        running = [stack.enter_context(connected(service, WHOLE)) for _ in range(3)]
        sleep(0.5)  # a request that has not arrived could be replaced
        assert service.get("/health").status == 503
        go_on.set()
        assert [status_of(one) for one in running] == [200] * 3


def test_a_client_that_does_not_read_is_disconnected(serving: Serving) -> None:
    body = json.dumps([{"text": "Bo " * 1_000_000}] * 5).encode()
    sent = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    with (
        serving(read_timeout=0.3, max_characters=2 * 10**7) as service,
        connected(service, sent) as connection,
    ):
        assert status_of(connection) == 200
        sleep(1)
        received = 0
        with suppress(ConnectionResetError):
            while part := connection.recv(65_536):
                received += len(part)
        assert received < len(body)


def test_no_request_is_lost_at_the_end(serving: Serving) -> None:
    """Clients that keep their connection, and requests that were sent just before the end."""
    lost: list[str] = []
    done = threading.Semaphore(0)

    def send(service: Service) -> None:
        address = service.url.removeprefix("http://")
        client = http.client.HTTPConnection(address, timeout=30)
        while True:
            try:
                client.connect()
            except OSError:
                return
            closes = False
            while not closes:
                try:
                    client.request(
                        "POST", "/v1/predict", BODY, {"Content-Type": "application/json"}
                    )
                    with client.getresponse() as response:
                        response.read()
                        closes = response.headers["connection"] == "close"
                        if response.status != 200:
                            lost.append(str(response.status))
                except OSError as error:
                    lost.append(repr(error))
                    return
                done.release()
            client.close()

    with ThreadPoolExecutor(8) as clients, ExitStack() as stack:
        with serving(predict=slowly(0.01)) as service:
            running = [clients.submit(send, service) for _ in range(8)]
            for _ in range(80):
                done.acquire()
            late = [stack.enter_context(connected(service, WHOLE)) for _ in range(40)]
        answers = [one.recv(65_536).lower() for one in late]
        for one in running:
            one.result(30)
    assert lost == []
    assert all(a.startswith(b"http/1.1 200") for a in answers)


def test_responses_at_the_end_close_their_connection(serving: Serving) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def predict(documents: list[Document]) -> list[Document]:
        entered.set()
        assert go_on.wait(30)
        return first_words(documents)

    with ExitStack() as stack:
        with serving(predict) as service:
            running = stack.enter_context(connected(service, WHOLE))
            assert entered.wait(30)
            threading.Timer(0.3, go_on.set).start()
        answer = b"".join(iter(lambda: running.recv(65_536), b"")).lower()
    assert answer.startswith(b"http/1.1 200")
    assert b"connection: close" in answer


def slowly(seconds: float) -> Callable[[list[Document]], list[Document]]:
    """Return a prediction function that needs some time for each batch."""

    def predict(documents: list[Document]) -> list[Document]:
        sleep(seconds)
        return first_words(documents)

    return predict
