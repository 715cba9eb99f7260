"""Elements such as ``<PER>…</PER>`` and ``<span class="PER">…</span>``, shared by two formats."""

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
_MAX_LEVELS = 2
_ESCAPED_TAG = re.compile(r"(?:&(?:amp;)?lt;|&#0*60;|\\u003c|\\<)/", re.IGNORECASE)
_OWN_TAG = re.compile(r"(?<!\\)</")
_BACKSLASHED = re.compile(r"\\(?:u(003[ce])|([<>/]))", re.IGNORECASE)
_WRAPPERS = ("text", "answer", "output", "result", "sentence", "document", "html", "body")
_EMPHASIS = ("p", "b", "i", "em", "strong", "code")


def parse_elements(reply: str, question: Question) -> ParsedReply | None:
    """Return the marked copy of the text, or None if the reply holds none.

    Tags whose brackets are escaped ("&lt;PER&gt;") are read if the reply has no other tags.
    """
    decoded = decode_tags(reply, question.text)
    if decoded != reply:
        parsed = parse_inline(decoded, question, find_tags, unescape)
        if parsed is not None and not parsed.is_empty:
            return parsed
    return parse_inline(reply, question, find_tags, unescape)


def decode_tags(reply: str, text: str) -> str:
    """Return a reply with its escaped tags decoded if it has no other tags, and the text has none.

    Escapes are those of HTML, once or twice, of JSON, and backslashes.
    """
    if _OWN_TAG.search(reply) or _ESCAPED_TAG.search(text):
        return reply
    for _ in range(_MAX_LEVELS):
        if not _ESCAPED_TAG.search(reply):
            break
        reply = unescape(_BACKSLASHED.sub(_bracket, reply))
    return reply


def may_hold_elements(reply: str) -> bool:
    """Return whether a reply has a closing or empty tag, also with escaped brackets."""
    return "</" in reply or "/>" in reply or _ESCAPED_TAG.search(reply) is not None


def _bracket(found: re.Match[str]) -> str:
    """Return the character of an escaped bracket, written as a code or with a backslash."""
    code = found.group(1)
    return found.group(2) if code is None else chr(int(code, 16))


def find_tags(part: str, question: Question) -> list[Tag]:
    """Return the tags of a part of the reply.

    An element's label is its class, type or label attribute, otherwise its name. Tags that occur in
    the text itself are ignored, and so are unknown tags without a closing tag. Elements for layout
    or emphasis mark nothing.
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
            opened = open_labels.get(name)
            known = opened.pop() if opened else label
            result.append(Tag(found.start(), found.end(), known, opens=False))
        elif name in closed or question.labels.normalise(label or "") is not None:
            open_labels.setdefault(name, []).append(label)
            result.append(Tag(found.start(), found.end(), label, opens=True))
    return result


def render_elements(
    marked: InlineMarkedText, opening: Callable[[str], str], closing: Callable[[str], str]
) -> str:
    """Return a marked text with tags; characters of the text that look like tags are escaped.

    Args:
        marked: the text and its marks.
        opening: returns the opening tag of a label.
        closing: returns the closing tag of a label.
    """
    needs_escape = "<" in marked.text or unescape(marked.text) != marked.text
    write = (lambda piece: escape(piece, quote=False)) if needs_escape else str
    return write_marks(marked, opening, closing, write)


def _name_and_label(content: str, question: Question) -> tuple[str, str | None]:
    """Return the name of an element's closing tag, and its label; None if it marks nothing."""
    attribute = _ATTRIBUTE.search(content)
    if attribute is not None:
        label = next(value for value in attribute.groups() if value is not None)
        return _fold(content.split(maxsplit=1)[0], question), unescape(label).strip() or None
    name = content.strip()
    is_known = question.labels.normalise(unescape(name)) is not None
    marks_nothing = not is_known and name.casefold() in _WRAPPERS + _EMPHASIS
    return _fold(name, question), None if marks_nothing else unescape(name)


def _fold(name: str, question: Question) -> str:
    """Return the comparison form of an element name; aliases of a label become equal."""
    plain = unescape(name).strip()
    return question.labels.normalise(plain) or plain.casefold()
