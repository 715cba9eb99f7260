"""The type of reply formats: instruction, renderer and parser of one format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.marked_text import InlineMarkedText

TRUNCATED = "truncated"
"""Note: the reply was cut off; its complete items were kept."""
MALFORMED = "malformed"
"""Note: number of entries without the requested shape."""


@dataclass(frozen=True, slots=True)
class Question:
    """The request behind a reply. Parsers compare replies with it and copy nothing from it.

    Args:
        text: the text to annotate.
        labels: the requested labels.
    """

    text: str
    labels: LabelSet


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """The content of a reply: mentions, or a copy of the text with marks.

    Args:
        mentions: mentions in the order of the reply; empty if there is a marked text.
        notes: irregularities of the reply, name to count.
        marked: the copy of the text, for inline formats.
        problem: the reason why a reply with answers is not usable; None if it is usable.
    """

    mentions: tuple[Mention, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)
    marked: InlineMarkedText | None = None
    problem: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all mentions and marks, as written."""
        marks = () if self.marked is None else self.marked.marks
        return (*(m.label for m in self.mentions), *(m.label for m in marks))

    @property
    def is_empty(self) -> bool:
        """Return whether the reply holds no mention and no mark."""
        return not self.labels


@dataclass(frozen=True, slots=True)
class ReplyFormat:
    """One format of the answer; each format has its own module.

    Args:
        instruction: returns the instruction for a label set.
        render: returns the answer for a marked text; ``parse(render(marked))`` restores the marks.
        parse: returns the content of a reply without reasoning, also the complete items of one
            that was cut off; None if the reply holds no answer in this format.
        is_json_line: whether the answer is one line of JSON.
        single_label: whether the format has no labels, so that the task may have only one.
        schema: returns the JSON schema of the answer for a label set; None: there is no schema.
        holds_overlaps: whether an answer can hold overlapping entities.
    """

    instruction: Callable[[LabelSet], str]
    render: Callable[[InlineMarkedText], str]
    parse: Callable[[str, Question], ParsedReply | None]
    is_json_line: bool = False
    single_label: bool = False
    schema: Callable[[LabelSet], Mapping[str, Any]] | None = None
    holds_overlaps: bool = True

    def position_instruction(self, reasons_first: bool) -> str:
        """Return the instruction for the position of the answer in the reply.

        Args:
            reasons_first: whether the prompt requests reasoning before the answer.
        """
        if self.is_json_line:
            where = "the last line of your reply is" if reasons_first else "your whole reply is"
            return f"Answer with one line of JSON; {where} that line."
        if reasons_first:
            return 'Begin the answer with a line that says "Answer:"; nothing follows the answer.'
        return "Your whole reply is the answer; write nothing before or after it."
