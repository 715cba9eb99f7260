"""Requests to the teacher, made from documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from vermeil.data.document import Document
from vermeil.data.reply import Message, Reply, Request, State
from vermeil.errors import ConfigError, DataError
from vermeil.tasks import make_task, task_class
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import ReplyResult, Task
from vermeil.tasks.replies import unusable_result, was_cut_after_draft, was_filtered
from vermeil.tasks.votes import Contested, Verification
from vermeil.teacher.backends.multi_document_prompt import (
    Read,
    read_multi_document,
    to_multi_document,
)
from vermeil.teacher.backends.structured_output import schema_for
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations
from vermeil.teacher.usability import failure_of

_SHARED = ", several documents"
"""End of the form of replies about several documents."""
VERIFY = "verify"
"""Prompt name of requests that verify contested mentions."""
COACH = "coach"
"""Prompt name of requests to the coach of an optimisation."""


def check_prompt(task: Task, config: TeacherConfig) -> None:
    """Raise `ConfigError` unless the task supports the configured prompts and options."""
    teachers = config.all_teachers()
    problems = [
        f"{_section(number)}.prompt: the task {task.name} has no prompt {teacher.prompt!r}; "
        f"expected one of {', '.join(task.prompts)}"
        for number, teacher in enumerate(teachers)
        if teacher.prompt not in task.prompts
    ]
    if config.verify and task.verification is None:
        problems.append(
            f"teacher.verify: the task {task.name} has no mentions to verify; set it to false"
        )
    if config.documents_per_request > 1 and config.demonstrations.kind == "nearest":
        problems.append(
            "teacher.documents_per_request: the documents of one request share their "
            "demonstrations; set it to 1, or teacher.demonstrations.kind to fixed or none"
        )
    if problems:
        raise ConfigError(*problems)
    for teacher in teachers:
        schema_for(task, teacher)


def _section(number: int) -> str:
    return "teacher" if number == 0 else f"teacher.additional.{number - 1}"


def make_requests(
    documents: Iterable[Document],
    task: Task,
    config: TeacherConfig,
    samples: int | None = None,
    demonstrations: Demonstrations = NO_DEMONSTRATIONS,
) -> Iterator[Request]:
    """Yield ``samples`` requests per document.

    Args:
        documents: documents to annotate.
        task: renders the prompts.
        config: prompt, model and parameters.
        samples: requests per document; None: ``config.samples``.
        demonstrations: gold documents that prompts show as examples.

    Raises:
        DataError: a text is not valid Unicode.
    """
    parameters, schema = _parameters(config), schema_for(task, config)
    form = _form(task, config)
    for document in documents:
        _check_text(document)
        messages = task.render(config.prompt, document.text, demonstrations.for_document(document))
        for sample in range(config.samples if samples is None else samples):
            request = Request(
                document.id,
                document.text,
                config.prompt,
                messages,
                config.model,
                parameters,
                sample,
                schema,
                form,
            )
            if config.documents_per_request > 1:
                request = to_multi_document(request)
            yield _with_roles(request, config)


def verify_request(
    document: Document,
    contested: Sequence[Contested],
    verification: Verification,
    config: TeacherConfig,
) -> Request:
    """Return the request that verifies the contested candidates of a document."""
    request = Request(
        document.id,
        document.text,
        VERIFY,
        verification.render(document.text, contested),
        config.model,
        _parameters(config),
    )
    return _with_roles(request, config)


def coach_request(messages: Sequence[Message], config: TeacherConfig) -> Request:
    """Return a request to the coach, which is not about a document.

    Args:
        messages: the chat messages; the last one is a user message.
        config: model and parameters.
    """
    text = messages[-1]["content"]
    request = Request(COACH, text, COACH, tuple(messages), config.model, _parameters(config))
    return _with_roles(request, config)


def read_coach(text: str, reply: Reply) -> ReplyResult:
    """Return DONE for every text that was neither filtered nor cut off."""
    if was_filtered(reply) or was_cut_after_draft(reply) or not reply.text.strip():
        return unusable_result(reply, f"no complete text in reply to {len(text)} characters")
    return ReplyResult(State.DONE)


def reader(task: Task, config: TeacherConfig, prompt: str = "") -> Read:
    """Return the reader of replies to requests of this module.

    A reply is read in the form that its request named, also if the configuration has changed. If it
    is not usable, the first usable one of its alternatives is read instead.

    Args:
        task: reads replies about one document.
        config: number of documents per request.
        prompt: prompt name of the requests.
    """
    if prompt == COACH:
        return read_coach
    verification = task.verification
    if prompt == VERIFY and verification is not None:
        return lambda text, reply: _read_verification(verification, text, reply)
    own = _form(task, config)
    readers: dict[str, Read] = {}

    def read_one(text: str, reply: Reply) -> ReplyResult:
        form = reply.form or own
        if form not in readers:
            readers[form] = _reader_of(task, form)
        return readers[form](text, reply)

    def read(text: str, reply: Reply) -> ReplyResult:
        first = read_one(text, reply)
        if not reply.alternatives or failure_of(first) is None:
            return first
        others = (read_one(text, other) for other in reply.alternatives)
        return next((other for other in others if failure_of(other) is None), first)

    return read


def _form(task: Task, config: TeacherConfig) -> str:
    """Return the form of replies: the reply format, and whether several documents share one."""
    shared = _SHARED if config.documents_per_request > 1 else ""
    return f"{task.config.reply_format}{shared}"


def _reader_of(task: Task, form: str) -> Read:
    """Return the reader of replies in a form; forms that the task cannot read count as its own."""
    name = form.removesuffix(_SHARED)
    kind: object = task_class(task.config)
    # A task of a library user may have another class than its section.
    if name != task.config.reply_format and kind is type(task):
        settings = {**task.config.model_dump(), "reply_format": name}
        with suppress(ConfigError, ValidationError):
            task = make_task(TaskConfig.model_validate(settings))
    return read_multi_document(task.read) if form.endswith(_SHARED) else task.read


def _read_verification(verification: Verification, text: str, reply: Reply) -> ReplyResult:
    verdicts = verification.read(text, reply)
    return ReplyResult(verdicts.state, problem=verdicts.problem, notes=verdicts.notes)


def _with_roles(request: Request, config: TeacherConfig) -> Request:
    """Return the request; without a system role, its instruction begins the first user message."""
    if config.system_role:
        return request
    instruction = [m["content"] for m in request.messages if m["role"] == "system"]
    others = [m for m in request.messages if m["role"] != "system"]
    position = next((i for i, m in enumerate(others) if m["role"] == "user"), None)
    if not instruction or position is None:
        return request
    merged = "\n\n".join([*instruction, others[position]["content"]])
    others[position] = {**others[position], "content": merged}
    return replace(request, messages=tuple(others))


def _parameters(config: TeacherConfig) -> dict[str, Any]:
    parameters: dict[str, Any] = {"max_tokens": config.max_tokens, **config.extra}
    if config.temperature is not None:
        parameters["temperature"] = config.temperature
    if config.backend == "gliner":
        parameters["gliner"] = config.gliner.parameters
    return parameters


def _check_text(document: Document) -> None:
    try:
        document.text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"document {document.id!r}: character {error.start} is half a surrogate pair "
            "and cannot be encoded; expected valid Unicode text"
        ) from None
