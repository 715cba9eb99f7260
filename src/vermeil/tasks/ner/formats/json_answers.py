"""Finding the answer among what stands around it, for every format that is written as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vermeil.data.mention import Mention
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, Value, read_value
from vermeil.tasks.ner.reply_format import MALFORMED, TRUNCATED, ParsedReply, Question

_OPENING = re.compile(r"""\[\s*[\[{("'“‘\]]|\{\s*["'“‘}{]|\{\s*\w{1,40}\s*:""")
_MAX_READ_FACTOR = 8
"""Times the reply's length that may be read in search of the answer."""
_LINE_ENDS = re.compile(r"[ \t`.]*(?:\n|\Z)")
_REPLY_ENDS = re.compile(r"[\s`.]*\Z")


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """What a container says.

    Args:
        mentions: of its whole entries.
        malformed: number of the other entries.
        closed: whether the list of entries came to its end.
        is_entry: it is one entry rather than a list of them; those that follow belong to it.
    """

    mentions: tuple[Mention, ...] = ()
    malformed: int = 0
    closed: bool = True
    is_entry: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether it says something, or plainly that nothing is there."""
        return bool(self.mentions) or (self.closed and not self.malformed)


AnswerReader = Callable[[Container, Question], JsonAnswer | None]
"""What a container says in a format; None where it is not of the format's shape."""


def parse_json(
    reply: str, question: Question, shapes: Sequence[AnswerReader]
) -> ParsedReply | None:
    """Return what the last answer in a reply says, in the first shape that fits it.

    Reasoning, drafts, code fences and closing words are passed over. An answer that was cut off is
    the last one, even if nothing of it is whole: then there is none. Where no entry is whole, the
    answer did not follow the instruction, and there is none either.
    """
    answer: JsonAnswer | None = None
    for found in _answers(reply, question, shapes):
        if answer is None or not found.is_entry:
            answer = found
        elif answer.is_entry:
            mentions = answer.mentions + found.mentions
            answer = JsonAnswer(mentions, answer.malformed + found.malformed, found.closed, True)
    if answer is None or not answer.is_usable:
        return None
    notes = {MALFORMED: answer.malformed, TRUNCATED: int(not answer.closed)}
    return ParsedReply(answer.mentions, {name: n for name, n in notes.items() if n})


def read_entries(
    values: Sequence[Value], closed: bool, read: Callable[[Value], Mention | None]
) -> JsonAnswer:
    """Return what a list of entries says; words between them say nothing.

    Args:
        values: the list's values.
        closed: whether the list came to its end; if not, an entry that was cut off is lost with it.
        read: what one entry says; None where it is malformed.
    """
    whole = [value for value in values if not isinstance(value, BareWord)]
    if not closed and whole and _is_open(whole[-1]):
        whole.pop()
    mentions = tuple(m for m in map(read, whole) if m is not None)
    return JsonAnswer(mentions, len(whole) - len(mentions), closed)


def _answers(
    reply: str, question: Question, shapes: Sequence[AnswerReader]
) -> Iterator[JsonAnswer]:
    position, effort = 0, _MAX_READ_FACTOR * len(reply)
    while effort > 0 and (opening := _OPENING.search(reply, position)):
        start = opening.start()
        container, end = read_value(reply, start)
        effort -= end - start
        if container is None:  # nested as no answer is
            position = end
            continue
        found = _first(container, question, shapes)
        if found is None:
            position = start + 1
            continue
        position = end
        bare = not (container.keys or found.mentions or found.malformed) and found.closed
        if not bare or _stands_alone(reply, start, end):
            yield found


def _first(
    container: Container, question: Question, shapes: Sequence[AnswerReader]
) -> JsonAnswer | None:
    found = (shape(container, question) for shape in shapes)
    return next((answer for answer in found if answer is not None), None)


def _stands_alone(reply: str, start: int, end: int) -> bool:
    """Whether nothing follows, or nothing else is on the line: `[]` may stand in any prose."""
    if _REPLY_ENDS.match(reply, end):
        return True
    while start and reply[start - 1] in " \t`":
        start -= 1
    return (start == 0 or reply[start - 1] == "\n") and _LINE_ENDS.match(reply, end) is not None


def _is_open(value: Value) -> bool:
    return isinstance(value, Container) and not value.closed
