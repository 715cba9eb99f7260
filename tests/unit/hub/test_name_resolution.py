"""Resolution of the Hub's name: a limit, and words for what went wrong."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from vermeil.hub.name_resolution import host_and_port, resolution_problem
from vermeil.student.network.hub_access import connection_problem

HUB = "https://hub.invalid"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "all_proxy", "hf_endpoint", "hf_hub_offline"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)


@pytest.fixture
def silent_resolver(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A system resolver that waits for a name server until the test ends."""
    ended = threading.Event()

    def wait(*_: object, **__: object) -> None:
        ended.wait(60)
        raise OSError("ended")

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    yield
    ended.set()


def test_host_and_port() -> None:
    assert host_and_port("https://huggingface.co") == ("huggingface.co", 443)
    assert host_and_port("http://mirror:8080/hub") == ("mirror", 8080)


def test_an_address_needs_no_name_server() -> None:
    assert resolution_problem("http://127.0.0.1:9") is None


def test_a_resolver_that_does_not_answer_is_left(silent_resolver: None) -> None:
    assert resolution_problem(HUB, 0.05) == "no name server answers within 0.05 s"


def test_a_proxy_resolves_itself(silent_resolver: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert resolution_problem(HUB, 0.05) is None


def test_the_encoder_check_names_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    monkeypatch.setenv("HF_ENDPOINT", HUB)
    assert connection_problem() == "hub.invalid cannot be reached (Name or service not known)"
