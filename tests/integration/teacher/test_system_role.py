"""Models without a system role, and settings that a server rejects in words only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer, Script, Seen

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.reply import State
from vermeil.errors import TeacherError
from vermeil.jobs.annotate import annotate
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import DemonstrationsConfig, TeacherConfig
from vermeil.teacher.demonstrations import make_demonstrations
from vermeil.teacher.requests import make_requests

REJECTIONS = {
    "vllm": (400, {"object": "error", "message": "System role not supported", "code": 400}),
    "alternate": (
        400,
        {"error": {"message": "Conversation roles must alternate user/assistant/user/…"}},
    ),
    "only two": (
        400,
        {"error": {"message": "Only user and assistant roles are supported!", "code": 400}},
    ),
    "gateway": (
        400,
        {"error": {"message": "BadRequestError: OpenAIException - System role not supported"}},
    ),
    "template": (
        500,
        {"error": {"code": 500, "message": "Jinja Exception: System role not supported"}},
    ),
    "gemma": (
        400,
        [{"error": {"code": 400, "message": "Developer instruction is not enabled for gemma"}}],
    ),
    "role name": (422, {"detail": "Unexpected role 'system' in messages[0]"}),
    "does not": (400, {"error": {"message": "This model does not support system messages."}}),
}


def without_system_role(name: str) -> Script:
    status, body = REJECTIONS[name]

    def script(number: int, seen: Seen) -> Answer:
        if any(message["role"] == "system" for message in seen.body["messages"]):
            return Answer(status=status, body=json.dumps(body).encode())
        return Answer()

    return script


@pytest.mark.parametrize("name", REJECTIONS)
def test_rejected_system_role_stops_the_run_with_advice(
    name: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = without_system_role(name)
    with pytest.raises(TeacherError, match=r"teacher\.system_role = false"):
        annotate(documents, task, teacher, store)
    assert len(server.seen) <= teacher.concurrency
    merged = teacher.model_copy(update={"system_role": False})
    assert annotate(documents, task, merged, store).states == {State.EMPTY: 10}


def test_text_about_a_system_role_is_no_rejection_of_it(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    text = "The report notes: system role not supported."
    server.script = lambda number, seen: (
        Answer(f"cannot read: {text}", status=400) if seen.last_line == text else Answer()
    )
    report = annotate([Document("odd", text), *documents], task, teacher, store)
    assert report.states == {State.FAILED: 1, State.EMPTY: 10}


def test_instruction_begins_the_first_user_message(
    task: Task, teacher: TeacherConfig, documents: list[Document]
) -> None:
    (with_role,) = make_requests(documents[:1], task, teacher)
    merged = teacher.model_copy(update={"system_role": False})
    (without,) = make_requests(documents[:1], task, merged)
    system, user = with_role.messages
    assert without.messages == (
        {"role": "user", "content": f"{system['content']}\n\n{user['content']}"},
    )
    assert without.key != with_role.key


def test_default_leaves_keys_as_they_were(
    task: Task, teacher: TeacherConfig, documents: list[Document]
) -> None:
    (request,) = make_requests(documents[:1], task, teacher)
    assert [message["role"] for message in request.messages] == ["system", "user"]
    (explicit,) = make_requests(
        documents[:1], task, teacher.model_copy(update={"system_role": True})
    )
    assert explicit.key == request.key


@pytest.mark.parametrize("documents_per_request", [1, 5])
def test_roles_alternate_with_demonstrations(
    documents_per_request: int,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    gold = [
        Document(
            f"g{i}",
            f"Case {i} is set in Oslo.",
            annotation=Annotation(spans=(Span(17, 21, "LOC"),)),
        )
        for i in range(3)
    ]
    shown = DemonstrationsConfig(kind="fixed", count=2)
    settings = {
        "system_role": False,
        "demonstrations": shown,
        "documents_per_request": documents_per_request,
        "concurrency": 5,
    }
    merged = teacher.model_copy(update=settings)

    def script(number: int, seen: Seen) -> Answer:
        texts = seen.body["messages"][-1]["content"].rpartition("\n\nTexts:\n")[2].splitlines()
        ids = [json.loads(line)["id"] for line in texts] if documents_per_request > 1 else []
        lines = [json.dumps({"id": one, "entities": []}) for one in ids]
        return Answer("\n".join(lines) or '{"entities": []}')

    server.script = script
    demonstrations = make_demonstrations(shown, gold, [], None)  # type: ignore[arg-type]
    report = annotate(documents, task, merged, store, demonstrations=demonstrations)
    assert report.states == {State.EMPTY: 10}
    assert len(server.seen) == 10 // documents_per_request
    for seen in server.seen:
        roles = [message["role"] for message in seen.body["messages"]]
        assert roles == ["user", "assistant", "user", "assistant", "user"]
        assert "PER" in seen.body["messages"][0]["content"]


def test_anthropic_gets_no_system_field(
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    message = {"content": [{"type": "text", "text": '{"entities": []}'}], "stop_reason": "end_turn"}
    server.script = lambda number, seen: Answer(body=json.dumps(message).encode())
    claude = teacher.model_copy(update={"backend": "anthropic", "system_role": False})
    assert annotate(documents[:1], task, claude, store).states == {State.EMPTY: 1}
    assert "system" not in server.seen[0].body


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "`temperature` is deprecated for this model."),
        (400, "Unsupported value: 'temperature' does not support 0 with this model."),
        (422, "temperature: only the default (1) is supported"),
    ],
)
def test_rejected_temperature_stops_the_run_with_advice(
    status: int,
    message: str,
    server: FaultServer,
    task: Task,
    teacher: TeacherConfig,
    store: Path,
    documents: list[Document],
) -> None:
    server.script = lambda number, seen: (
        Answer(message, status=status) if "temperature" in seen.body else Answer()
    )
    with pytest.raises(TeacherError, match=r'teacher\.temperature = "none"'):
        annotate(documents, task, teacher, store)
    assert len(server.seen) <= teacher.concurrency
    default = teacher.model_copy(update={"temperature": None})
    assert annotate(documents, task, default, store).states == {State.EMPTY: 10}
