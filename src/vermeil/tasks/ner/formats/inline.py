"""What formats with tags in the text have in common: tags to marks, and which part is the text.

An inline answer is a copy of the text. A reply that holds no copy of it did not follow the
instruction; a copy without a tag says that nothing is there, if it is the text unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
"""The instruction of every inline format; each says how."""

_MAX_EXTRA_LINES = 3
"""Lines before and after the copy that a reply may have."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag in a reply.

    Args:
        start: its first character.
        end: one past its last.
        label: what it opens, or closes; None for a tag that marks nothing.
        opens: whether it opens a mark.
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
    """Return the copy of the text that a reply holds, with its marks.

    Args:
        reply: without reasoning.
        question: holds the text that the copy is of.
        find: the tags of a part of the reply, in order.
        unescape: undoes how the format writes characters that look like its tags.
    """
    part = _part_with_copy(reply, question, find, unescape)
    marked, notes = read_tags(part, find(part, question), question.text, unescape)
    alike = similarity(marked.text, question.text)
    if alike < COPY_THRESHOLD:
        if not marked.marks or not is_partial_copy(marked.text, question.text):
            return None
        notes = {**notes, TRUNCATED: 1}
    elif not marked.marks and (alike < UNCHANGED_THRESHOLD or notes):
        return None
    return ParsedReply(notes=notes, marked=marked)


def read_tags(
    part: str, tags: Sequence[Tag], text: str, unescape: Unescape
) -> tuple[InlineMarkedText, dict[str, int]]:
    """Take the tags out; tags close the last open one of their label.

    Returns:
        The marked text, and the notes ``unclosed_tags`` and ``stray_tags``: tags without a partner
        and those with nothing between them mark nothing.
    """
    escaped = _is_escaped(part, tags, text, unescape)
    pieces: list[str] = []
    length, position = 0, 0
    open_at: dict[str, list[int]] = {}
    marks: list[InlineMark] = []
    stray = 0
    for tag in tags:
        piece = part[position : tag.start]
        pieces.append(unescape(piece) if escaped else piece)
        length += len(pieces[-1])
        position = tag.end
        if tag.label is None:
            continue
        waiting = open_at.setdefault(tag.label, [])
        if tag.opens:
            waiting.append(length)
            continue
        start = waiting.pop() if waiting else length
        if start < length:
            marks.append(InlineMark(start, length, tag.label))
        else:
            stray += 1
    pieces.append(unescape(part[position:]) if escaped else part[position:])
    unclosed = sum(len(waiting) for waiting in open_at.values())
    notes = {"stray_tags": stray, "unclosed_tags": unclosed}
    return InlineMarkedText("".join(pieces), tuple(marks)), {k: n for k, n in notes.items() if n}


def write_marks(
    marked: InlineMarkedText,
    opening: WriteTag,
    closing: WriteTag,
    write: Callable[[str], str] = str,
) -> str:
    """Write a text with its tags.

    Args:
        marked: the text and its marks; crossing marks are written as they come.
        opening: the tag that opens a mark of a label.
        closing: the tag that closes it.
        write: how a piece of the text is written.
    """
    events: list[tuple[int, int, int, str]] = []
    for mark in marked.marks:
        events.append((mark.start, 1, -mark.end, opening(mark.label)))
        events.append((mark.end, 0, -mark.start, closing(mark.label)))
    pieces: list[str] = []
    position = 0
    for place, _, _, tag in sorted(events, key=lambda event: event[:3]):
        pieces += [write(marked.text[position:place]), tag]
        position = place
    return "".join([*pieces, write(marked.text[position:])])


def _is_escaped(part: str, tags: Sequence[Tag], text: str, unescape: Unescape) -> bool:
    """Whether the copy becomes more like the text when what looks escaped is undone."""
    if unescape(part) == part:
        return False
    raw = _without_tags(part, tags)
    return raw.strip() != text.strip() and _character_difference(
        unescape(raw), text
    ) <= _character_difference(raw, text)


def _character_difference(copy: str, text: str) -> int:
    ours, theirs = Counter(copy), Counter(text)
    return (ours - theirs).total() + (theirs - ours).total()


def _without_tags(part: str, tags: Sequence[Tag]) -> str:
    position, pieces = 0, []
    for tag in tags:
        pieces.append(part[position : tag.start])
        position = tag.end
    return "".join([*pieces, part[position:]])


def _part_with_copy(reply: str, question: Question, find: FindTags, unescape: Unescape) -> str:
    """Return the part of a reply that is most like the text: nothing before or after the copy."""
    parts = {reply.strip("\n"): None, answer_part(reply): None}
    for part in list(parts):
        lines = part.split("\n")
        for first in range(min(_MAX_EXTRA_LINES, len(lines) - 1) + 1):
            for last in range(min(_MAX_EXTRA_LINES, len(lines) - 1 - first) + 1):
                parts["\n".join(lines[first : len(lines) - last]).strip("\n")] = None
    if len(parts) == 1:
        return next(iter(parts))

    def likeness(part: str) -> tuple[float, int]:
        copy = _without_tags(part, find(part, question))
        text = question.text
        copies = {copy, unescape(copy)}
        return max((similarity(one, text), -abs(len(one) - len(text))) for one in copies)

    return max(parts, key=likeness)
