"""The prompt of a configuration: its messages with token counts, and differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.data.document import Document
from vermeil.data.reply import Message, Request
from vermeil.errors import ConfigError
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.demonstration_files import demonstrations_for
from vermeil.pipeline.show import find_document
from vermeil.tasks import make_task
from vermeil.tasks.added_labels import base_section
from vermeil.teacher.requests import check_prompt, make_requests
from vermeil.teacher.store.charges import SpendingTotals
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import UsageEstimate, max_usage

PLACEHOLDER = Document("(any)", "(the text)")
"""The document whose prompt is compared."""


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    """The request about one document.

    Args:
        document_id: id of the document.
        request: the request.
        tokens: expected tokens of each message, from the characters per token of earlier replies,
            or four without any.
        max_tokens: tokens that the prompt cannot exceed.
        counted: tokens of the prompt that the server counted; None without a stored reply.
    """

    document_id: str
    request: Request
    tokens: tuple[int, ...]
    max_tokens: int
    counted: int | None

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages, as they are sent."""
        return self.request.messages

    def as_dict(self) -> dict[str, Any]:
        """Return the prompt for JSON."""
        pairs = zip(self.messages, self.tokens, strict=True)
        return {
            "document": self.document_id,
            "model": self.request.model,
            "parameters": dict(self.request.parameters),
            "schema": self.request.schema,
            "messages": [{**message, "expected_tokens": number} for message, number in pairs],
            "expected_tokens": sum(self.tokens),
            "max_tokens": self.max_tokens,
            "counted_tokens": self.counted,
        }


def show_prompt(config: Config, document_id: str | None = None) -> ShownPrompt:
    """Return the request about a document exactly as it is sent, with token counts.

    Args:
        config: the whole configuration.
        document_id: id of the document; None: the first document of the pool, or else of gold.

    Raises:
        ConfigError: no corpus is configured.
        DataError: no configured corpus holds the document.
    """
    document = _document(config, document_id)
    request = _request(config, document)
    store, spent, counted = RunFolder(config.run.output).replies, SpendingTotals(), None
    if store.exists():
        with ReplyStore(store) as replies:
            spent, reply = replies.spent(config.teacher.model), replies.get(request.key)
        counted = None if reply is None else reply.usage.prompt_tokens or None
    estimate = UsageEstimate.from_usage(
        spent.replies, spent.prompt_characters, spent.usage, config.teacher.max_tokens
    )
    return ShownPrompt(
        document.id,
        request,
        tuple(estimate.estimate(len(m["content"])).prompt_tokens for m in request.messages),
        max_usage(request).prompt_tokens,
        counted,
    )


def diff_prompts(before: Config, after: Config, names: tuple[str, str]) -> str:
    """Return the difference between the prompts of two configurations as a unified diff.

    Args:
        before: a configuration.
        after: another configuration.
        names: their names, for the head of the diff.

    Returns:
        The changed lines with three lines of context; empty if the prompts are equal.
    """
    old, new = (_lines(_request(config, PLACEHOLDER)) for config in (before, after))
    lines = unified_diff(old, new, *names, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _lines(request: Request) -> list[str]:
    lines = [f"model: {request.model}"]
    lines += [f"{name}: {value}" for name, value in sorted(request.parameters.items())]
    for message in request.messages:
        lines += [f"[{message['role']}]", *message["content"].splitlines()]
    return lines


def _request(config: Config, document: Document) -> Request:
    task = make_task(base_section(config.task))
    check_prompt(task, config.teacher)
    return next(
        make_requests([document], task, config.teacher, 1, demonstrations_for(config, task.labels))
    )


def _document(config: Config, document_id: str | None) -> Document:
    if document_id is not None:
        found: Mapping[str, Document] = find_document(config, document_id)
        return next(iter(found.values()))
    for corpus in (*config.corpora.pools, config.corpora.gold):
        first = None if corpus is None else next(iter(read_corpus(corpus)), None)
        if first is not None:
            return first
    raise ConfigError("corpora.pool: missing; name the text that the teacher is to annotate")
