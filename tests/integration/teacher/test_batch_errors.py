"""Errors, filters and token counts in the results of batches."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.teacher.batch_server import BatchApi, BatchServer, Item, batch_teacher
from tests.integration.teacher.test_batches import phases

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.requests import make_requests
from vermeil.teacher.tokens import max_usage

EMPTY = '{"entities": []}'
USAGE = {"prompt_tokens": 40, "completion_tokens": 3}


@pytest.fixture
def openai(api: BatchServer) -> TeacherConfig:
    return batch_teacher(api, "openai")


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 429, "message": "busy"}, "usage": USAGE},
        {"choices": [{"message": {"content": ""}, "finish_reason": "error"}], "usage": USAGE},
    ],
)
def test_error_inside_a_result_is_sent_again_and_charged_as_counted(
    body: dict[str, dict[str, int | str] | list[dict[str, dict[str, str] | str]]],
    api: BatchServer,
    task: Task,
    openai: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    bad = documents[2].text
    api.faults.script = lambda text: (
        Item(body=body) if text == bad and len(api.made) == 1 else Item()
    )
    report = annotate(documents, task, openai, store)
    assert report.states == {State.EMPTY: 10}
    assert len(api.made) == 2
    assert report.ask_report.spent.charged.tokens == 10 * 12 + 43


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_filter_of_a_gateway_refuses_one_document(
    backend: BatchApi, api: BatchServer, task: Task, store: Path, documents: list[Document]
) -> None:
    words = "Blocked by the content filtering policy"
    bad = documents[2].text
    api.faults.script = lambda text: (
        Item("error", words, status=400, code="400") if text == bad else Item()
    )
    report = annotate(documents, task, batch_teacher(api, backend), store)
    assert report.states == {State.EMPTY: 9, State.REFUSED: 1}


def test_impossible_counts_are_replaced_by_the_estimate(
    api: BatchServer, task: Task, openai: TeacherConfig, store: Path, documents: list[Document]
) -> None:
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
    backend: BatchApi, api: BatchServer, task: Task, store: Path, documents: list[Document]
) -> None:
    merged = batch_teacher(api, backend).model_copy(update={"system_role": False})
    assert annotate(documents, task, merged, store).states == {State.EMPTY: 10}
    bodies = [body for made in api.made.values() for _, body in made.items]
    assert all("system" not in body for body in bodies)
    assert {message["role"] for body in bodies for message in body["messages"]} == {"user"}


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_rejected_setting_is_named(
    backend: BatchApi, api: BatchServer, task: Task, store: Path, documents: list[Document]
) -> None:
    api.faults.script = lambda text: Item("error", "System role not supported", status=400)
    report = annotate(documents, task, batch_teacher(api, backend), store)
    assert report.states == {State.FAILED: 10}
    assert "teacher.system_role = false" in report.ask_report.problems[0].message


def test_a_full_queue_is_waited_for(
    api: BatchServer, task: Task, openai: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.failing = [{"code": "token_limit_exceeded", "message": "Enqueued token limit"}]
    assert annotate(documents, task, openai, store).states == {State.EMPTY: len(documents)}
    assert phases(store) == ["lost", "harvested"]


def test_a_queue_that_is_never_free_stops_the_run(
    api: BatchServer, task: Task, openai: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.failing = [{"code": "token_limit_exceeded", "message": "Enqueued token limit"}] * 9
    with pytest.raises(TeacherError, match="Enqueued token limit"):
        annotate(documents, task, openai, store)


def test_a_batch_that_fails_as_a_whole_stops_the_run(
    api: BatchServer, task: Task, openai: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.failing = [{"code": "model_not_found", "message": "no model m"}]
    with pytest.raises(TeacherError, match="no model m"):
        annotate(documents, task, openai, store)
    assert phases(store) == ["lost"]
    assert annotate(documents, task, openai, store).states == {State.EMPTY: len(documents)}
