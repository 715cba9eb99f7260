"""Replies with a list of XML elements, without a copy of the text.

An entity is an element with attributes or children for surface and label, or an element with the
name of its label. Words between the elements make the reply prose, which is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape

from vermeil.data.mention import Mention
from vermeil.tasks.ner.formats.claims import (
    accept_claims,
    is_no_surface,
    is_placeholder_claim,
    occurs,
    split_surfaces,
)
from vermeil.tasks.ner.formats.elements import decode_tags, parse_elements
from vermeil.tasks.ner.formats.entity_keys import (
    LABELS,
    LISTS,
    SURFACES,
    fold_key,
    surface_and_label,
)
from vermeil.tasks.ner.formats.lenient_json import Container
from vermeil.tasks.ner.formats.prose import answer_part, clean_surface
from vermeil.tasks.ner.reply_format import TRUNCATED, ParsedReply, Question

_TAG = re.compile(r"<(/?)([^<>/\s=][^<>/\s=]{0,80})((?:\s[^<>]{0,600})?)>")
_ATTRIBUTE = re.compile(r"""([\w:.-]{1,60})\s{0,4}=\s{0,4}(?:"([^"]*)"|'([^']*)')""")
_DECLARATION = re.compile(r"<[?!][^<>]{0,400}>")
_LIST_MARKS = " \t\r\n,;.|•*·`+-"
_NUMBER = re.compile(r"(?:\d{1,4}[.)]?)?")
_MAX_WORDS = 3
"""Maximum number of lines with words before the first or after the last element."""


@dataclass(slots=True, eq=False)
class _Element:
    """An element of a reply.

    Args:
        name: its name.
        attributes: its attributes, in order.
        texts: pieces of its own text.
        children: the elements in it.
        closed: whether its closing tag was read.
    """

    name: str
    attributes: list[tuple[str, str]]
    texts: list[str] = field(default_factory=list)
    children: list[_Element] = field(default_factory=list)
    closed: bool = False

    @property
    def text(self) -> str:
        """Its own text, without the one of its children."""
        return unescape("".join(self.texts)).strip()


def parse_copy_or_list(reply: str, question: Question) -> ParsedReply | None:
    """Return the marked copy of the text, or the list of elements if it is no copy or a part."""
    copy = parse_elements(reply, question)
    if copy is not None and TRUNCATED not in copy.notes:
        return copy
    found = parse_element_list(reply, question)
    written = () if copy is None else copy.labels
    marks = sum(question.labels.normalise(label) is not None for label in written)
    return found if found is not None and len(found.mentions) > marks else copy


def parse_element_list(reply: str, question: Question) -> ParsedReply | None:
    """Return the entities of a list of elements; None if the reply is no such list."""
    part = _DECLARATION.sub("", answer_part(decode_tags(reply, question.text)))
    root, others = _tree(part)
    if root is None:
        return None
    mentions: list[Mention] = []
    malformed, is_cut = 0, False
    for element in _entities(root, question):
        found = _read(element, question)
        if not element.closed:
            is_cut = True
        elif found is None:
            malformed += 1
        else:
            mentions += found
    return accept_claims(mentions, others, malformed, question, is_cut=is_cut)


def _tree(part: str) -> tuple[_Element | None, list[str]]:
    """Return the elements of a reply below a root, and the lines of words around them.

    The root is None if there are words between the elements, or no elements.
    """
    root = _Element("", [], closed=True)
    stack = [root]
    names: dict[str, int] = {}
    position, tags = 0, 0
    for found in _TAG.finditer(part):
        stack[-1].texts.append(part[position : found.start()])
        position = found.end()
        tags += 1
        name, rest = found.group(2), found.group(3)
        if found.group(1):
            if names.get(name, 0):
                _close(stack, name, names)
            continue
        element = _Element(name, [(k, unescape(a or b)) for k, a, b in _ATTRIBUTE.findall(rest)])
        stack[-1].children.append(element)
        if rest.rstrip().endswith("/"):
            element.closed = True
        else:
            stack.append(element)
            names[name] = names.get(name, 0) + 1
    if not tags:
        return None, []
    rest = part[position:]
    if len(stack) > 1:
        stack[-1].texts.append(rest)
    between = root.texts[1:]
    others = [line for line in root.texts[0].splitlines() if not _is_list_mark(line)]
    if len(stack) == 1:
        others += [line for line in rest.splitlines() if not _is_list_mark(line)]
    is_list = all(map(_is_list_mark, between)) and len(others) <= _MAX_WORDS
    starts_line = not root.texts[0].strip() or root.texts[0].rstrip(" \t-*•").endswith("\n")
    return (root if is_list and starts_line else None), others


def _is_list_mark(words: str) -> bool:
    """Return whether words are only bullets, numbers and separators of a list."""
    return _NUMBER.fullmatch(words.strip(_LIST_MARKS)) is not None


def _close(stack: list[_Element], name: str, names: dict[str, int]) -> None:
    """Close the innermost open element of a name; those in it stay without an end."""
    while True:
        element = stack.pop()
        names[element.name] -= 1
        if element.name == name:
            element.closed = True
            return


def _entities(root: _Element, question: Question) -> Iterator[_Element]:
    """Yield the elements that are entities, or hold the surfaces of one label."""
    pending = [*reversed(root.children)]
    while pending:
        element = pending.pop()
        if _is_wrapper(element, question):
            pending += reversed(element.children)
        else:
            yield element


def _is_wrapper(element: _Element, question: Question) -> bool:
    """Return whether an element only holds entities: it has children, but no part of an entity."""
    if not element.children:
        return False
    if element.text or question.labels.of_heading(element.name) is not None:
        return False
    keys = {fold_key(child.name) for child in element.children if not child.children}
    return not (keys | {fold_key(name) for name, _ in element.attributes}) & LABELS


def _read(element: _Element, question: Question) -> list[Mention] | None:
    """Return the mentions of an element; None if it is malformed."""
    pairs = [*element.attributes]
    pairs += [(child.name, child.text) for child in element.children if not child.children]
    own = element.text
    keys = {fold_key(name) for name, _ in pairs}
    if own and not keys & SURFACES:
        pairs.append(("text", own))
    entry = Container(True, [v for _, v in pairs], [k for k, _ in pairs], closed=True)
    found = surface_and_label(entry, question)
    if found is not None:
        return _mentions([found[0]], found[1], question)
    label = question.labels.of_heading(element.name) or _attribute(element, LABELS)
    if label is None or question.labels.of_heading(label) is None:
        return [] if fold_key(element.name) in LISTS and is_no_surface(own or "none") else None
    surfaces = [child.text for child in element.children] or _parts(own, question)
    if not element.children and not own:
        value = _attribute(element, SURFACES)
        surfaces = [] if value is None else [value]
    return _mentions(surfaces, label, question)


def _attribute(element: _Element, keys: frozenset[str]) -> str | None:
    return next((v for name, v in element.attributes if fold_key(name) in keys and v), None)


def _parts(own: str, question: Question) -> Sequence[str]:
    """Return the surfaces of a text: the whole text, or a list of parts that all occur."""
    if not own or occurs(own, question.text):
        return [own] if own else []
    if "\n" in own:
        return [clean_surface(line, question.text) for line in own.splitlines() if line.strip()]
    parts = split_surfaces(own, question.text)
    return parts if all(occurs(one, question.text) for one in parts) else [own]


def _mentions(surfaces: Sequence[str], label: str, question: Question) -> list[Mention]:
    kept = [one for one in surfaces if one and not is_no_surface(one)]
    return [Mention(s, label) for s in kept if not is_placeholder_claim(s, question.text)]
