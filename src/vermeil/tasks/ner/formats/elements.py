"""Elements like ``<PER>…</PER>`` and ``<span class="PER">…</span>``, as two formats have them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape

from vermeil.tasks.ner.formats.inline import Tag, parse_inline, write_marks
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_TAG = re.compile(r"<(/?)([^<>/\s][^<>]{0,200})>")
_ATTRIBUTE = re.compile(
    r"\b(?:class|type|label|data-label|data-entity)\s{0,4}=\s{0,4}"
    r"""(?:"([^"]*)"|'([^']*)'|([^\s"'=]+))""",
    re.IGNORECASE,
)
_WRAPPERS = ("text", "answer", "output", "result", "sentence", "document", "html", "body")
_EMPHASIS = ("p", "b", "i", "em", "strong", "code")


def parse_elements(reply: str, question: Question) -> ParsedReply | None:
    """Return the marked copy of the text, or None if the reply holds none."""
    return parse_inline(reply, question, find_tags, unescape)


def find_tags(part: str, question: Question) -> list[Tag]:
    """Return the tags to take out.

    An element's label is its class, type or label attribute, or else its name. What stands in the
    text itself is no tag, nor is an unknown one that is nowhere closed. Elements that only wrap or
    emphasise mark nothing.
    """
    written = part.count("&lt;") + part.count("&amp;lt;")
    is_escaped = written > question.text.count("&lt;")
    own = set() if is_escaped else {found.group() for found in _TAG.finditer(question.text)}
    tags = [found for found in _TAG.finditer(part) if found.group() not in own]
    closed = {_fold(found.group(2), question) for found in tags if found.group(1)}
    open_labels: dict[str, list[str | None]] = {}
    result: list[Tag] = []
    for found in tags:
        name, label = _name_and_label(found.group(2), question)
        if found.group(1):
            waiting = open_labels.get(name)
            known = waiting.pop() if waiting else label
            result.append(Tag(found.start(), found.end(), known, opens=False))
        elif name in closed or question.labels.normalise(label or "") is not None:
            open_labels.setdefault(name, []).append(label)
            result.append(Tag(found.start(), found.end(), label, opens=True))
    return result


def render_elements(
    marked: InlineMarkedText, opening: Callable[[str], str], closing: Callable[[str], str]
) -> str:
    """Write a marked text with tags; characters of the text that look like tags are escaped."""
    needs_escape = "<" in marked.text or unescape(marked.text) != marked.text
    write = (lambda piece: escape(piece, quote=False)) if needs_escape else str
    return write_marks(marked, opening, closing, write)


def _name_and_label(content: str, question: Question) -> tuple[str, str | None]:
    """The name by which an element is closed, and its label; None for one that marks nothing."""
    attribute = _ATTRIBUTE.search(content)
    if attribute is not None:
        label = next(value for value in attribute.groups() if value is not None)
        return _fold(content.split(maxsplit=1)[0], question), unescape(label).strip() or None
    name = content.strip()
    is_known = question.labels.normalise(unescape(name)) is not None
    marks_nothing = not is_known and name.casefold() in _WRAPPERS + _EMPHASIS
    return _fold(name, question), None if marks_nothing else unescape(name)


def _fold(name: str, question: Question) -> str:
    """Names are the same where they mean the same label."""
    plain = unescape(name).strip()
    return question.labels.normalise(plain) or plain.casefold()
