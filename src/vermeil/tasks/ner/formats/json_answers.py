"""JSON formats: find the last answer in a reply and read its entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vermeil.data.mention import Mention
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, Value, read_value
from vermeil.tasks.ner.reply_format import MALFORMED, TRUNCATED, ParsedReply, Question

_OPENING = re.compile(r"""\[\s*[\[{("'“‘\]]|\{\s*["'“‘}{]|\{\s*\w{1,40}\s*:""")
_MAX_READ_FACTOR = 8
"""Limit of the characters read in search of the answer, as a multiple of the reply's length."""
_LINE_ENDS = re.compile(r"[ \t`.]*(?:\n|\Z)")
_REPLY_ENDS = re.compile(r"[\s`.]*\Z")


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """The content of a container.

    Args:
        mentions: mentions of its complete entries.
        malformed: number of other entries.
        closed: whether the list of entries is complete.
        is_entry: whether it is a single entry; the next entries then belong to the same answer.
    """

    mentions: tuple[Mention, ...] = ()
    malformed: int = 0
    closed: bool = True
    is_entry: bool = False

    @property
    def is_usable(self) -> bool:
        """Return whether it has mentions or is a complete, empty answer."""
        return bool(self.mentions) or (self.closed and not self.malformed)


AnswerReader = Callable[[Container, Question], JsonAnswer | None]
"""Returns the content of a container in a format; None if it does not have the format's shape."""


def parse_json(
    reply: str, question: Question, shapes: Sequence[AnswerReader]
) -> ParsedReply | None:
    """Return the content of the last answer in a reply, in the first shape that matches it.

    Reasoning, drafts, code fences and closing words are ignored. An answer that was cut off is the
    last one, even without any complete entry. The result is None if no entry is complete.

    Args:
        reply: the reply without reasoning.
        question: the request behind the reply.
        shapes: readers of the accepted shapes, in order of preference.
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
    """Return the content of a list of entries; words between them are ignored.

    Args:
        values: the list's values.
        closed: whether the list is complete. If not, an incomplete last entry is dropped.
        read: returns the mention of one entry; None if it is malformed.
    """
    entries = [value for value in values if not isinstance(value, BareWord)]
    if not closed and entries and _is_open(entries[-1]):
        entries.pop()
    mentions = tuple(m for m in map(read, entries) if m is not None)
    return JsonAnswer(mentions, len(entries) - len(mentions), closed)


def _answers(
    reply: str, question: Question, shapes: Sequence[AnswerReader]
) -> Iterator[JsonAnswer]:
    position, effort = 0, _MAX_READ_FACTOR * len(reply)
    while effort > 0 and (opening := _OPENING.search(reply, position)):
        start = opening.start()
        container, end = read_value(reply, start)
        effort -= end - start
        if container is None:  # nested deeper than any answer
            position = end
            continue
        found = _first(container, question, shapes)
        if found is None:
            position = start + 1
            continue
        position = end
        is_empty = not (container.keys or found.mentions or found.malformed) and found.closed
        if not is_empty or _is_alone(reply, start, end):
            yield found


def _first(
    container: Container, question: Question, shapes: Sequence[AnswerReader]
) -> JsonAnswer | None:
    found = (shape(container, question) for shape in shapes)
    return next((answer for answer in found if answer is not None), None)


def _is_alone(reply: str, start: int, end: int) -> bool:
    """Return whether nothing follows or nothing else is on the line; prose may contain `[]`."""
    if _REPLY_ENDS.match(reply, end):
        return True
    while start and reply[start - 1] in " \t`":
        start -= 1
    return (start == 0 or reply[start - 1] == "\n") and _LINE_ENDS.match(reply, end) is not None


def _is_open(value: Value) -> bool:
    return isinstance(value, Container) and not value.closed
