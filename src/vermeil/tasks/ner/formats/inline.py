"""Inline formats: find the copy of the text in a reply and convert its tags to marks.

An inline answer is a copy of the text with tags. A reply without such a copy did not follow the
instruction. An unchanged copy without tags means that there are no entities.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vermeil.tasks.ner.alignment.mends import differs_by_mends
from vermeil.tasks.ner.formats.prose import answer_part
from vermeil.tasks.ner.formats.similarity import (
    COPY_THRESHOLD,
    UNCHANGED_THRESHOLD,
    is_partial_copy,
    similarity,
)
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText
from vermeil.tasks.ner.reply_format import TRUNCATED, ParsedReply, Question

COPY_INSTRUCTION = """\
Write the whole text once more, character by character, and HOW. Change nothing else, neither \
spelling nor punctuation nor white space. The labels are LABELS. If there is no entity, write the \
text as it is."""
"""The instruction of every inline format; each format replaces HOW."""

_MAX_EXTRA_LINES = 3
"""Limit of further lines before and after the copy."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag in a reply.

    Args:
        start: first character.
        end: one past the last character.
        label: label of the mark; None for a tag that marks nothing.
        opens: whether it is an opening tag.
    """

    start: int
    end: int
    label: str | None
    opens: bool


FindTags = Callable[[str, Question], Sequence[Tag]]
Unescape = Callable[[str], str]
WriteTag = Callable[[str], str]


def parse_inline(
    reply: str, question: Question, find: FindTags, unescape: Unescape
) -> ParsedReply | None:
    """Return the copy of the text in a reply, with its marks; None if there is no copy.

    Args:
        reply: the reply without reasoning.
        question: the request with the original text.
        find: returns the tags of a part of the reply, in order.
        unescape: reverts the format's escapes of characters that look like tags.
    """
    part = _part_with_copy(reply, question, find, unescape)
    marked, notes = read_tags(part, find(part, question), question.text, unescape)
    likeness = similarity(marked.text, question.text)
    if likeness < UNCHANGED_THRESHOLD and differs_by_mends(marked.text, question.text):
        likeness = UNCHANGED_THRESHOLD
    if likeness < COPY_THRESHOLD:
        if not marked.marks or not is_partial_copy(marked.text, question.text):
            return None
        notes = {**notes, TRUNCATED: 1}
    elif not marked.marks and (likeness < UNCHANGED_THRESHOLD or notes):
        return None
    return ParsedReply(notes=notes, marked=marked)


def read_tags(
    part: str, tags: Sequence[Tag], text: str, unescape: Unescape
) -> tuple[InlineMarkedText, dict[str, int]]:
    """Convert tags to marks. A closing tag closes the last open tag of its label.

    Args:
        part: the part of the reply with the copy.
        tags: the tags of the part, in order.
        text: the original text.
        unescape: reverts the format's escapes.

    Returns:
        The marked text, and the notes ``unclosed_tags`` and ``stray_tags``. Tags without a partner
        and empty elements mark nothing.
    """
    decode = _best_unescape(part, tags, text, unescape)
    pieces: list[str] = []
    length, position = 0, 0
    open_at: dict[str, list[int]] = {}
    marks: list[InlineMark] = []
    stray = 0
    for tag in tags:
        piece = part[position : tag.start]
        pieces.append(decode(piece))
        length += len(pieces[-1])
        position = tag.end
        if tag.label is None:
            continue
        opened = open_at.setdefault(tag.label, [])
        if tag.opens:
            opened.append(length)
            continue
        start = opened.pop() if opened else length
        if start < length:
            marks.append(InlineMark(start, length, tag.label))
        else:
            stray += 1
    pieces.append(decode(part[position:]))
    unclosed = sum(map(len, open_at.values()))
    notes = {"stray_tags": stray, "unclosed_tags": unclosed}
    return InlineMarkedText("".join(pieces), tuple(marks)), {k: n for k, n in notes.items() if n}


def write_marks(
    marked: InlineMarkedText,
    opening: WriteTag,
    closing: WriteTag,
    write: Callable[[str], str] = str,
) -> str:
    """Return a text with its tags.

    Args:
        marked: the text and its marks. Tags are sorted by position, also those of crossing marks.
        opening: returns the opening tag of a label.
        closing: returns the closing tag of a label.
        write: returns a piece of the text as written, for escapes.
    """
    events: list[tuple[int, int, int, str]] = []
    for mark in marked.marks:
        events.append((mark.start, 1, -mark.end, opening(mark.label)))
        events.append((mark.end, 0, -mark.start, closing(mark.label)))
    pieces: list[str] = []
    position = 0
    for offset, _, _, tag in sorted(events, key=lambda event: event[:3]):
        pieces += [write(marked.text[position:offset]), tag]
        position = offset
    return "".join([*pieces, write(marked.text[position:])])


def _best_unescape(part: str, tags: Sequence[Tag], text: str, unescape: Unescape) -> Unescape:
    """Return the change that makes the copy most similar to the text.

    This is the reversal of the format's escapes, the same with HTML entities decoded, or no change.
    """
    raw = _without_tags(part, tags)
    if raw.strip() == text.strip() or (unescape(raw) == raw and "&" not in raw):
        return str

    def with_entities(piece: str) -> str:
        return html.unescape(unescape(piece))

    ways: tuple[Unescape, ...] = (unescape, str, with_entities)
    return min(ways, key=lambda way: _character_difference(way(raw), text))


def _character_difference(copy: str, text: str) -> int:
    copied, original = Counter(copy), Counter(text)
    return (copied - original).total() + (original - copied).total()


def _without_tags(part: str, tags: Sequence[Tag]) -> str:
    position, pieces = 0, []
    for tag in tags:
        pieces.append(part[position : tag.start])
        position = tag.end
    return "".join([*pieces, part[position:]])


def _part_with_copy(reply: str, question: Question, find: FindTags, unescape: Unescape) -> str:
    """Return the part of a reply that is most similar to the text."""
    parts = {reply.strip("\n"): None, answer_part(reply): None}
    for part in list(parts):
        lines = part.split("\n")
        for first in range(min(_MAX_EXTRA_LINES, len(lines) - 1) + 1):
            for last in range(min(_MAX_EXTRA_LINES, len(lines) - 1 - first) + 1):
                parts["\n".join(lines[first : len(lines) - last]).strip("\n")] = None
    if len(parts) == 1:
        return next(iter(parts))

    def score(part: str) -> tuple[float, int]:
        copy = _without_tags(part, find(part, question))
        text = question.text
        copies = {copy, unescape(copy), html.unescape(unescape(copy))}
        return max((similarity(one, text), -abs(len(one) - len(text))) for one in copies)

    return max(parts, key=score)
