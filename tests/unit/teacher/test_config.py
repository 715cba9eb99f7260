from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from vermeil.teacher.config import DEFAULT_BASE_URL, TeacherConfig


def also(**settings: Any) -> Any:
    return [{"model": "n", **settings}]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"backend": "anthropic", "structured": "vllm"}, "not supported by Anthropic"),
        (
            {"structured": "vllm", "additional": also(backend="anthropic")},
            "not supported by Anthropic",
        ),
        ({"documents_per_request": 2, "mode": "batch"}, "documents_per_request"),
        ({"documents_per_request": 2, "structured": "json_schema"}, "documents_per_request"),
        ({"extra": {"model": "x"}}, "model"),
        ({"backend": "anthropic", "logprobs": True}, "no log-probabilities"),
        ({"logprobs": True, "additional": also(backend="anthropic")}, "no log-probabilities"),
        ({"backend": "local", "base_url": "http://127.0.0.1:8080/v1"}, "remove base_url"),
        ({"local": {"slots": 2, "processes": 3}}, "divided among processes"),
    ],
)
def test_settings_that_exclude_each_other_are_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        TeacherConfig(**settings)


def test_a_further_teacher_of_another_backend_has_that_ones_key_and_needs_consent_anew() -> None:
    url = "https://api.anthropic.com"
    first = TeacherConfig(
        api_key_env="MY_KEY",
        allow_remote=True,
        azure_api_version="2024-10-21",
        additional=also(backend="anthropic", base_url=url),
    )
    one, other = first.all_teachers()
    assert (one.key_variable, other.key_variable) == ("MY_KEY", "ANTHROPIC_API_KEY")
    assert (other.backend, other.base_url, other.allow_remote) == ("anthropic", url, False)
    assert other.azure_api_version is None
    named = TeacherConfig(additional=also(backend="anthropic", api_key_env="OTHER")).all_teachers()[
        1
    ]
    assert named.key_variable == "OTHER"


def test_further_teacher_on_this_machine_does_not_inherit_an_address() -> None:
    url = "https://api.openai.com/v1"
    first = TeacherConfig(base_url=url, allow_remote=True, additional=also(backend="local"))
    one, other = first.all_teachers()
    assert (one.base_url, one.allow_remote) == (url, True)
    assert (other.base_url, other.allow_remote) == (DEFAULT_BASE_URL, False)


def test_further_teacher_beside_one_on_this_machine_has_its_own_address() -> None:
    url = "https://api.openai.com/v1"
    first = TeacherConfig(backend="local", additional=also(backend="openai", base_url=url))
    _, other = first.all_teachers()
    assert (other.backend, other.base_url, other.allow_remote) == ("openai", url, False)
    (_, same) = TeacherConfig(backend="local", additional=also(model="b.gguf")).all_teachers()
    assert (same.backend, same.model, same.base_url) == ("local", "b.gguf", DEFAULT_BASE_URL)
