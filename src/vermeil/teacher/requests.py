"""Documents -> the questions that are put to the teacher about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from vermeil.data.document import Document
from vermeil.data.reply import Request
from vermeil.errors import ConfigError, DataError
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.structured import schema_for


def check_prompt(task: Task, config: TeacherConfig) -> None:
    """Raise `ConfigError` unless the task has the prompt, and its schema where one is wanted."""
    if config.prompt not in task.prompts:
        raise ConfigError(
            f"teacher.prompt: the task {task.name} has no prompt {config.prompt!r}; "
            f"it has {', '.join(task.prompts)}"
        )
    schema_for(task, config)


def make_requests(
    documents: Iterable[Document], task: Task, config: TeacherConfig, samples: int | None = None
) -> Iterator[Request]:
    """Yield ``samples`` requests per document (None: as many as the configuration says).

    Raises:
        DataError: a text cannot be sent, for it is no valid Unicode.
    """
    parameters: dict[str, Any] = {"max_tokens": config.max_tokens, **config.extra}
    if config.temperature is not None:
        parameters["temperature"] = config.temperature
    schema = schema_for(task, config)
    for document in documents:
        _check_text(document)
        messages = task.render(config.prompt, document.text)
        for sample in range(config.samples if samples is None else samples):
            yield Request(
                document.id,
                document.text,
                config.prompt,
                messages,
                config.model,
                parameters,
                sample,
                schema,
            )


def _check_text(document: Document) -> None:
    try:
        document.text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"document {document.id!r}: character {error.start} is half a surrogate pair, which "
            "no encoding can hold; expected Unicode text"
        ) from None
