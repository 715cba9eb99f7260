"""Documents -> requests."""

from __future__ import annotations

from typing import Any

import pytest

from vermeil.data.document import Document
from vermeil.data.reply import Request
from vermeil.errors import ConfigError, DataError
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.requests import check_prompt, make_requests

TASK = make_task(TaskConfig(labels={"PER": LabelConfig()}))


def requests(text: str = "Bob.", document_id: str = "d", **settings: Any) -> list[Request]:
    return list(make_requests([Document(document_id, text)], TASK, TeacherConfig(**settings)))


def test_request_carries_the_prompt_and_ends_with_the_text() -> None:
    (request,) = requests(prompt="chain_of_thought", model="m", max_tokens=5, temperature=None)
    assert (request.document_id, request.prompt, request.model) == ("d", "chain_of_thought", "m")
    assert request.messages[-1]["content"].endswith("\nBob.")
    assert request.parameters == {"max_tokens": 5}


def test_samples_have_numbers_and_keys_of_their_own() -> None:
    three = requests(samples=3)
    assert [r.sample for r in three] == [0, 1, 2]
    assert len({r.key for r in three}) == 3
    assert requests()[0].key == three[0].key


@pytest.mark.parametrize(
    "settings",
    [{"text": "Bob"}, {"prompt": "chain_of_thought"}, {"model": "m"}, {"temperature": 1.0}],
)
def test_what_decides_the_reply_changes_the_key(settings: dict[str, Any]) -> None:
    assert requests(**settings)[0].key != requests()[0].key


@pytest.mark.parametrize(
    "settings",
    [{"document_id": "e"}, {"base_url": "http://127.0.0.1:1/v1"}, {"concurrency": 1}],
)
def test_what_does_not_decide_the_reply_leaves_the_key(settings: dict[str, Any]) -> None:
    assert requests(**settings)[0].key == requests()[0].key


def test_half_a_surrogate_pair_is_a_data_error() -> None:
    with pytest.raises(DataError, match="'d': character 3"):
        requests("ab \ud83d")


def test_unknown_prompt_is_a_configuration_error() -> None:
    check_prompt(TASK, TeacherConfig())
    with pytest.raises(ConfigError, match=r"teacher\.prompt"):
        check_prompt(TASK, TeacherConfig(prompt="other"))
