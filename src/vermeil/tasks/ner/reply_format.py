"""What a reply format is: the instruction, the answer it asks for, and the parser of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.marked_text import InlineMarkedText

TRUNCATED = "truncated"
"""The note of a reply that was cut off, and of which the whole items were kept."""
MALFORMED = "malformed"
"""The note of entries that are not of the shape that was asked for."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a reply answers; parsers compare with it, and never take anything from it.

    Args:
        text: the text that was to be annotated.
        labels: the labels that were asked for.
    """

    text: str
    labels: LabelSet


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """What a reply says: mentions to look for, or its own copy of the text with marks.

    Args:
        mentions: in the order of the reply; none where there is a marked text.
        notes: named oddities of the reply, to number.
        marked: for formats that give the text back.
    """

    mentions: tuple[Mention, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)
    marked: InlineMarkedText | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of everything that the reply marks, as it was written."""
        said = tuple(mention.label for mention in self.mentions)
        marks = () if self.marked is None else self.marked.marks
        return said + tuple(mark.label for mark in marks)

    @property
    def is_empty(self) -> bool:
        """Whether the reply says that nothing is there."""
        return not self.labels


@dataclass(frozen=True, slots=True)
class ReplyFormat:
    """One way of writing the answer; each has a file of its own.

    Args:
        instruction: tells the teacher, for a label set, how to write its answer.
        render: the answer that says what is marked; ``parse(render(marked))`` says it again.
        parse: what a whole answer says, and the whole items of one that was cut off; None where the
            reply holds no answer in this format. The reply comes without its reasoning.
        is_json_line: the answer is one line of JSON.
        single_label: it can only say that something is marked, not as what.
        schema: the JSON schema of the answer, for a label set; None where it has none.
    """

    instruction: Callable[[LabelSet], str]
    render: Callable[[InlineMarkedText], str]
    parse: Callable[[str, Question], ParsedReply | None]
    is_json_line: bool = False
    single_label: bool = False
    schema: Callable[[LabelSet], Mapping[str, Any]] | None = None

    def position_instruction(self, reasons_first: bool) -> str:
        """Return the words that tell the teacher where in its reply the answer stands."""
        if self.is_json_line:
            where = "the last line of your reply is" if reasons_first else "your whole reply is"
            return f"Answer with one line of JSON; {where} that line."
        if reasons_first:
            return 'Begin the answer with a line that says "Answer:"; nothing follows the answer.'
        return "Your whole reply is the answer; write nothing before or after it."
