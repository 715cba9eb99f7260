"""A lenient reader of JSON, Python literals and similar notations in replies.

The reader completes nothing: a container that was cut off is marked as not closed, and a string
without an end is dropped. In addition to JSON it accepts single and typographic quotes, quotes
within strings, unquoted words, tuples, comments, missing and surplus commas, and missing closing
brackets within a closed container. Valid JSON is read exactly.

The run time is linear in the length of the text: one pass without recursion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vermeil.data.document import Range

MAX_DEPTH = 32
"""Maximum nesting of containers; deeper values are no answer."""

_CLOSING = {"{": "}", "[": "]", "(": ")"}
_QUOTES = {
    **{'"': '"', "'": "'", "“": "”“", "‘": "’‘", "”": "”“", "’": "’‘"},
    **{"„": "“”", "‚": "‘’", "«": "»", "»": "«»", "＂": "＂"},
}
"""Quotes that open a string, and those that close it. Some replies have one kind at both ends."""
_SPECIAL = {marks: re.compile(rf"[\\{marks}]") for marks in _QUOTES.values()}
_SPACE = re.compile(r"(?:\s+|//[^\n]*|#[^\n]*)+")
_AFTER_STRING = re.compile(r"""\s*(?:[,:;\]})#]|//|/\*|```|\Z)|\s+["'“‘”’„‚«»＂{\[(]""")
_WORD = re.compile(r"""[^\s,:;\[\]{}()](?:[^,:;\[\]{}()\n`]|`(?!``))*""")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class BareWord:
    """An unquoted value: a number, null, or a string without its quotes."""

    text: str


class QuotedString(str):
    """A quoted string with the position of its characters in the reply."""

    __slots__ = ("start", "stop")

    start: int
    """Position of its first character, counted from the reply's end: negative."""
    stop: int
    """Position of its closing quote, counted in the same way."""


@dataclass(slots=True, eq=False)
class Container:
    """An object or a list, as written.

    Args:
        is_object: whether it has braces instead of brackets.
        items: the values of a list, or of an object in the order of ``keys``.
        keys: the keys of an object, with duplicates; None for a missing key.
        closed: whether its closing bracket was read.
    """

    is_object: bool
    items: list[Value] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    closed: bool = False

    def get(self, *names: str) -> Value | None:
        """Return the value of the first key with one of these names; case is ignored.

        Args:
            *names: names of keys, in lower case.
        """
        for key, value in zip(self.keys, self.items, strict=True):
            if key is not None and key.strip().casefold() in names:
                return value
        return None


Value = str | BareWord | Container


def reply_ranges(surface: Value, label: Value) -> tuple[Range, ...]:
    """Return the ranges of the reply with surface and label; empty unless both are quoted.

    The closing quote of the surface is included: it alone decides that the name ends there ("New
    York", not "New York Times"). The closing quote of the label is excluded: labels are no prefixes
    of each other, and a token with this quote often also decides whether the list continues.
    """
    if not isinstance(surface, QuotedString) or not isinstance(label, QuotedString):
        return ()
    return (surface.start, surface.stop + 1), (label.start, label.stop)


@dataclass(slots=True)
class _OpenContainer:
    """A container that is being read, with the key of the next value."""

    kind: str
    container: Container
    key: str | None = None

    def add(self, value: Value) -> None:
        if self.container.is_object:
            if self.key is None and not isinstance(value, Container):
                self.key = value if isinstance(value, str) else value.text.strip()
                return
            self.container.keys.append(self.key)
            self.key = None
        self.container.items.append(value)

    def add_missing_value(self) -> None:
        """Keep the last key of an object that was cut off before the value."""
        if self.key is not None:
            self.add(BareWord(""))


def read_value(text: str, start: int) -> tuple[Container | None, int]:
    """Read the container that opens at ``text[start]``.

    Returns:
        The container and the end of reading. A container that is not closed holds the values up to
        the end of the text or code block. It is None if the nesting exceeds `MAX_DEPTH`.
    """
    stack: list[_OpenContainer] = []
    outermost: Container | None = None
    position, size = start, len(text)
    while position < size and not text.startswith("```", position):
        character = text[position]
        if character in _CLOSING:
            opened = _OpenContainer(character, Container(character == "{"))
            if stack:
                stack[-1].add(opened.container)
            outermost = outermost or opened.container
            stack.append(opened)
            position += 1
            if len(stack) > MAX_DEPTH:
                return None, position
        elif character in "}])":
            position += 1
            _close(stack, character)
            if not stack:
                break
        elif character in ",;:":
            stack[-1].key = stack[-1].key if character == ":" else None
            position += 1
        elif (after := _skip(text, position)) > position:
            position = after
        else:
            value, position = _scalar(text, position)
            if value is not None:
                stack[-1].add(value)
    for opened in stack:
        opened.add_missing_value()
    return outermost, position


def _skip(text: str, position: int) -> int:
    """Return the position after white space and comments."""
    if text.startswith("/*", position):
        end = text.find("*/", position)
        return len(text) if end < 0 else end + 2
    space = _SPACE.match(text, position)
    return position if space is None else space.end()


def _close(stack: list[_OpenContainer], bracket: str) -> None:
    """Close the innermost container of this kind and all open containers within it."""
    if not any(_CLOSING[opened.kind] == bracket for opened in stack):
        return
    while True:
        opened = stack.pop()
        opened.container.closed = True
        if _CLOSING[opened.kind] == bracket:
            return


def _scalar(text: str, position: int) -> tuple[Value | None, int]:
    """Read a string or a word; None for a string without an end."""
    if text[position] in _QUOTES:
        return _string(text, position)
    word = _WORD.match(text, position)
    if word is None:
        return BareWord(text[position]), position + 1
    return BareWord(word.group().strip()), word.end()


def _string(text: str, start: int) -> tuple[QuotedString | None, int]:
    """Read a string; only a quote before a comma, colon or bracket closes it."""
    closing = _QUOTES[text[start]]
    parts: list[str] = []
    position = start + 1
    while special := _SPECIAL[closing].search(text, position):
        parts.append(text[position : special.start()])
        position = special.end()
        if special.group() == "\\":
            character, position = _escape(text, position)
            parts.append(character)
        elif _AFTER_STRING.match(text, position):
            string = QuotedString(_join_surrogates("".join(parts)))
            string.start, string.stop = start + 1 - len(text), position - 1 - len(text)
            return string, position
        else:
            parts.append(special.group())
    return None, len(text)


def _escape(text: str, position: int) -> tuple[str, int]:
    """Read the character after a backslash; an invalid escape is a literal backslash."""
    character = text[position : position + 1]
    if character == "u" and (code := _HEX.match(text, position + 1)):
        return chr(int(code.group(), 16)), code.end()
    if character in _ESCAPES:
        return _ESCAPES[character], position + 1
    if character and character in "\"'\\/”’":
        return character, position + 1
    return "\\", position


def _join_surrogates(string: str) -> str:
    """Join pairs of surrogates, and replace single ones."""
    if not _SURROGATE.search(string):
        return string
    return string.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
