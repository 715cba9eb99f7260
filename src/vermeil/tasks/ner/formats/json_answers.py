"""JSON formats: find the answers in a reply and read their entries."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from vermeil.data.mention import Mention
from vermeil.tasks.ner.formats.answer_parts import FoundAnswer, JsonAnswer, merge_answers
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, Value, read_value
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_OPENING = re.compile(r"""\[\s*[\[{("'“‘\]]|\{\s*["'“‘}{]|\{\s*\w{1,40}\s*:""")
_MAX_READ_FACTOR = 8
"""Limit of the characters read in search of the answer, as a multiple of the reply's length."""
_MAX_LEVELS = 3
"""Maximum number of JSON strings around an answer."""
_ESCAPED_OPENING = re.compile(r"""[{\[]\s*(?:\\+[nrt]\s*)*\\+["']""")
_ESCAPE = re.compile(r"""\\(?:u([0-9a-fA-F]{4})|(["'\\/nrtbf]))""")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": " ", "f": " "}
_LINE_ENDS = re.compile(r"[ \t`.]*(?:\n|\Z)")
_REPLY_ENDS = re.compile(r"[\s`.]*\Z")


AnswerReader = Callable[[Container, Question], JsonAnswer | None]
"""Returns the content of a container in a format; None if it does not have the format's shape."""


def parse_json(
    reply: str, question: Question, shapes: Sequence[AnswerReader]
) -> ParsedReply | None:
    """Return the content of the answer in a reply, in the first shape that matches it.

    Parts of one answer are merged. A final answer replaces drafts. Quotations, reasoning, code
    fences and closing words are ignored. An answer that was cut off is the last one, even without
    any complete entry. The result is None if no entry is complete. It has a problem if the reply
    holds several answers that contradict each other.

    Args:
        reply: the reply without reasoning.
        question: the request behind the reply.
        shapes: readers of the accepted shapes, in order of preference.
    """
    parsed = _parse(reply, question, shapes)
    decoded = reply
    for _ in range(_MAX_LEVELS):
        if parsed is not None or not _ESCAPED_OPENING.search(decoded):
            break
        decoded = _ESCAPE.sub(_unescaped, decoded)
        parsed = _parse(decoded, question, shapes)
    return parsed if parsed is None or decoded is reply else without_ranges(parsed)


def _parse(reply: str, question: Question, shapes: Sequence[AnswerReader]) -> ParsedReply | None:
    found = _answers(reply, question, shapes)
    return None if found is None else merge_answers(reply, question, found)


def without_ranges(parsed: ParsedReply) -> ParsedReply:
    """Return a content whose mentions have no ranges: the reply was decoded before it was read."""
    return replace(parsed, mentions=tuple(replace(m, reply_ranges=()) for m in parsed.mentions))


def _unescaped(found: re.Match[str]) -> str:
    """Return the character of an escape sequence of a JSON string."""
    code, character = found.groups()
    if code is None:
        return _CONTROLS.get(character, character)
    return chr(int(code, 16))


def read_entries(
    values: Sequence[Value], closed: bool, read: Callable[[Value], Sequence[Mention]]
) -> JsonAnswer:
    """Return the content of a list of entries.

    Words between entries are ignored. A list of words without any entry is malformed.

    Args:
        values: the list's values.
        closed: whether the list is complete. If not, an incomplete last entry is dropped.
        read: returns the mentions of one entry; none if it is malformed.
    """
    entries = [value for value in values if not isinstance(value, BareWord)]
    if not closed and entries and _is_open(entries[-1]):
        entries.pop()
    found = [read(one) for one in entries]
    words = 0 if entries else sum(isinstance(v, BareWord) and bool(v.text) for v in values)
    malformed = words + sum(not one for one in found)
    return JsonAnswer(tuple(m for one in found for m in one), malformed, closed)


def _answers(
    reply: str, question: Question, shapes: Sequence[AnswerReader]
) -> list[FoundAnswer] | None:
    """Return all answers in a reply; None if the search exceeds its limit."""
    answers: list[FoundAnswer] = []
    position, lower, effort = 0, 0, _MAX_READ_FACTOR * len(reply)
    while opening := _OPENING.search(reply, position):
        if effort <= 0:
            return None
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
        if container.keys or not found.is_empty or _is_alone(reply, start, end):
            answers.append(FoundAnswer(found, start, end, lower))
            lower = end
    return answers


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
