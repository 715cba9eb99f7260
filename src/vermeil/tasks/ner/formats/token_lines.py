"""Format token_lines, ``Ann:B-PER`` and ``left:O``: one token per line, with a tag.

Tags are IOB tags or bare labels. The tokens are joined to a copy of the text. If it is not similar
to the text, the reply did not follow the instruction. Adjacent tokens with the same bare label are
one entity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vermeil.tasks.label_names import fold
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.claim_lines import OUTSIDE
from vermeil.tasks.ner.formats.prose import answer_part, content_lines
from vermeil.tasks.ner.formats.similarity import is_copy, is_partial_copy
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText
from vermeil.tasks.ner.reply_format import MALFORMED, TRUNCATED, ParsedReply, Question

_INSTRUCTION = """\
Write one line for each word and each punctuation mark of the text, in order: the word as it \
stands there, a colon and its tag. The tag is "B-" and a label for the first word of an entity, \
"I-" and the label for its other words, and "O" for everything else; the labels are LABELS:
word:O
word:B-FIRST
word:I-FIRST"""

_SEPARATORS = (":", "\t", " -> ", " => ", " | ", " - ", " ")
_PREFIX = re.compile(r"([BIESLU])[-_](?=.)", re.IGNORECASE)
_SUFFIX = re.compile(r"[-_]([BIESLU])", re.IGNORECASE)
_AFTER_TAG = " \t.,;:!"
_TOKENS = re.compile(r"\w+|[^\w\s]")
_MIN_TAGGED_SHARE = 0.9
"""Minimum share of lines that are a token with a tag."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A token with its tag's prefix and label; both are empty outside all entities."""

    token: str
    prefix: str
    label: str


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    return _INSTRUCTION.replace("LABELS", labels.quoted()).replace("FIRST", labels.names[0])


def render_reply(marked: InlineMarkedText) -> str:
    """Return one line per word or punctuation mark; marks must not be nested."""
    cuts = sorted({offset for mark in marked.marks for offset in (mark.start, mark.end)})
    tokens = [
        (token.start() + start, token.end() + start)
        for start, end in zip([0, *cuts], [*cuts, len(marked.text)], strict=True)
        for token in _TOKENS.finditer(marked.text[start:end])
    ]
    lines = []
    for start, end in tokens:
        inside = next((m for m in marked.marks if m.start <= start and end <= m.end), None)
        first = inside is not None and not marked.text[inside.start : start].strip()
        tag = "O" if inside is None else f"{'B' if first else 'I'}-{inside.label}"
        lines.append(f"{marked.text[start:end]}:{tag}")
    return "\n".join(lines)


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the copy of the text from the tokens, with a mark for each entity."""
    lines = content_lines(answer_part(reply))
    read = max((_read(lines, s, question) for s in _SEPARATORS), key=lambda r: r[1], default=None)
    if not lines or read is None or read[1] < _MIN_TAGGED_SHARE * len(lines):
        return None
    marked = _join_tokens(read[0])
    malformed = len(lines) - len(read[0])
    notes = {MALFORMED: malformed} if malformed else {}
    if not is_copy(marked.text, question.text):
        is_word_list = any(not line.label for line in read[0])  # otherwise a list of entities
        if not (marked.marks and is_word_list and is_partial_copy(marked.text, question.text)):
            return None
        notes[TRUNCATED] = 1
    return ParsedReply(notes=notes, marked=marked)


def _read(lines: list[str], separator: str, question: Question) -> tuple[list[_Line], int]:
    """Return the lines with a separator, and the number of those with a requested tag."""
    found: list[_Line] = []
    known = 0
    for line in lines:
        token, found_separator, tag = line.rpartition(separator)
        if not found_separator:
            continue
        one = _line(token.strip(), tag.strip(), question)
        found.append(one)
        is_tag = not one.label or one.label[0].isalnum()
        known += is_tag and (not one.label or question.labels.normalise(one.label) is not None)
    return found, known


def _line(token: str, tag: str, question: Question) -> _Line:
    """Read a token's tag; ``_B`` and ``_I`` may also follow the tag or the token.

    Punctuation after the tag, as in ``Rome:LOC.``, is ignored unless the label has it.
    """
    if question.labels.normalise(tag) is None and tag not in OUTSIDE:
        tag = tag.rstrip(_AFTER_TAG) or tag
    if question.labels.normalise(tag) is not None:
        prefix, label = "", tag
        suffix = _SUFFIX.search(token, len(token) - 2) if len(token) > 2 else None
        if suffix is not None and token not in question.text:
            return _Line(token[:-2], suffix.group(1).upper(), label)
        return _Line(token, prefix, label)
    if fold(tag) in OUTSIDE:
        return _Line(token, "", "")
    before, after = _PREFIX.match(tag), _SUFFIX.search(tag, max(len(tag) - 2, 0))
    if before is not None:
        prefix, label = before.group(1), tag[2:]
    elif after is not None:
        prefix, label = after.group(1), tag[:-2]
    else:
        prefix, label = "", tag
    name = question.labels.normalise(label)
    if name is None and fold(label) in OUTSIDE:
        return _Line(token, "", "")
    return _Line(token, prefix.upper(), name or label)


def _join_tokens(lines: list[_Line]) -> InlineMarkedText:
    """Join the tokens with single spaces, and convert their tags to marks."""
    marks: list[InlineMark] = []
    length, before = 0, ""
    pieces: list[str] = []
    for line in lines:
        if not line.token:
            continue
        start = length + bool(pieces)
        length = start + len(line.token)
        pieces.append(line.token)
        if line.label and line.label == before and line.prefix not in ("B", "S", "U"):
            marks[-1] = InlineMark(marks[-1].start, length, line.label)
        elif line.label:
            marks.append(InlineMark(start, length, line.label))
        before = "" if line.prefix in ("E", "S", "L", "U") else line.label
    return InlineMarkedText(" ".join(pieces), tuple(marks))
