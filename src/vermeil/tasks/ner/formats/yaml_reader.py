"""A lenient reader of YAML in replies: block mappings and sequences, flow collections, scalars.

It reads what teachers write for a list of entities. Anchors, tags and directives are unknown. A
line that fits nowhere is prose. Indentation that is off by some blanks is accepted. The run time is
linear in the length of the text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from vermeil.tasks.ner.formats.lenient_json import MAX_DEPTH, BareWord, Container, Value, read_value

_DASH = re.compile(r"(?:[-*•+]|\d{1,4}[.)])(?:\s+|$)")
_KEY = re.compile(
    r"""(?:"((?:[^"\\]|\\.){0,120})"|'([^']{0,120})'|\*\*([^*:]{1,120}):?\*\*|([^\s"'\[\]{}#,:*`|>-][^:\n]{0,120}?))"""
    r"\s{0,4}:?(?:(?<=:\*\*)|(?<=:))(?:\s+|$)"
)
_BLOCK_SCALAR = re.compile(r"[|>][+-]?\d?")
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*(?:#.*)?\Z""", re.DOTALL)
_COMMENT = re.compile(r"\s#.*")
_NULL = frozenset(("", "null", "~", "none"))
_MARKERS = frozenset(("---", "..."))
_MAX_SCALAR = 2_000
"""Maximum number of characters of a scalar that continues on further lines."""


@dataclass(slots=True)
class YamlPart:
    """The structure of a reply in YAML.

    Args:
        root: the outermost container; None if there is none.
        others: lines that belong to no container.
        last: the container that the last line added to.
    """

    root: Container | None = None
    others: list[str] = field(default_factory=list)
    last: Container | None = None


@dataclass(slots=True)
class _Node:
    """A container that is being read.

    Args:
        indent: column of its keys or dashes.
        container: its content.
        key: key of the next value of a mapping.
        is_waiting: whether the next line may be its next value.
    """

    indent: int
    container: Container
    key: str | None = None
    is_waiting: bool = False

    def add(self, value: Value) -> None:
        """Add a value to the container."""
        if self.container.is_object:
            self.container.keys.append(self.key)
        self.container.items.append(value)
        self.is_waiting = False


def read_yaml(text: str) -> YamlPart | None:
    """Return the structure of a text; None if it is nested too deep."""
    reader = _Reader()
    for raw in text.split("\n"):
        line = raw.expandtabs(2) if "\t" in raw else raw
        content = line.strip()
        if not content or content in _MARKERS or content.startswith("#"):
            continue
        reader.read_line(len(line) - len(line.lstrip()), content)
        if len(reader.stack) > MAX_DEPTH:
            return None
    return reader.result()


class _Reader:
    """The open containers and the words outside of them, as far as the text was read."""

    def __init__(self) -> None:
        self.stack: list[_Node] = []
        self._part = YamlPart()
        self._roots: list[Container] = []
        self._all: list[Container] = []

    def read_line(self, indent: int, content: str) -> None:
        """Read one line with its column."""
        while (dash := _DASH.match(content)) is not None and not content.startswith("**"):
            self._begin_item(indent)
            indent += dash.end()
            content = content[dash.end() :]
            if len(self.stack) > MAX_DEPTH:
                return
        if not content:
            return
        key = None if content.startswith(("{", "[")) else _KEY.match(content)
        if key is None:
            self._read_scalar(indent, content)
        else:
            name = next(one for one in key.groups() if one is not None)
            self._read_pair(indent, name.strip(), content[key.end() :].strip())

    def _begin_item(self, indent: int) -> None:
        self._leave(indent)
        top = self.stack[-1] if self.stack else None
        is_nested = top is not None and top.is_waiting and indent > top.indent
        if top is None or top.container.is_object or is_nested:
            self._open(indent, Container(False, closed=True))
        self.stack[-1].is_waiting = True

    def _read_pair(self, indent: int, key: str, value: str) -> None:
        self._leave(indent)
        while self.stack and not self.stack[-1].container.is_object:
            inner = self.stack[-1]
            if inner.is_waiting:
                break
            last = inner.container.items[-1] if inner.container.items else None
            if indent > inner.indent and isinstance(last, Container) and last.is_object:
                self.stack.append(_Node(indent, last))
                break
            self.stack.pop()
        top = self.stack[-1] if self.stack else None
        is_own = top is not None and top.container.is_object
        if top is None or not is_own or (top.is_waiting and indent > top.indent):
            self._open(indent, Container(True, closed=True))
        node = self.stack[-1]
        if node.is_waiting:
            node.add(BareWord(""))
        node.key = key
        self._part.last = node.container
        if value and not _BLOCK_SCALAR.fullmatch(value):
            node.add(_flow(value))
        else:
            node.is_waiting = True

    def _read_scalar(self, indent: int, content: str) -> None:
        while self.stack and self.stack[-1].indent > indent:
            self.stack.pop()
        top = self.stack[-1] if self.stack else None
        if top is None:
            if content.startswith(("{", "[")):
                return
            self._part.others.append(content)
        elif top.is_waiting:
            top.add(_flow(content))
            self._part.last = top.container
        elif indent > top.indent and (before := _unfinished_scalar(top)) is not None:
            top.container.items[-1] = f"{before} {content}"
        else:
            self._part.others.append(content)

    def _leave(self, indent: int) -> None:
        """Close the containers of deeper columns."""
        while self.stack and self.stack[-1].indent > indent:
            node = self.stack.pop()
            if node.is_waiting:
                node.add(BareWord(""))

    def _open(self, indent: int, container: Container) -> None:
        while self.stack and not self.stack[-1].is_waiting:
            self.stack.pop()
        if self.stack:
            self.stack[-1].add(container)
        else:
            self._roots.append(container)
        self._all.append(container)
        self.stack.append(_Node(indent, container))

    def result(self) -> YamlPart:
        """Return the structure, with its scalars decoded."""
        while self.stack:
            last = self.stack.pop()
            if last.is_waiting:
                last.add(BareWord(""))
        for container in self._all:
            container.items = [
                _scalar(one) if isinstance(one, str) else one for one in container.items
            ]
        if self._roots:
            several = Container(False, list(self._roots), closed=True)
            self._part.root = self._roots[0] if len(self._roots) == 1 else several
        return self._part


def _unfinished_scalar(node: _Node) -> str | None:
    """Return the last scalar of a container, which the next line may continue."""
    last = node.container.items[-1] if node.container.items else None
    return last if isinstance(last, str) and len(last) <= _MAX_SCALAR else None


def _flow(value: str) -> Value:
    """Return a flow collection, or the scalar as written."""
    if not value.startswith(("{", "[")):
        return value
    container, _ = read_value(value, 0)
    if container is None or not container.closed:
        return value
    pending = [container]
    while pending:
        one = pending.pop()
        one.items = [item.text if isinstance(item, BareWord) else item for item in one.items]
        pending += [item for item in one.items if isinstance(item, Container)]
    return container


def _scalar(written: str) -> Value:
    """Return the value of a scalar; null is an empty word."""
    text = written.strip()
    if quoted := _QUOTED.match(text):
        text = quoted.group(1)
    if text[:1] == '"' and text[-1:] == '"' and len(text) > 1:
        try:
            return str(json.loads(text, strict=False))
        except ValueError:
            return text[1:-1]
    if text[:1] == "'" and text[-1:] == "'" and len(text) > 1:
        return text[1:-1].replace("''", "'")
    plain = _COMMENT.sub("", text, count=1)
    if plain.casefold() in _NULL:
        return BareWord("")
    return plain
