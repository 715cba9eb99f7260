"""Requests and replies of annotate: what is sent, which replies count, nothing is sent twice."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import ConfigError, ConsentError, DataError, TeacherError
from vermeil.jobs.annotate import AnnotateReport, annotate
from vermeil.jobs.locate import locate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def answer(server: FaultServer) -> type[Answer]:
    return Answer


def test_answers_of_every_kind_end_in_their_state_and_are_not_asked_again(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    answers = {
        "d0": answer(content='{"entities": [{"text": "Oslo", "label": "LOC"}]}'),
        "d1": answer(),
        "d2": answer(content="I'm sorry, but I can't help with that."),
        "d3": answer(content='{"entities": [{"te', finish_reason="length"),
        "d4": answer(content="Sure! Here you go."),
        "d5": answer(content=None, finish_reason="content_filter"),
        "d6": answer(
            status=400, body=b'{"error": {"message": "filtered", "code": "content_filter"}}'
        ),
        "d7": answer(
            body=json.dumps(
                {"choices": [{"message": {"content": None, "refusal": "No, thank you."}}]}
            ).encode()
        ),
        "d8": answer(content=[{"type": "thinking"}, {"type": "text", "text": '{"entities": []}'}]),
        "d9": answer(content=None),
    }
    by_text = {d.text: answers[d.id] for d in documents}
    server.script = lambda number, seen: by_text[seen.last_line]
    report = annotate(documents, task, teacher, store)
    expected = {
        State.DONE: 1,
        State.EMPTY: 2,
        State.REFUSED: 4,
        State.TRUNCATED: 1,
        State.UNPARSABLE: 2,
    }
    assert report.states == expected
    assert report.ask_report.sent == len(server.seen) == 10
    again = annotate(documents, task, teacher, store)
    assert again.states == expected
    assert (again.ask_report.sent, again.ask_report.reused, len(server.seen)) == (0, 10, 10)
    located = locate(documents, task, teacher, store)
    assert located.states == expected
    assert sum(d.annotation.is_empty for d in located.documents) == 7
    assert [s.origin for d in located.documents for s in d.spans or ()] == ["silver"]


def test_reply_is_stored_verbatim(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    odd = ' \n```json\n{"entities": []}\n```\u2028 Øresund \x00 😀\r\n'
    server.script = lambda number, seen: answer(content=odd)
    annotate(documents[:1], task, teacher, store)
    with closing(sqlite3.connect(store)) as db:
        assert db.execute("SELECT reply FROM attempts").fetchall() == [(odd,)]


def test_lone_surrogate_in_a_reply_does_not_stop_the_run(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(content='{"entities": []} \ud800')
    assert annotate(documents, task, teacher, store).states == {State.EMPTY: 10}


def test_same_text_is_asked_once_and_counted_for_each(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    twins = [Document(f"d{i}", "The same text.") for i in range(20)]
    report = annotate(twins, task, teacher, store)
    assert report.states == {State.EMPTY: 20}
    assert (report.ask_report.sent, report.ask_report.reused, len(server.seen)) == (1, 19, 1)


def test_same_text_that_failed_is_counted_for_each(
    server: FaultServer, answer: type[Answer], task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = lambda number, seen: answer(status=422, content="no")
    twins = [Document(f"d{i}", "The same text.") for i in range(5)]
    report = annotate(twins, task, teacher, store)
    assert report.states == {State.FAILED: 5}
    assert len(server.seen) == 1


def test_every_sample_is_asked_and_counted(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    report = annotate(documents, task, teacher.model_copy(update={"samples": 3}), store)
    assert report.states == {State.EMPTY: 30}
    assert len(server.seen) == 30
    assert report.documents * report.samples == report.ask_report.requests
    fewer = annotate(documents, task, teacher, store)
    assert fewer.ask_report.sent == 0


def test_changed_prompt_or_document_is_asked_and_nothing_else(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    annotate(documents, task, teacher, store)
    server.seen.clear()
    changed = [Document("d0", "Another text."), *documents[1:]]
    assert annotate(changed, task, teacher, store).ask_report.sent == 1
    other_prompt = teacher.model_copy(update={"prompt": "chain_of_thought"})
    assert annotate(documents[:2], task, other_prompt, store).ask_report.sent == 2
    assert len(server.seen) == 3


def test_no_documents_make_an_empty_report(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    report = annotate([], task, teacher, store)
    assert (report.documents, report.ask_report.requests, report.states) == (0, 0, {})
    assert server.seen == []


def test_parameters_are_sent_and_no_temperature_means_none(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    annotate(documents[:1], task, teacher, store)
    annotate(documents[:1], task, teacher.model_copy(update={"temperature": None}), store)
    first, second = (s.body for s in server.seen)
    assert (first["model"], first["temperature"], first["max_tokens"]) == ("m", 0.0, 1024)
    assert "temperature" not in second


def test_model_that_wants_the_newer_name_of_the_limit_gets_it(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    no = answer(
        status=400,
        body=json.dumps({"error": {"message": words, "code": "unsupported_parameter"}}).encode(),
    )
    server.script = lambda number, seen: no if "max_tokens" in seen.body else answer()
    one_by_one = teacher.model_copy(update={"concurrency": 1})
    report = annotate(documents, task, one_by_one, store)
    assert report.states == {State.EMPTY: 10}
    assert sum("max_tokens" in s.body for s in server.seen) == 1
    assert server.seen[-1].body["max_completion_tokens"] == 1024


def test_key_is_sent_from_its_variable_and_stands_nowhere_else(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    teacher = teacher.model_copy(update={"api_key_env": "MY_KEY", "retries": 0})
    server.first(answer(status=500, content=f"your key {KEY} is fine, I am not"))
    caplog.set_level("DEBUG")
    report = annotate(documents, task, teacher, store)
    assert {s.headers["authorization"] for s in server.seen} == {f"Bearer {KEY}"}
    assert report.states == {State.FAILED: 1, State.EMPTY: 9}
    assert KEY not in caplog.text
    assert KEY not in json.dumps(report.as_dict())
    server.script = lambda number, seen: answer(status=401, content=f"bad key {KEY}")
    with pytest.raises(TeacherError) as caught:
        annotate([Document("new", "A new text.")], task, teacher, store)
    assert KEY not in str(caught.value)
    files = [p.read_bytes() for p in store.parent.iterdir()]
    assert files
    assert not any(KEY.encode() in content for content in files)


def test_no_key_means_no_authorization_header(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    annotate(documents[:1], task, teacher, store)
    assert "authorization" not in server.seen[0].headers


def test_text_for_this_machine_takes_no_detour_through_a_proxy(
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert annotate(documents, task, teacher, store).states == {State.EMPTY: 10}


def test_remote_teacher_without_consent_sends_nothing_and_names_host_volume_and_setting(
    task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    remote = teacher.model_copy(update={"base_url": "https://teacher.invalid/v1"})
    with pytest.raises(ConsentError) as caught:
        annotate(documents, task, remote, store)
    message = str(caught.value)
    for part in ("teacher.invalid", "10 documents", "280 characters", "teacher.allow_remote"):
        assert part in message
    assert caught.value.exit_code == 2
    assert not store.exists()


def test_remote_teacher_with_consent_but_without_key_is_a_configuration_error(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    remote = teacher.model_copy(
        update={"base_url": "https://teacher.invalid/v1", "allow_remote": True}
    )
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        annotate(documents, task, remote, store)
    assert not store.exists()


def test_nothing_left_to_send_needs_neither_consent_nor_key(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    annotate(documents, task, teacher, store)
    remote = teacher.model_copy(update={"base_url": "https://teacher.invalid/v1"})
    assert annotate(documents, task, remote, store).states == {State.EMPTY: 10}
    with pytest.raises(ConsentError, match=r"^1 document .4 characters"):
        annotate([*documents, Document("new", "New.")], task, remote, store)


def test_host_and_volume_are_reported_before_anything_is_sent(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    calls = []

    def progress(
        stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        calls.append((stage, done, total, dict(detail), len(server.seen)))

    annotate(iter(documents), task, teacher, store, progress)
    volume = {"host": "127.0.0.1", "documents": 10, "characters": 280}
    assert calls[0] == ("to send", 10, 10, volume, 0)
    assert calls[-1][:3] == ("annotate", 10, 10)
    assert calls[-1][3]["tokens"] == 120


def test_requests_in_flight_and_documents_held_are_bounded(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(stall=0.02)
    ahead = []

    class Corpus:
        rounds = 0

        def __iter__(self) -> Iterator[Any]:
            self.rounds += 1
            for number in range(60):
                if self.rounds == 2:
                    ahead.append(number - len(server.answered))
                yield Document(f"d{number}", f"Text {number}.")

    report = annotate(Corpus(), task, teacher, store)
    assert report.states == {State.EMPTY: 60}
    assert server.most_at_once <= 4
    assert max(ahead) <= 8


def test_corpus_that_breaks_off_keeps_what_was_answered(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    class Corpus:
        rounds = 0

        def __iter__(self) -> Iterator[Any]:
            self.rounds += 1
            yield from documents
            if self.rounds == 2:
                raise DataError("is broken", "pool.jsonl", 11)

    with pytest.raises(DataError, match=r"pool\.jsonl:11"):
        annotate(Corpus(), task, teacher.model_copy(update={"concurrency": 1}), store)
    server.seen.clear()
    assert annotate(documents, task, teacher, store).ask_report.sent == 0


def test_works_inside_a_running_event_loop(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    async def notebook() -> AnnotateReport:
        return annotate(documents, task, teacher, store)

    assert asyncio.run(notebook()).states == {State.EMPTY: 10}


def test_error_inside_a_running_event_loop_reaches_the_caller(
    server: FaultServer,
    answer: type[Answer],
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: answer(status=401)

    async def notebook() -> None:
        annotate(documents, task, teacher, store)

    with pytest.raises(TeacherError):
        asyncio.run(notebook())


def test_unknown_prompt_is_named_with_those_there_are(
    task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    wrong = teacher.model_copy(update={"prompt": "haiku"})
    with pytest.raises(ConfigError, match=r"'haiku'.*standard, chain_of_thought"):
        annotate(documents, task, wrong, store)
    with pytest.raises(ConfigError, match="'haiku'"):
        locate(documents, task, wrong, store)
