"""Structured output: request fields that constrain a reply to a JSON schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vermeil.errors import ConfigError
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.entity_labels import entity_labels
from vermeil.teacher.backends.error_patterns import is_rejection_of
from vermeil.teacher.backends.grammar import grammar_of
from vermeil.teacher.config import TeacherConfig

Schema = Mapping[str, Any]

_ANY_OBJECT: Schema = {"type": "object"}
_ERROR_WORDS = (
    "response_format",
    "json_schema",
    "json_object",
    "structured",
    "output_config",
    "grammar",
)
"""Words in the error message of a server that rejects a schema."""


def _json_schema(schema: Schema) -> dict[str, Any]:
    named = {"name": "annotation", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


SCHEMA_FIELDS: dict[str, Callable[[Schema], dict[str, Any]]] = {
    "json_schema": _json_schema,
    "json_object": lambda _: {"response_format": {"type": "json_object"}},
    "vllm": lambda schema: {"structured_outputs": {"json": schema}},
    "llama_cpp": lambda schema: {"response_format": {"type": "json_object", "schema": schema}},
    "gbnf": lambda schema: {"grammar": grammar_of(schema)},
}
"""Fields of a request's body, by ``teacher.structured``."""


def schema_for(task: Task, config: TeacherConfig) -> Schema | None:
    """Return the schema of replies; None if replies are not constrained.

    Raises:
        ConfigError: structured output is on, but a reply is not a single JSON object; or the
            backend gliner is used for a task without entities.
    """
    if config.backend == "gliner":
        return _entity_schema(task, config)
    if config.structured == "off":
        return None
    schema = task.schema(config.prompt)
    if schema is None:
        raise ConfigError(
            f"teacher.structured: with the prompt {config.prompt!r} and the reply format "
            f"{task.config.reply_format!r} a reply is not just one JSON object, so a schema cannot "
            'describe it; set teacher.structured = "off", or choose another teacher.prompt or '
            "task.reply_format"
        )
    return _ANY_OBJECT if config.structured == "json_object" else schema


def _entity_schema(task: Task, config: TeacherConfig) -> Schema:
    """Return the schema that GLiNER, which reads no prompt, gets its labels from."""
    schema = task.schema(config.prompt)
    if schema is None or entity_labels(schema) is None:
        raise ConfigError(
            'teacher.backend = "gliner" answers with JSON entities only: it supports the tasks of '
            'entities, with task.reply_format = "json" or "json_occurrence" and '
            f'teacher.prompt = "standard" (not {task.config.reply_format!r} and {config.prompt!r})'
        )
    return schema


def schema_rejection_advice(
    status: int, server_message: str, text: str, config: TeacherConfig
) -> str | None:
    """Return advice if a server rejected the schema rather than the text; else None.

    Args:
        status: HTTP status of the response.
        server_message: the server's error message.
        text: the document's text. Words in it do not count, because the server may quote it.
        config: settings of the request.
    """
    if not is_rejection_of(_ERROR_WORDS, status, server_message, text):
        return None
    others = ", ".join(f'"{name}"' for name in (*SCHEMA_FIELDS, "off") if name != config.structured)
    return (
        f"the teacher at {config.base_url} does not support teacher.structured = "
        f'"{config.structured}" (HTTP {status}): {server_message}; set it to one of {others}'
    )
