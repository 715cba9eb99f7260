"""Batches of both kinds, against a server that misbehaves: nothing is lost, nothing paid twice."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from tests.integration.teacher.batch_server import BatchServer, Item, batch_teacher

from vermeil.data.document import Document
from vermeil.data.reply import State
from vermeil.errors import ConsentError, TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.locate import locate
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.batch_base import BatchBackend
from vermeil.teacher.backends.batch_types import BatchPhase
from vermeil.teacher.batches.store import BatchStore
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.replay.server import ReplayServer

KEY = "sk-very-secret-0123456789"
NUMBER = 10


@pytest.fixture(params=["openai", "anthropic"])
def teacher(request: pytest.FixtureRequest, api: BatchServer) -> TeacherConfig:
    return batch_teacher(api, request.param)


def texts(documents: list[Document]) -> list[str]:
    return [d.text for d in documents]


def phases(store: Path) -> list[str]:
    with BatchStore(store) as batches:
        return [batch.phase.value for batch in batches.batches()]


def errors(store: Path) -> list[str]:
    with closing(sqlite3.connect(store)) as db:
        return [e for (e,) in db.execute("SELECT error FROM attempts WHERE error IS NOT NULL")]


def replies(store: Path) -> int:
    with closing(sqlite3.connect(store)) as db:
        return int(
            db.execute("SELECT COUNT(*) FROM attempts WHERE reply IS NOT NULL").fetchone()[0]
        )


def test_a_batch_is_submitted_awaited_and_stored_like_any_replies(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.looks = 3
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.EMPTY: NUMBER}
    assert (report.ask_report.sent, report.ask_report.reused, report.ask_report.attempts) == (
        10,
        0,
        10,
    )
    assert (report.ask_report.usage.prompt_tokens, report.ask_report.usage.completion_tokens) == (
        100,
        20,
    )
    assert api.asked == texts(documents)
    assert phases(store) == ["harvested"]
    again = annotate(documents, task, teacher, store)
    assert (again.ask_report.sent, again.ask_report.reused, again.states) == (0, 10, report.states)
    assert len(api.made) == 1
    assert locate(documents, task, teacher, store).states == report.states


def test_both_ways_to_ask_send_the_same_and_share_their_replies(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    annotate(documents[:5], task, teacher, store)
    online = teacher.model_copy(update={"mode": "online", "backend": "openai"})
    if teacher.backend == "openai":
        report = annotate(documents, task, online, store)
        assert sorted(api.online) == texts(documents[5:])
    else:
        report = annotate(documents, task, teacher, store)
        assert api.asked == texts(documents)
    assert report.ask_report.sent == 5
    body = next(iter(api.made.values())).items[0][1]
    assert body["max_tokens"] == 1024
    assert ("system" in body) == (teacher.backend == "anthropic")


def test_twins_are_asked_once_and_counted_for_each(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    twins = [Document(f"d{i}", "The same text.") for i in range(5)]
    report = annotate(twins, task, teacher, store)
    assert report.states == {State.EMPTY: 5}
    assert (report.ask_report.sent, report.ask_report.reused, len(api.asked)) == (1, 4, 1)


def test_results_in_any_order_and_twice_are_stored_once(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.order = lambda lines: [*reversed(lines), *lines, b'{"custom_id": "else-3"}', b""]
    annotate(documents, task, teacher, store)
    assert replies(store) == NUMBER
    with closing(sqlite3.connect(store)) as db:
        pairs = db.execute("SELECT document_id, COUNT(*) FROM attempts GROUP BY 1").fetchall()
    assert pairs == [(d.id, 1) for d in documents]


def test_each_reply_goes_to_its_own_document(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.order = lambda lines: list(reversed(lines))
    api.faults.script = lambda text: Item(content=f'{{"entities": []}} \u2028{text}')
    annotate(documents, task, teacher, store)
    with closing(sqlite3.connect(store)) as db:
        rows = db.execute("SELECT text, reply FROM documents JOIN attempts USING (document_id)")
        assert all(reply.endswith(f"\u2028{text}") for text, reply in rows)


def test_batches_are_split_by_number_and_by_size(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    by_number = teacher.model_copy(update={"batch_requests": 4})
    annotate(documents, task, by_number, store)
    assert [len(made.items) for made in api.made.values()] == [4, 4, 2]
    assert api.asked == texts(documents)


def test_expired_batches_are_harvested_and_the_rest_is_queued_again(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    late = set(texts(documents[6:]))
    api.faults.ending = "expired"
    seen: Counter[str] = Counter()

    def script(text: str) -> Item:
        return Item("expired") if text in late and len(api.made) == 1 else Item()

    api.faults.script = script
    report = annotate(documents, task, teacher, store)
    seen.update(api.asked)
    assert report.states == {State.EMPTY: NUMBER}
    assert {t for t, n in seen.items() if n == 2} == late
    assert (report.ask_report.sent, report.ask_report.attempts) == (10, 14)
    assert len(errors(store)) == 4
    assert all("expired" in error for error in errors(store))


def test_requests_that_fail_are_named_and_only_hopeful_ones_asked_again(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    bad, shaky = documents[2].text, documents[3].text

    def script(text: str) -> Item:
        if text == bad:
            return Item("error", "too odd", status=400)
        if text == shaky and len(api.made) == 1:
            return Item("error", "busy", status=500)
        return Item()

    api.faults.script = script
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.EMPTY: 9, State.FAILED: 1}
    assert [(p.document_id, "too odd" in p.message) for p in report.ask_report.problems] == [
        ("d2", True)
    ]
    assert Counter(api.asked)[bad] == 1
    assert Counter(api.asked)[shaky] == 2
    api.faults.script = lambda text: Item()
    assert annotate(documents, task, teacher, store).states == {State.EMPTY: NUMBER}


def test_what_always_fails_ends_as_failed_after_the_retries(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.script = lambda text: Item("error", "busy", status=500)
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.FAILED: NUMBER}
    assert len(api.made) == teacher.retries + 1


def test_a_result_file_that_breaks_off_is_fetched_again(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.cut = [0.4, 0.7]
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.EMPTY: NUMBER}
    assert (len(api.made), replies(store), errors(store)) == (1, NUMBER, [])


def test_a_result_file_that_is_short_for_a_while_is_fetched_again(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.short = [80, 400]
    assert annotate(documents, task, teacher, store).states == {State.EMPTY: NUMBER}
    assert (len(api.made), replies(store), errors(store)) == (1, NUMBER, [])


def test_what_a_result_file_lacks_for_good_is_asked_again(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    gone = documents[4].text
    api.faults.script = lambda text: (
        Item("left out") if text == gone and len(api.made) == 1 else Item()
    )
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.EMPTY: NUMBER}
    assert Counter(api.asked)[gone] == 2
    assert ["not among the results" in e for e in errors(store)] == [True]


def test_trouble_while_looking_is_waited_out(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.looking = [500, 503]
    assert annotate(documents, task, teacher, store).states == {State.EMPTY: NUMBER}
    assert len(api.made) == 1


def test_too_much_trouble_while_looking_stops_and_the_next_run_collects(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.looking = [500] * 3
    with pytest.raises(TeacherError, match="1 batches continue at the server"):
        annotate(documents, task, teacher, store)
    assert annotate(documents, task, teacher, store).states == {State.EMPTY: NUMBER}
    assert len(api.made) == 1


def test_a_refused_batch_waits_until_another_has_ended(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.creating = [200, 429]
    small = teacher.model_copy(update={"batch_requests": 4})
    assert annotate(documents, task, small, store).states == {State.EMPTY: NUMBER}
    assert sorted(api.asked) == sorted(texts(documents))


def test_a_key_that_is_not_accepted_stops_at_once(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.creating = [401]
    with pytest.raises(TeacherError, match="_API_KEY"):
        annotate(documents, task, teacher, store)
    assert phases(store) == ["lost"]
    assert annotate(documents, task, teacher, store).states == {State.EMPTY: NUMBER}


def test_a_server_without_batches_is_reported(
    tmp_path: Path, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    recording = tmp_path / "recording.jsonl"
    recording.write_text('{"text": "x", "reply": "y"}')
    with ReplayServer({"m": recording}) as server:
        elsewhere = teacher.model_copy(update={"base_url": server.base_url})
        with pytest.raises(TeacherError, match=r'set teacher\.mode = "online"'):
            annotate(documents, task, elsewhere, store)


def test_a_batch_that_the_server_forgot_stops_the_run_with_advice(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.looking = [500] * 3
    with pytest.raises(TeacherError):
        annotate(documents, task, teacher, store)
    api.made.clear()
    with pytest.raises(TeacherError, match="--abandon"):
        annotate(documents, task, teacher, store)
    with BatchStore(store) as batches:
        batches.close(batches.batches()[0], BatchPhase.LOST, "given up")
    assert annotate(documents, task, teacher, store).states == {State.EMPTY: NUMBER}


def test_a_request_larger_than_a_batch_fails_alone(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    from vermeil.teacher.backends.batch_base import BatchLimits
    from vermeil.teacher.backends.registry import open_batches
    from vermeil.teacher.batches.run import send_in_batches
    from vermeil.teacher.requests import make_requests
    from vermeil.teacher.store.store import ReplyStore

    def small(config: TeacherConfig) -> BatchBackend:
        backend = open_batches(config)
        backend.limits = BatchLimits(max_requests=100, max_bytes=4500)
        return backend

    huge = Document("huge", "Oslo " * 2000)
    with ReplyStore(store) as stored:
        report = send_in_batches(
            lambda: make_requests([*documents, huge], task, teacher),
            teacher,
            stored,
            task.read,
            connect=small,
        )
    assert report.states == {State.EMPTY: NUMBER, State.FAILED: 1}
    assert "larger than a batch" in report.problems[0].message
    assert 1 < len(api.made) < NUMBER


def test_going_on_online_cancels_collects_and_asks_only_the_rest(
    api: BatchServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    api.faults.looking = [500] * 3
    api.faults.looks = 1000
    with pytest.raises(TeacherError):
        annotate(documents, task, teacher, store)
    late = set(texts(documents[7:]))
    api.faults.script = lambda text: Item("late") if text in late else Item()
    online = teacher.model_copy(update={"mode": "online"})
    if teacher.backend == "anthropic":
        # This server answers online in OpenAI's shape alone.
        report = annotate(documents[:7], task, online, store)
        assert report.states == {State.EMPTY: 7}
        assert api.online == []
        return
    report = annotate(documents, task, online, store)
    assert report.states == {State.EMPTY: NUMBER}
    assert sorted(api.online) == sorted(late)
    assert phases(store) == ["harvested"]


def test_text_goes_to_no_other_machine_without_consent(
    task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    remote = teacher.model_copy(update={"base_url": "https://batches.invalid/v1"})
    with pytest.raises(ConsentError, match=r"batches\.invalid"):
        annotate(documents, task, remote, store)
    assert not store.exists()


def test_the_key_is_sent_and_stands_nowhere_else(
    api: BatchServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(teacher.key_variable, KEY)
    caplog.set_level("DEBUG")
    api.faults.script = lambda text: Item("error", f"key {KEY}", status=400)
    report = annotate(documents, task, teacher, store)
    assert report.states == {State.FAILED: NUMBER}
    assert all(KEY in str(headers) for headers in api.headers)
    outputs = [json.dumps(report.as_dict()), caplog.text, *capfd.readouterr(), *errors(store)]
    assert not any(KEY in text for text in outputs)
    assert not any(KEY.encode() in path.read_bytes() for path in store.parent.iterdir())
    assert all(KEY not in str(made.items) for made in api.made.values())


# What OpenAI's API alone has.


@pytest.fixture
def openai(api: BatchServer) -> TeacherConfig:
    return batch_teacher(api, "openai")


def test_a_model_that_wants_the_newer_name_of_the_limit_gets_it(
    api: BatchServer, task: Task, openai: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    old = Item("error", words, status=400, code="unsupported_parameter")
    api.faults.script = lambda text: old if len(api.made) == 1 else Item()
    assert annotate(documents, task, openai, store).states == {State.EMPTY: NUMBER}
    bodies = [body for made in api.made.values() for _, body in made.items]
    assert ["max_tokens" in body for body in bodies] == [True] * NUMBER + [False] * NUMBER
    assert bodies[-1]["max_completion_tokens"] == 1024


def test_azures_older_addresses_have_batches_beside_the_deployments(
    api: BatchServer, task: Task, openai: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    azure = openai.model_copy(
        update={
            "base_url": api.url.replace("/v1", "/openai/deployments/mine"),
            "azure_api_version": "2024-10-21",
        }
    )
    assert annotate(documents, task, azure, store).states == {State.EMPTY: NUMBER}
    assert "POST /openai/batches?api-version=2024-10-21" in api.calls
    assert "POST /openai/files?api-version=2024-10-21" in api.calls
