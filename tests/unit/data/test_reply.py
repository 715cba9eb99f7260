from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vermeil.data.reply import Request, State, Usage

REQUEST = Request(
    document_id="d",
    text="Ann",
    prompt="standard",
    messages=({"role": "user", "content": "Ann"},),
    model="m",
    parameters={"temperature": 0.0, "max_tokens": 5},
)


def test_the_key_is_stable_across_runs() -> None:
    assert REQUEST.key == "b4479ce9c649630581fd9f3f93494a6529ad5733703fdfabdb179c6ac3c203f6"


def test_the_documents_id_and_the_prompts_name_do_not_decide_the_reply() -> None:
    assert replace(REQUEST, document_id="other").key == REQUEST.key
    assert replace(REQUEST, prompt="renamed").key == REQUEST.key


def test_a_schema_is_part_of_the_key() -> None:
    schema = {"type": "object"}
    held = replace(REQUEST, schema=schema)
    assert held.key != REQUEST.key
    assert held.key != replace(REQUEST, schema={**schema, "required": []}).key


def test_the_order_of_parameters_does_not_matter() -> None:
    turned = dict(reversed(list(REQUEST.parameters.items())))
    assert replace(REQUEST, parameters=turned).key == REQUEST.key


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Bob"},
        {"messages": ({"role": "system", "content": "Ann"},)},
        {"messages": ()},
        {"model": "n"},
        {"parameters": {"temperature": 0.5, "max_tokens": 5}},
        {"sample": 1},
    ],
)
def test_whatever_the_teacher_sees_changes_the_key(change: dict[str, Any]) -> None:
    assert replace(REQUEST, **change).key != REQUEST.key


def test_usage_adds_up() -> None:
    assert Usage(1, 2) + Usage(10, 20) == Usage(11, 22)


def test_states_are_plain_words_for_the_store() -> None:
    assert [str(state) for state in State] == [
        "pending",
        "done",
        "empty",
        "unplaced",
        "refused",
        "truncated",
        "unparsable",
        "failed",
        "over_budget",
    ]
