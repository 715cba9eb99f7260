"""Documents -> the questions that are put to the teacher about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vermeil.data.document import Document
from vermeil.data.reply import Request
from vermeil.errors import ConfigError, DataError
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig


def check_prompt(task: Task, config: TeacherConfig) -> None:
    """Raise `ConfigError` unless the task has the prompt that the configuration names."""
    if config.prompt not in task.prompts:
        raise ConfigError(
            f"teacher.prompt: the task {task.name} has no prompt {config.prompt!r}; "
            f"it has {', '.join(task.prompts)}"
        )


def make_requests(
    documents: Iterable[Document], task: Task, config: TeacherConfig, samples: int | None = None
) -> Iterator[Request]:
    """Yield ``samples`` requests per document (None: as many as the configuration says).

    Raises:
        DataError: a text cannot be sent, for it is no valid Unicode.
    """
    parameters: dict[str, str | int | float | bool] = {"max_tokens": config.max_tokens}
    if config.temperature is not None:
        parameters["temperature"] = config.temperature
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
            )


def _check_text(document: Document) -> None:
    try:
        document.text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"document {document.id!r}: character {error.start} is half a surrogate pair, which "
            "no encoding can hold; expected Unicode text"
        ) from None
