"""A teacher that Vermeil starts itself: a real engine over a tiny random model."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.gguf_files import write_tiny_model
from tests.integration.teacher.local_engine import ONE_SLOT, request, teacher

from vermeil.data.document import Document
from vermeil.data.reply import Reply, State, Usage
from vermeil.errors import ConfigError, TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.jobs.estimate import estimate
from vermeil.jobs.locate import locate
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.backends.base import AttemptError, ErrorScope
from vermeil.teacher.backends.local.online import LocalBackend
from vermeil.teacher.backends.registry import list_models
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.store import ReplyStore

pytest.importorskip("xllamacpp", reason="the engine xllamacpp is not installed")

DOCUMENTS = [Document(f"d{i}", f"Ann left town number {i}.") for i in range(6)]
TASK = make_task(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a tiny model with random weights."""
    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write_tiny_model(path)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "replies.sqlite"


def engine_processes() -> Iterator[psutil.Process]:
    for child in psutil.Process().children(recursive=True):
        if any("backends.local.serve" in word for word in child.cmdline()):
            yield child


def replies_in(store: Path, config: TeacherConfig) -> list[Reply]:
    with ReplyStore(store) as replies:
        found = [replies.get(one.key) for one in make_requests(DOCUMENTS, TASK, config)]
    return [reply for reply in found if reply is not None]


def test_documents_are_annotated_with_the_default_division(model: Path, store: Path) -> None:
    seen = []
    report = annotate(
        DOCUMENTS,
        TASK,
        teacher(model, {}, structured="json_schema"),
        store,
        lambda stage, done, total, detail: seen.append((stage, dict(detail))),
    )
    assert sum(report.states.values()) == len(DOCUMENTS)
    assert not report.states.keys() & {State.FAILED, State.PENDING}
    (speed,) = [detail for stage, detail in seen if stage == "local teacher"]
    assert speed["slots"] >= 1
    assert float(speed["reply tokens/s"]) > 0
    assert speed["expected time"].count(":") == 2
    stages = [stage for stage, _ in seen]
    assert stages.index("to send") < stages.index("local teacher") < stages.index("annotate")
    assert list(engine_processes()) == []


def test_second_run_starts_no_engine(model: Path, store: Path) -> None:
    held = teacher(model, structured="json_schema")
    annotate(DOCUMENTS, TASK, held, store)
    stages = []
    again = annotate(DOCUMENTS, TASK, held, store, lambda stage, *_: stages.append(stage))
    assert again.ask_report.sent == 0
    assert "local teacher" not in stages


@pytest.mark.parametrize("structured", ["json_schema", "llama_cpp", "gbnf"])
def test_replies_are_held_to_a_schema_without_free_white_space(
    structured: str, model: Path, store: Path
) -> None:
    held = teacher(model, structured=structured)
    annotate(DOCUMENTS, TASK, held, store)
    found = replies_in(store, held)
    assert len(found) == len(DOCUMENTS)
    for reply in found:
        if reply.finish_reason == "stop":
            assert json.dumps(json.loads(reply.text), ensure_ascii=False) == reply.text
        assert reply.text.startswith('{"entities": [')


def test_no_schema_leaves_the_reply_free(model: Path, store: Path) -> None:
    free = teacher(model, stop_after_failures=3, max_tokens=20)
    with pytest.raises(TeacherError):
        annotate(DOCUMENTS, TASK, free, store)
    found = replies_in(store, free)
    assert len(found) >= 3
    assert not any(reply.text.startswith("{") for reply in found)


def test_log_probabilities_are_stored_and_cover_the_reply(model: Path, store: Path) -> None:
    held = teacher(model, structured="json_schema", logprobs=True)
    annotate(DOCUMENTS, TASK, held, store)
    found = replies_in(store, held)
    assert len(found) == len(DOCUMENTS)
    for reply in found:
        assert reply.logprobs is not None
        assert reply.logprobs.ends[-1] == len(reply.text)
        assert all(value <= 0 for value in reply.logprobs.values)
    assert locate(DOCUMENTS, TASK, held, store).as_dict().get("without_logprobs", 0) == 0


def test_prefix_of_earlier_prompts_is_reused(model: Path) -> None:
    async def usages() -> list[Usage]:
        backend = LocalBackend(teacher(model))
        try:
            return [(await backend.complete(request(text))).usage for text in ("Ann.", "Bo ran.")]
        finally:
            await backend.aclose()

    first, second = asyncio.run(usages())
    assert second.cached_tokens > second.prompt_tokens / 2 > 0
    assert first.cached_tokens < second.cached_tokens


def test_engine_answers_on_loopback_and_with_its_own_key_only(model: Path) -> None:
    async def run() -> None:
        backend = LocalBackend(teacher(model))
        try:
            await backend.start()
            (process,) = backend.group.processes
            url = f"{process.base_url}/chat/completions"
            for key in ("", "Bearer another"):
                sent = urllib.request.Request(url, b"{}", {"Authorization": key})
                with pytest.raises(urllib.error.HTTPError) as caught:
                    urllib.request.urlopen(sent, timeout=30)
                assert caught.value.code == 401
                caught.value.close()
            assert process.pid is not None
            words = [word for one in psutil.Process(process.pid).cmdline() for word in one.split()]
            assert process.settings.key not in words
            listening = psutil.Process(process.pid).net_connections("tcp")
            assert {one.laddr.ip for one in listening} == {"127.0.0.1"}
        finally:
            await backend.aclose()

    asyncio.run(run())


def test_engine_that_dies_is_started_again(model: Path) -> None:
    async def run() -> None:
        backend = LocalBackend(teacher(model))
        try:
            await backend.complete(request())
            (process,) = backend.group.processes
            first = process.pid
            assert first is not None
            os.kill(first, signal.SIGSTOP)  # so that it does not answer before it ends
            waiting = asyncio.ensure_future(backend.complete(request()))
            await asyncio.sleep(0.1)
            os.kill(first, signal.SIGKILL)
            with pytest.raises(AttemptError, match="ended with status -9") as caught:
                await waiting
            assert (caught.value.scope, caught.value.unbilled) == (ErrorScope.ATTEMPT, True)
            await backend.complete(request())
            assert process.pid not in (None, first)
        finally:
            await backend.aclose()

    asyncio.run(run())


def test_run_survives_a_crash_of_the_engine(model: Path, store: Path) -> None:
    killed: list[int] = []

    def kill_once(
        stage: str, done: int, total: int | None, detail: Mapping[str, float | int | str]
    ) -> None:
        if stage == "annotate" and not killed:
            (engine,) = engine_processes()
            engine.kill()
            killed.append(engine.pid)

    held = teacher(model, structured="json_schema")
    report = annotate(DOCUMENTS, TASK, held, store, kill_once)
    assert killed
    assert State.FAILED not in report.states
    assert sum(report.states.values()) == len(DOCUMENTS)


def test_wait_for_a_slot_is_no_part_of_the_timeout(model: Path) -> None:
    async def run() -> None:
        backend = LocalBackend(teacher(model, timeout=2.0))
        try:
            await backend.start()
            server = await backend.free.get()
            waiting = asyncio.ensure_future(backend.complete(request(max_tokens=1)))
            await asyncio.sleep(2.5)
            assert not waiting.done()
            backend.free.put_nowait(server)
            await waiting
        finally:
            await backend.aclose()

    asyncio.run(run())


def test_prompt_longer_than_the_context_fails_alone_and_names_the_setting(
    model: Path, store: Path
) -> None:
    long = Document("long", "Ann met Bo. " * 300)
    report = annotate([*DOCUMENTS, long], TASK, teacher(model, structured="json_schema"), store)
    assert report.states[State.FAILED] == 1
    (problem,) = [p for p in report.ask_report.problems if p.state is State.FAILED]
    assert problem.document_id == "long"
    assert "2048 tokens" in problem.message
    assert problem.message.endswith("teacher.local.context")


def test_model_that_the_engine_cannot_load_is_an_error_with_its_message(
    model: Path, store: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "cut.gguf"
    damaged.write_bytes(model.read_bytes()[:200_000])
    with pytest.raises(TeacherError, match=r"cut\.gguf.*corrupted or incomplete"):
        annotate(DOCUMENTS, TASK, teacher(damaged), store)
    assert replies_in(store, teacher(damaged)) == []
    assert list(engine_processes()) == []


def test_check_needs_no_running_engine(model: Path) -> None:
    assert list_models(teacher(model)) == (str(model),)


def test_estimate_measures_the_time_and_sends_nothing(model: Path, store: Path) -> None:
    held = teacher(model, structured="json_schema")
    report = estimate(DOCUMENTS, TASK, held, store)
    assert report.seconds is not None
    assert report.seconds > 0
    assert report.as_dict()["expected_seconds"] == round(report.seconds, 1)
    assert list(engine_processes()) == []
    assert not store.exists()
    annotate(DOCUMENTS, TASK, held, store)
    assert "expected_seconds" not in estimate(DOCUMENTS, TASK, held, store).as_dict()


def test_missing_model_is_found_before_the_store_is_written(store: Path) -> None:
    with pytest.raises(ConfigError, match="vermeil local list"):
        annotate(DOCUMENTS, TASK, teacher("missing.gguf"), store)
    assert not store.exists()


def test_several_processes_share_the_documents(model: Path, store: Path) -> None:
    division = ONE_SLOT | {"processes": 2, "slots": 2}
    report = annotate(DOCUMENTS, TASK, teacher(model, division, structured="gbnf"), store)
    assert sum(report.states.values()) == len(DOCUMENTS)


def test_several_documents_share_a_request(model: Path, store: Path) -> None:
    settings: dict[str, Any] = {
        "documents_per_request": 2,
        "stop_after_failures": 0,
        "max_tokens": 20,
    }
    shared = teacher(model, **settings)
    report = annotate(DOCUMENTS, TASK, shared, store)
    assert report.usable == 0
    assert len(replies_in(store, shared)) == len(DOCUMENTS)


def test_time_outs_of_the_engine_cost_no_tokens(model: Path, store: Path) -> None:
    slow = teacher(model, timeout=0.001, retries=0, max_tokens_total=100_000)
    report = annotate(DOCUMENTS, TASK, slow, store)
    assert report.states == {State.FAILED: len(DOCUMENTS)}
    assert report.spent.charged.tokens == 0
    assert any("raise teacher.timeout" in warning for warning in report.warnings)
