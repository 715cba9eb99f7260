"""Names of the keys, columns and elements that hold entities, surfaces and labels in replies.

Keys compare without regard to case, blanks, underscores and hyphens.
"""

from __future__ import annotations

import re

from vermeil.tasks.ner.formats.claims import occurs
from vermeil.tasks.ner.formats.lenient_json import BareWord, Container, Value
from vermeil.tasks.ner.reply_format import Question

LISTS = frozenset(
    (
        *("entities", "namedentities", "mentions", "spans", "annotations"),
        *("extractedentities", "entitylist", "entitymentions"),
    )
)
"""Keys of a list of entities."""

SURFACES = frozenset(
    (
        *("text", "surface", "entity", "name", "span", "mention", "word", "value", "entitytext"),
        *(
            "entityname",
            "entityvalue",
            "entitymention",
            "entityspan",
            "entitystring",
            "namedentity",
        ),
        *("mentiontext", "spantext", "surfaceform", "surfacetext", "surfacestring", "textspan"),
        *("phrase", "string", "term", "substring", "match", "matchedtext", "literal"),
        *("extractedtext", "extraction", "token", "words", "content", "item", "key", "quote"),
        *("entityword", "entitysurface", "exacttext", "verbatim", "annotatedtext"),
    )
)
"""Keys of the characters of an entity."""

LABELS = frozenset(
    (
        *("label", "type", "entitytype", "category", "class", "tag", "entitygroup", "entitylabel"),
        *("entitycategory", "entityclass", "entitytag", "labelname", "typename", "classname"),
        *("categoryname", "nertag", "nertype", "nerlabel", "nerclass", "mentiontype", "spanlabel"),
        *("spantype", "kind", "classification", "semantictype", "labels", "types", "entitytypes"),
        *("categories", "group", "annotation", "entitykind", "mentionlabel", "predictedlabel"),
    )
)
"""Keys of the label of an entity."""

SURFACE_LISTS = LISTS | frozenset(
    (
        *("texts", "surfaces", "names", "words", "values", "items", "phrases", "terms", "matches"),
        *("instances", "surfaceforms", "strings", "examples", "list", "elements"),
    )
)
"""Keys of a list of surfaces next to a label."""

_BETWEEN = re.compile(r"[\s_-]+")


def fold_key(key: str | None) -> str:
    """Return the comparison form of a key."""
    return _BETWEEN.sub("", key or "").strip("*`\"':").casefold()


def surface_and_label(container: Container, question: Question) -> tuple[str, str] | None:
    """Return the values of surface and label in an object; None without both.

    Keys such as "entity" may hold either. If no key names a label, the only value that is one is
    the label. Of several surfaces, the first one that the text holds and that is not the whole text
    is returned.
    """
    pairs = [
        (fold_key(key), value) for key, value in zip(container.keys, container.items, strict=True)
    ]
    labels = [one for one in (_label(v, question) for k, v in pairs if k in LABELS) if one]
    surfaces = [one for one in (_words(v, question) for k, v in pairs if k in SURFACES) if one]
    if labels:
        label = labels[0]
        if len(labels) > 1:
            known = [one for one in labels if question.labels.normalise(one) is not None]
            label = known[0] if known else label
    else:
        known = [one for one in surfaces if question.labels.normalise(one) is not None]
        if len(known) != 1 or len(surfaces) < 2:
            return None
        label = known[0]
        surfaces = [one for one in surfaces if one is not label]
    if len(surfaces) > 1:
        own = [
            one
            for one in surfaces
            if occurs(one, question.text) and one.strip() != question.text.strip()
        ]
        surfaces = own or surfaces
    return (surfaces[0], label) if surfaces else None


def surface_of(value: Value, label: str, question: Question) -> str | None:
    """Return the surface of an entry below a label; None if it has another label or no surface."""
    if not isinstance(value, Container):
        return _words(value, question) or None
    if not value.is_object:
        strings = [one for one in value.items if isinstance(one, str)]
        return strings[0] if len(strings) == 1 and value.closed else None
    pairs = [(fold_key(k), v) for k, v in zip(value.keys, value.items, strict=True)]
    own = [one for one in (_label(v, question) for k, v in pairs if k in LABELS) if one]
    meant = question.labels.of_heading(label)
    if any(question.labels.normalise(one) not in (None, meant) for one in own):
        return None
    found = [one for one in (_words(v, question) for k, v in pairs if k in SURFACES) if one]
    return found[0] if found and value.closed else None


def _label(value: Value, question: Question) -> str:
    """Return a label: a string, the only string of a list, or a requested label without quotes."""
    if isinstance(value, Container) and not value.is_object and len(value.items) == 1:
        value = value.items[0]
    if isinstance(value, BareWord):
        return value.text if question.labels.normalise(value.text) is not None else ""
    return value if isinstance(value, str) else ""


def _words(value: Value, question: Question) -> str:
    """Return a surface: a string, or words of the text without quotes."""
    if isinstance(value, BareWord):
        is_name = any(map(str.isalpha, value.text)) and occurs(value.text, question.text)
        return value.text if is_name else ""
    return value if isinstance(value, str) else ""
