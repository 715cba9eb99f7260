"""Format token_indices, ``[["text", "label", first, last]]``: entries with word numbers.

Language models count badly, so the surface locates the entity. The first word's number selects the
occurrence, if the surface really begins in that word.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.occurrences import find_occurrences
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, Value, reply_ranges
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import Question

_INSTRUCTION = """\
Format: [["...", "...", 0, 0]]
Each list holds an entity, copied exactly as it stands in the text; its label, one of LABELS; and \
the numbers of its first and last word, where the words of the text, separated by white space, are \
numbered from 0. List every entity, in the order of the text. If there is none: []"""

_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?['\"]?")


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    return _INSTRUCTION.replace("LABELS", labels.quoted())


def render_reply(marked: InlineMarkedText) -> str:
    """Return the correct answer to `instruction`, on one line."""
    starts = _word_starts(marked.text)
    rows = [
        [
            marked.surface(mark),
            mark.label,
            max(bisect_right(starts, mark.start) - 1, 0),
            max(bisect_right(starts, mark.end - 1) - 1, 0),
        ]
        for mark in marked.marks
    ]
    return json.dumps(rows, ensure_ascii=False)


def read_pair(value: Container, question: Question) -> Mention | None:
    """Read a list of surface, label and numbers; None for any other list."""
    strings = [v for v in value.items if isinstance(v, str)]
    numbers = [_number(v) for v in value.items if not isinstance(v, str)]
    if len(strings) != 2 or not all(strings) or None in numbers or not value.closed:
        return None
    surface, label = strings
    first = numbers[-2] if len(numbers) >= 2 else None
    occurrence = None if first is None else _occurrence(question.text, surface, first)
    return Mention(surface, label, occurrence, reply_ranges(surface, label))


def _occurrence(text: str, surface: str, word: int) -> int | None:
    """Return the number of the occurrence that begins in a word; None if there is none."""
    starts = _word_starts(text)
    if not 0 <= word < len(starts):
        return None
    first = starts[word]
    end = starts[word + 1] if word + 1 < len(starts) else len(text)
    found = find_occurrences(text, surface)
    return next((n for n, (start, _) in enumerate(found, 1) if first <= start < end), None)


def _word_starts(text: str) -> list[int]:
    return [found.start() for found in re.finditer(r"\S+", text)]


def _number(value: Value) -> int | None:
    if not isinstance(value, BareWord) or not _NUMBER.fullmatch(value.text):
        return None
    return int(float(value.text.rstrip("'\"")))
