"""What a reply format is: the instruction, the answer it asks for, and the parser of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """What a reply says.

    Args:
        mentions: in the order of the reply.
        notes: named oddities of the reply, to number.
    """

    mentions: tuple[Mention, ...]
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplyFormat:
    """One way of writing the answer; each has a file of its own.

    Args:
        instruction: tells the teacher, for a label set, how to write its answer.
        render: the answer that says these mentions; ``parse(render(m)).mentions == m``.
        parse: what a whole reply says; None where it does not hold an answer in this format.
        schema: the JSON schema of the answer, for a label set; None where it is not JSON.
    """

    instruction: Callable[[LabelSet], str]
    render: Callable[[Sequence[Mention]], str]
    parse: Callable[[str], ParsedReply | None]
    schema: Callable[[LabelSet], Mapping[str, Any]] | None = None
