"""Requests to the coach: errors of a prompt, and replies that are one JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeVar

from vermeil.data.display import shorten
from vermeil.data.document import Document
from vermeil.data.reply import Message
from vermeil.prompting.optimiser import OptimiserTools
from vermeil.prompting.score import PromptScore
from vermeil.tasks.mistakes import Mistake
from vermeil.tasks.protocol import Task
from vermeil.tasks.replies import json_objects

Value = TypeVar("Value")

_AGAIN = "This is not the requested JSON object. Reply with the JSON object only."
_TEXT_SHOWN = 600
"""Maximum length of a text in a request to the coach, in code points."""


def request_object(
    tools: OptimiserTools,
    messages: Sequence[Message],
    read: Callable[[Mapping[str, Any]], Value | None],
) -> Value | None:
    """Send messages to the coach and return what its JSON object holds; None if it is unusable.

    An unusable reply is followed by one more request. Both are counted.

    Args:
        tools: sends the messages and counts the replies.
        messages: the request.
        read: returns the content of an object; None if it does not have the requested form.
    """
    request = list(messages)
    for _ in range(2):
        if not tools.allowance.affords(1):
            return None
        reply = tools.coach(request)
        tools.tally.replies += 1
        for found, _, _ in json_objects(reply or ""):
            value = read(found)
            if value is not None:
                return value
        tools.tally.unusable += 1
        tools.tally.problem = "no reply" if reply is None else shorten(" ".join(reply.split()), 120)
        if reply is None:
            return None
        request += [
            {"role": "assistant", "content": reply},
            {"role": "user", "content": _AGAIN},
        ]
    return None


def describe_errors(score: PromptScore, task: Task, limit: int) -> str:
    """Return the numbers of errors by label and kind, and examples of them, as text.

    Args:
        score: the score of a prompt.
        task: finds the mistakes.
        limit: maximum number of examples; frequent kinds and labels come first, in turns.
    """
    mistakes = list(score.mistakes(task))
    numbers = Counter((mistake.label, mistake.kind) for _, mistake in mistakes)
    lines = ["Number of errors by label and kind:"]
    lines += [f"- {label}, {kind}: {number}" for (label, kind), number in numbers.most_common()]
    lines += ["", "Examples:"]
    by_kind: dict[tuple[str, str], list[tuple[Document, Mistake]]] = {}
    for document, mistake in mistakes:
        by_kind.setdefault((mistake.label, mistake.kind), []).append((document, mistake))
    frequent = [by_kind[key] for key, _ in numbers.most_common()]
    for document, mistake in list(_in_turns(frequent))[:limit]:
        text = shorten(" ".join(document.text.split()), _TEXT_SHOWN)
        lines.append(f"- {mistake.describe()}\n  in the text: {text}")
    return "\n".join(lines)


def _in_turns(
    rows: Iterable[Sequence[tuple[Document, Mistake]]],
) -> Iterator[tuple[Document, Mistake]]:
    for column in zip_longest(*rows):
        yield from (one for one in column if one is not None)
