"""Requests that are sent again with other settings, without paying again for the rest."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.batch_server import BatchApi, BatchServer, Item, batch_teacher
from tests.integration.teacher.conftest import Answer, FaultServer, Seen
from tests.integration.teacher.test_several import (
    ANN,
    REPLIES,
    asked_texts,
    by_model,
    is_check,
    verification,
)

from vermeil.data.document import Document
from vermeil.data.ledger import teacher_ledger
from vermeil.data.reply import State
from vermeil.errors import ConfigError
from vermeil.jobs.again import Again
from vermeil.jobs.annotate import annotate
from vermeil.jobs.estimate import estimate
from vermeil.jobs.locate import locate
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import AdditionalTeacherConfig, PriceConfig, TeacherConfig

OSLO = '{"entities": [{"text": "Oslo", "label": "LOC"}]}'
BAD = "d3"
LONG = {"max_tokens": 4000}


@pytest.fixture
def bad(documents: list[Document]) -> str:
    """The text of the document whose first reply is cut off."""
    return next(d.text for d in documents if d.id == BAD)


@pytest.fixture
def script(server: FaultServer, bad: str) -> FaultServer:
    """Cut off the reply about one document unless there is room for it."""

    def answer(number: int, seen: Seen) -> Answer:
        if seen.last_line == bad and seen.body["max_tokens"] < 2000:
            return Answer(OSLO[:20], finish_reason="length")
        return Answer(OSLO)

    server.script = answer
    return server


def changed(teacher: TeacherConfig, **settings: Any) -> TeacherConfig:
    return TeacherConfig.model_validate({**teacher.model_dump(), **settings})


def test_only_the_chosen_requests_are_sent_and_both_settings_find_all_replies(
    script: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    bad: str,
) -> None:
    assert annotate(documents, task, teacher, store).states[State.TRUNCATED] == 1
    script.seen.clear()
    more = changed(teacher, **LONG)
    report = annotate(documents, task, more, store, again="truncated")
    assert script.asked == [bad]
    assert report.states == {State.DONE: 10}
    assert report.as_dict()["again"] == {
        "states": ["truncated"],
        "asked": 1,
        "now_usable": 1,
        "unchanged": 0,
        "results": {"done": 1},
    }
    for settings in (teacher, more):
        assert locate(documents, task, settings, store).states == {State.DONE: 10}
        assert annotate(documents, task, settings, store).ask_report.sent == 0
        assert estimate(documents, task, settings, store).volume.requests == 0
        nothing = annotate(documents, task, settings, store, again="truncated")
        assert nothing.as_dict()["again"]["asked"] == 0
    assert script.asked == [bad]


def test_an_estimate_counts_what_would_be_sent(
    script: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    bad: str,
) -> None:
    price = {"m": PriceConfig(input=1.0, output=1.0)}
    teacher = teacher.model_copy(update={"prices": price})
    annotate(documents, task, teacher, store)
    before = len(script.seen)
    more = changed(teacher, **LONG)
    report = estimate(documents, task, more, store, again=("truncated",))
    assert (report.volume.requests, report.volume.characters) == (1, len(bad))
    assert report.cost_usd is not None
    assert report.upper_bound_usd is not None
    assert 0 < report.cost_usd < report.upper_bound_usd < 0.01
    assert len(script.seen) == before
    # An estimate links nothing: without `again`, all documents would be sent.
    assert estimate(documents, task, more, store).volume.requests == 10


def test_an_unchanged_request_is_refused_and_repeated_only_by_number(
    script: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    bad: str,
) -> None:
    annotate(documents, task, teacher, store)
    before = len(script.seen)
    for repeat, number in ((1, 2), (2, 3)):
        with pytest.raises(ConfigError, match=rf"the same as before.*--repeat {number}"):
            annotate(documents, task, teacher, store, again=Again("truncated", repeat))
        if repeat == 1:
            again = annotate(documents, task, teacher, store, again=Again("truncated", 2))
            assert again.as_dict()["again"]["results"] == {"truncated": 1}
    assert script.asked[before:] == [bad]
    script.script = lambda number, seen: Answer(OSLO)
    annotate(documents, task, teacher, store, again=Again("truncated", 3))
    assert locate(documents, task, teacher, store).states == {State.DONE: 10}


def test_a_worse_reply_changes_nothing(
    script: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    bergen = '{"entities": [{"text": "Bergen", "label": "LOC"}]}'
    script.script = lambda number, seen: Answer(
        bergen if seen.last_line == documents[0].text else OSLO
    )
    annotate(documents, task, teacher, store)
    script.script = lambda number, seen: Answer("too long", status=400)
    warm = changed(teacher, temperature=0.7)
    report = annotate(documents, task, warm, store, again="unplaced")
    assert report.as_dict()["again"]["results"] == {"failed": 1}
    for settings in (teacher, warm):
        states = locate(documents, task, settings, store).states
        assert states == {State.DONE: 9, State.UNPLACED: 1}


@pytest.mark.parametrize("form", ["lines", "json_list", "xml_tags"])
def test_another_reply_format_model_and_prompt(
    script: FaultServer,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    bad: str,
    form: str,
) -> None:
    labels = {name: LabelConfig() for name in ("PER", "LOC")}
    plain = make_task(TaskConfig(labels=labels))
    other = make_task(TaskConfig(labels=labels, reply_format=form))
    annotate(documents, plain, teacher, store)
    before = len(script.seen)
    written = {
        "lines": "Oslo (LOC)",
        "json_list": '[{"text": "Oslo", "label": "LOC"}]',
        "xml_tags": bad.replace("Oslo", "<LOC>Oslo</LOC>"),
    }
    script.script = lambda number, seen: Answer(written[form])
    large = changed(teacher, model="large", prompt="chain_of_thought")
    assert annotate(documents, other, large, store, again=["truncated"]).states == {State.DONE: 10}
    assert [seen.body["model"] for seen in script.seen[before:]] == ["large"]
    for task, settings in ((plain, teacher), (other, large)):
        located = locate(documents, task, settings, store)
        assert located.states == {State.DONE: 10}
        ledger = {row.model: row.documents for row in teacher_ledger(located.documents)}
        assert ledger == {teacher.model: 9, "large": 1}


def test_failed_requests_are_sent_with_other_settings(
    script: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    bad: str,
) -> None:
    script.script = lambda number, seen: (
        Answer("no", status=400) if seen.last_line == bad else Answer(OSLO)
    )
    annotate(documents, task, teacher, store)
    before = len(script.seen)
    script.script = lambda number, seen: Answer(OSLO)
    annotate(documents, task, changed(teacher, model="n"), store, again="failed, truncated")
    assert script.asked[before:] == [bad]
    assert annotate(documents, task, teacher, store).ask_report.sent == 0
    assert estimate(documents, task, teacher, store).volume.requests == 0


def test_samples_and_teachers_are_chosen_one_by_one(
    script: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    several = teacher.model_copy(
        update={
            "samples": 2,
            "temperature": 0.5,
            "additional": (AdditionalTeacherConfig(model="n"),),
        }
    )
    script.script = lambda number, seen: Answer(
        "Well." if seen.body["model"] == "n" and "number 4" in seen.last_line else OSLO
    )
    assert annotate(documents, task, several, store).states[State.UNPARSABLE] == 2
    before = len(script.seen)
    script.script = lambda number, seen: Answer(OSLO)
    warm = changed(several, temperature=0.9)
    report = annotate(documents, task, warm, store, again="unparsable")
    assert Counter(seen.body["model"] for seen in script.seen[before:]) == {"n": 2}
    assert report.states == {State.DONE: 40}
    assert report.as_dict()["again"]["now_usable"] == 2
    assert locate(documents, task, several, store).answers == {State.DONE: 40}


def test_only_mentions_in_chosen_documents_are_verified(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    texts = [ANN, Document("other", "Ann Lee left Rome again.")]
    replies = by_model(REPLIES)

    def answer(number: int, seen: Seen) -> Answer:
        is_cut = seen.last_line == texts[1].text and seen.body["max_tokens"] < 2000
        return Answer("{", finish_reason="length") if is_cut else replies(number, seen)

    server.script = answer
    two = changed(teacher, verify=True, additional=[{"model": "n"}])
    assert verification(annotate(texts, task, two, store)).sent == 1
    before = len(server.seen)
    report = annotate(texts, task, changed(two, **LONG), store, again="truncated")
    assert report.states == {State.DONE: 4}
    assert verification(report).sent == 1
    checked = [seen for seen in server.seen[before:] if is_check(seen)]
    assert ["again" in seen.body["messages"][-1]["content"] for seen in checked] == [True]


def test_documents_with_the_same_text_are_sent_once(
    script: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    bad: str,
) -> None:
    twins = [*documents, Document("twin", bad)]
    annotate(twins, task, teacher, store)
    before = len(script.seen)
    report = annotate(twins, task, changed(teacher, **LONG), store, again="truncated")
    assert script.asked[before:] == [bad]
    assert report.states == {State.DONE: 11}


def test_ids_that_changed_do_not_matter(
    script: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    bad: str,
) -> None:
    annotate(documents, task, teacher, store)
    before = len(script.seen)
    renamed = [Document(f"new{i}", d.text) for i, d in enumerate(reversed(documents))]
    annotate(renamed, task, changed(teacher, **LONG), store, again="truncated")
    assert script.asked[before:] == [bad]


def test_documents_that_were_never_sent_stay_pending(
    script: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    annotate(documents[:5], task, teacher, store)
    report = annotate(documents, task, changed(teacher, **LONG), store, again="truncated")
    assert report.states == {State.DONE: 5, State.PENDING: 5}


def test_a_shared_request_holds_the_chosen_documents(
    script: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    bad: str,
) -> None:
    def answer(number: int, seen: Seen) -> Answer:
        if len(asked_texts(seen)) == 1:
            return Answer("I cannot.")
        found = (one for one in asked_texts(seen) if one["text"] not in lost)
        return Answer("\n".join(json.dumps({"id": one["id"], "entities": []}) for one in found))

    lost = {bad, documents[5].text}
    script.script = answer
    shared = changed(teacher, documents_per_request=5, concurrency=10)
    report = annotate(documents, task, shared, store)
    assert report.states == {State.EMPTY: 8, State.UNPARSABLE: 2}
    assert report.as_dict()["left_out_and_sent_alone"] == 2
    before = len(script.seen)
    lost.clear()
    warm = changed(shared, temperature=0.5)
    assert annotate(documents, task, warm, store, again="unparsable").states == {State.EMPTY: 10}
    assert [len(asked_texts(seen)) for seen in script.seen[before:]] == [2]
    script.script = lambda number, seen: Answer(OSLO)
    single = changed(teacher, documents_per_request=1)
    assert annotate(documents, task, single, store, again="truncated").ask_report.sent == 0
    assert locate(documents, task, single, store).states == {State.EMPTY: 10}


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
def test_batches_hold_only_the_chosen_requests(
    api: BatchServer,
    task: Task,
    store: Path,
    documents: list[Document],
    bad: str,
    backend: BatchApi,
) -> None:
    teacher = batch_teacher(api, backend)
    api.faults.script = lambda text: Item(content="Well." if text == bad else OSLO)
    annotate(documents, task, teacher, store)
    api.faults.script = lambda text: Item(content=OSLO)
    more = changed(teacher, **LONG)
    report = annotate(documents, task, more, store, again="unparsable")
    assert report.states == {State.DONE: 10}
    assert [len(made.items) for made in api.made.values()] == [10, 1]
    for settings in (teacher, more):
        assert annotate(documents, task, settings, store).states == {State.DONE: 10}
    assert len(api.made) == 2


@pytest.mark.parametrize("states", ["wrong", "pending", "", "truncated,wrong"])
def test_unknown_states_are_named(
    task: Task, teacher: TeacherConfig, store: Path, documents: list[Document], states: str
) -> None:
    with pytest.raises(ConfigError, match="expected one"):
        annotate(documents, task, teacher, store, again=states)
