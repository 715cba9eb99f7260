"""JSON answers of one reply: quotations, parts that are merged, and drafts that are replaced.

- An answer in a quotation ("If there were none: …") is ignored, and so is an empty one in prose.
- Parts are merged: one object per sentence or label, or the objects of a list.
- A later answer replaces an earlier one if words between them announce a final answer, or if it
  repeats the earlier mentions. The note ``superseded`` counts the mentions that it leaves out.
- Otherwise the answers contradict each other, and the reply is not usable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vermeil.data.mention import Mention
from vermeil.tasks.answer_context import (
    Relation,
    heading,
    is_draft,
    is_empty_answer,
    is_quotation,
    relation,
)
from vermeil.tasks.ner.reply_format import MALFORMED, TRUNCATED, ParsedReply, Question

SUPERSEDED = "superseded"
"""Note: number of mentions of drafts that the final answer leaves out."""
CONTRADICTORY = "contradictory"
"""Note: the reply holds several answers, and it is not clear which one is final."""

_PROBLEM = "several answers that contradict each other; none of them is marked as final"
_MAX_DISCUSSED = 50
"""Maximum number of left-out surfaces that words between two answers can discuss."""


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
    def is_empty(self) -> bool:
        """Return whether it is a complete answer without any entry."""
        return self.closed and not self.malformed and not self.mentions


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """An answer and its place in the reply.

    Args:
        answer: the content.
        start: first character of its container.
        end: one past the last character.
        lower: end of the answer before it, 0 for the first one.
    """

    answer: JsonAnswer
    start: int
    end: int
    lower: int


def is_placeholder(surface: str, question: Question) -> bool:
    """Return whether a surface is the "..." of the instruction, and not a part of the text."""
    return surface.strip() in ("...", "…") and surface not in question.text


def merge_answers(
    reply: str, question: Question, found: Sequence[FoundAnswer]
) -> ParsedReply | None:
    """Return the content of a reply with these answers; None if none of them is usable."""
    merged: _MergedAnswer | None = None
    after_draft = False
    for one, between in _without_quotations(reply, found):
        if merged is None:
            merged = _MergedAnswer(one.answer)
        else:
            words = heading(between)
            is_label = any(question.labels.normalise(w) for w in (words, words.removesuffix("s")))
            how: Relation = (
                "revision" if after_draft else relation(between, question.text, is_label)
            )
            if not merged.accept(one.answer, how, between):
                return _contradictory()
        after_draft = is_draft(reply, one.start, one.lower)
    return None if merged is None else merged.parsed(question)


def merge_mentions(
    parts: Sequence[Sequence[Mention]], question: Question
) -> tuple[Mention, ...] | None:
    """Return the mentions of all parts of one answer, in order.

    A mention that several parts repeat counts as often as the text holds its surface, but at least
    as often as in one part. The result is None if parts disagree about the label of a surface.

    Args:
        parts: the mentions of each part.
        question: the request behind the reply.
    """
    if len(parts) == 1:
        return tuple(parts[0])
    total: Counter[_Key] = Counter()
    limits: Counter[_Key] = Counter()
    label_sets: dict[str, set[frozenset[str]]] = {}
    for part in parts:
        count = Counter(_key(one, question) for one in part)
        total.update(count)
        labels: dict[str, set[str]] = {}
        for key, number in count.items():
            limits[key] = max(limits[key], number)
            labels.setdefault(key[0], set()).add(key[1])
        for surface, names in labels.items():
            label_sets.setdefault(surface, set()).add(frozenset(names))
    claims: Counter[str] = Counter()
    for key, number in total.items():
        claims[key[0]] += number
    for key, number in total.items():
        surface, _, occurrence = key
        disagrees = len(label_sets[surface]) > 1
        if number == limits[key] and not disagrees:
            continue
        in_text = question.text.count(surface)
        if disagrees and claims[surface] > max(in_text, 1):
            return None
        if occurrence is None:
            limits[key] = max(limits[key], in_text)
    kept: list[Mention] = []
    for one in (mention for part in parts for mention in part):
        key = _key(one, question)
        limits[key] -= 1
        if limits[key] >= 0:
            kept.append(one)
    return tuple(kept)


_Key = tuple[str, str, int | None]


class _MergedAnswer:
    """The answer of a reply as far as it was read: its parts, and what was left out."""

    def __init__(self, answer: JsonAnswer) -> None:
        self._superseded = 0
        self._start(answer)

    def _start(self, answer: JsonAnswer) -> None:
        self._parts = [list(answer.mentions)]
        self._surfaces = Counter(one.surface for one in answer.mentions)
        self._malformed = answer.malformed
        self._closed = answer.closed
        self._is_entries = self._ends_with_entry = answer.is_entry

    def accept(self, answer: JsonAnswer, how: Relation, between: str) -> bool:
        """Add a part or replace what was read; return False if the answer contradicts it.

        Args:
            answer: the next answer.
            how: its relation to the one before it.
            between: the words between both.
        """
        if answer.is_entry:
            return self._accept_entry(answer, how)
        if how == "part":
            self._add(answer)
            return True
        lost = self._surfaces - Counter(one.surface for one in answer.mentions)
        is_final = how == "revision" or not answer.closed or self._is_entries
        if not is_final and lost and not _are_discussed(lost, between):
            return False
        self._superseded += lost.total()
        self._start(answer)
        return True

    def _accept_entry(self, answer: JsonAnswer, how: Relation) -> bool:
        if self._is_entries or how == "part":
            self._add(answer)
            return True
        unknown = [one for one in answer.mentions if one.surface not in self._surfaces]
        self._superseded += len(unknown)
        return not unknown or how != "revision"

    def _add(self, answer: JsonAnswer) -> None:
        if answer.is_entry and self._ends_with_entry:
            self._parts[-1].extend(answer.mentions)
        else:
            self._parts.append(list(answer.mentions))
        self._surfaces.update(one.surface for one in answer.mentions)
        self._malformed += answer.malformed
        self._closed = self._closed and answer.closed
        self._ends_with_entry = answer.is_entry
        self._is_entries = self._is_entries and answer.is_entry

    def parsed(self, question: Question) -> ParsedReply | None:
        """Return the content; None if it holds no complete entry and is not an empty answer."""
        mentions = merge_mentions(self._parts, question)
        if mentions is None:
            return _contradictory()
        if not mentions and (self._malformed or not self._closed):
            return None
        notes = {
            MALFORMED: self._malformed,
            TRUNCATED: int(not self._closed),
            SUPERSEDED: self._superseded,
        }
        return ParsedReply(mentions, {name: n for name, n in notes.items() if n})


def _without_quotations(
    reply: str, found: Sequence[FoundAnswer]
) -> Iterator[tuple[FoundAnswer, str]]:
    """Yield the answers that are not quoted, each with the words since the one before it."""
    own = [one for one in found if not _is_quoted(reply, one)]
    kept = {id(one) for one in own or [one for one in found if one.answer.mentions]}
    words: list[str] = []
    for one in found:
        words.append(reply[one.lower : one.start])
        if id(one) in kept:
            yield one, "\n".join(words)
            words.clear()


def _is_quoted(reply: str, one: FoundAnswer) -> bool:
    answer = one.answer
    if not answer.closed:
        return False
    if answer.is_empty:
        return not is_empty_answer(reply, one.start, one.end, one.lower)
    return is_quotation(reply, one.start, one.lower)


def _are_discussed(surfaces: Counter[str], words: str) -> bool:
    """Return whether the words between two answers mention all surfaces that were left out."""
    return len(surfaces) <= _MAX_DISCUSSED and all(one in words for one in surfaces)


def _contradictory() -> ParsedReply:
    return ParsedReply(notes={CONTRADICTORY: 1}, problem=_PROBLEM)


def _key(mention: Mention, question: Question) -> _Key:
    label = question.labels.normalise(mention.label)
    return mention.surface, label or mention.label, mention.occurrence
