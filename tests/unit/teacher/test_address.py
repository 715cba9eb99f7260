"""Loopback addresses and API keys."""

from __future__ import annotations

import pytest

from vermeil.errors import ConfigError, ConsentError
from vermeil.teacher.address import api_key, host_of, is_loopback
from vermeil.teacher.backends.openai.online import OpenAIBackend
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.consent import Volume, check_consent

HERE = [
    "http://localhost:8000/v1",
    "http://LOCALHOST/v1",
    "http://127.0.0.1:8000/v1",
    "https://127.9.8.7/v1",
    "http://[::1]:8000/v1",
]
ELSEWHERE = [
    "https://api.openai.com/v1",
    "http://127.0.0.1.example.com/v1",
    "http://localhost.example.com/v1",
    "http://0.0.0.0:8000/v1",
    "http://192.168.0.7:8000/v1",
    "http://[::2]/v1",
    "http://128.0.0.1/v1",
    "http://example.com/127.0.0.1",
    "http://example.com:80/v1?host=localhost",
]


@pytest.mark.parametrize("base_url", HERE)
def test_loopback_needs_no_consent(base_url: str) -> None:
    assert is_loopback(host_of(base_url))
    check_consent(TeacherConfig(base_url=base_url), Volume(1, 2, 3))


@pytest.mark.parametrize("base_url", ELSEWHERE)
def test_everything_else_needs_consent(base_url: str) -> None:
    assert not is_loopback(host_of(base_url))
    with pytest.raises(ConsentError, match=r"1,234 documents \(1 character\)") as caught:
        check_consent(TeacherConfig(base_url=base_url), Volume(1234, 1, 1234))
    assert host_of(base_url) in str(caught.value)
    check_consent(TeacherConfig(base_url=base_url, allow_remote=True), Volume(1, 2, 3))


def test_backend_itself_refuses_a_remote_server_without_consent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    with pytest.raises(ConsentError, match=r"api\.openai\.com"):
        OpenAIBackend(TeacherConfig(base_url="https://api.openai.com/v1"))


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.openai.com/v1",
        "ftp://localhost/v1",
        "http://",
        "http:///v1",
        "http://[::1/v1",
        "http://localhost:port/v1",
        "http://localhost:99999/v1",
        "http://local host/v1",
        "http://127.0.0.1\\@example.com/v1",
        "http://localhost/v1\n",
    ],
)
def test_what_is_no_address_is_a_configuration_error(base_url: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        host_of(base_url)


@pytest.mark.parametrize(
    "base_url", ["http://user:secret@localhost/v1", "http://localhost@example.com/v1"]
)
def test_credentials_in_the_address_are_turned_down_and_not_repeated(base_url: str) -> None:
    with pytest.raises(ConfigError, match="api_key_env") as caught:
        host_of(base_url)
    assert "secret" not in str(caught.value)


REMOTE = TeacherConfig(base_url="https://x.example/v1", api_key_env="VERMEIL_TEST_KEY")
LOCAL = TeacherConfig(api_key_env="VERMEIL_TEST_KEY")


def test_key_comes_from_the_named_variable_without_white_space(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VERMEIL_TEST_KEY", " abc\n")
    assert api_key(REMOTE) == api_key(LOCAL) == "abc"


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_missing_key_matters_only_for_a_remote_teacher(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VERMEIL_TEST_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("VERMEIL_TEST_KEY", value)
    assert api_key(LOCAL) is None
    with pytest.raises(ConfigError, match="VERMEIL_TEST_KEY"):
        api_key(REMOTE)


@pytest.mark.parametrize("value", ["ab\ncd", "ab cd", "schlüssel", "a\x7fb"])
def test_impossible_key_is_turned_down_and_not_repeated(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERMEIL_TEST_KEY", value)
    with pytest.raises(ConfigError, match="VERMEIL_TEST_KEY") as caught:
        api_key(LOCAL)
    assert value not in str(caught.value)
