"""Errors, filters and token counts in the results of batches."""

from __future__ import annotations

import pytest
from tests.integration.teacher.batch_server import Item, batch_teacher

from vermeil.data.reply import State
from vermeil.jobs.annotate import annotate
from vermeil.teacher.requests import make_requests
from vermeil.teacher.tokens import max_usage

EMPTY = '{"entities": []}'
USAGE = {"prompt_tokens": 40, "completion_tokens": 3}


@pytest.fixture
def openai(api):
    return batch_teacher(api, "openai")


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 429, "message": "busy"}, "usage": USAGE},
        {"choices": [{"message": {"content": ""}, "finish_reason": "error"}], "usage": USAGE},
    ],
)
def test_error_inside_a_result_is_sent_again_and_charged_as_counted(
    body, api, task, openai, store, documents
):
    bad = documents[2].text
    api.faults.script = lambda text: (
        Item(body=body) if text == bad and len(api.made) == 1 else Item()
    )
    report = annotate(documents, task, openai, store)
    assert report.states == {State.EMPTY: 10}
    assert len(api.made) == 2
    assert report.ask_report.spent.charged.tokens == 10 * 12 + 43


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_filter_of_a_gateway_refuses_one_document(backend, api, task, store, documents):
    words = "Blocked by the content filtering policy"
    bad = documents[2].text
    api.faults.script = lambda text: (
        Item("error", words, status=400, code="400") if text == bad else Item()
    )
    report = annotate(documents, task, batch_teacher(api, backend), store)
    assert report.states == {State.EMPTY: 9, State.REFUSED: 1}


def test_impossible_counts_are_replaced_by_the_estimate(api, task, openai, store, documents):
    choice = {"message": {"content": EMPTY}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10**30, "completion_tokens": -1}
    api.faults.script = lambda text: Item(body={"choices": [choice], "usage": usage})
    report = annotate(documents, task, openai, store)
    assert report.states == {State.EMPTY: 10}
    requests = make_requests(documents, task, openai)
    expected = sum(max_usage(one).prompt_tokens + len(EMPTY) + 1 for one in requests)
    assert report.ask_report.spent.charged.tokens == expected
    assert report.ask_report.estimated_charges == 10


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_instruction_is_part_of_the_user_message_without_a_system_role(
    backend, api, task, store, documents
):
    merged = batch_teacher(api, backend).model_copy(update={"system_role": False})
    assert annotate(documents, task, merged, store).states == {State.EMPTY: 10}
    bodies = [body for made in api.made.values() for _, body in made.items]
    assert all("system" not in body for body in bodies)
    assert {message["role"] for body in bodies for message in body["messages"]} == {"user"}


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_rejected_setting_is_named(backend, api, task, store, documents):
    api.faults.script = lambda text: Item("error", "System role not supported", status=400)
    report = annotate(documents, task, batch_teacher(api, backend), store)
    assert report.states == {State.FAILED: 10}
    assert "teacher.system_role = false" in report.ask_report.problems[0].message
