import pytest
from pydantic import ValidationError

from vermeil.teacher.config import TeacherConfig


def also(**settings):
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
    ],
)
def test_settings_that_exclude_each_other_are_refused(settings, named):
    with pytest.raises(ValidationError, match=named):
        TeacherConfig(**settings)


def test_a_further_teacher_of_another_backend_has_that_ones_key_and_needs_consent_anew():
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
