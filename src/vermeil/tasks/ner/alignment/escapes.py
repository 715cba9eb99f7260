"""Escapes that a reply or a text contains literally: those of JSON, Python and HTML."""

from __future__ import annotations

import re
from html import unescape

from vermeil.tasks.ner.alignment.normalise import NormalisedText

_ESCAPE = re.compile(
    r"(?<!\\)\\+(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([bfnrtv]))"
)
_QUOTED = re.compile(r"(?<!\\)\\+([\"'/\\])")
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LAST_CHARACTER = 0x10FFFF
_ENTITIES = re.compile(r"&(?:amp;)*((?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)")
"""An entity, possibly escaped several times, as in ``&amp;amp;``."""


def decode_escapes(surface: str) -> str:
    r"""Return a surface with its literal escapes decoded, as in ``Zo\u00eb`` or ``Bell &amp; Co``.

    The escapes are those of strings in JSON and Python, and the entities of HTML. Several
    backslashes before one escape count as one, and so do several levels of entities. Two escapes of
    a surrogate pair give one character; half a pair stays as it is.

    Args:
        surface: the characters as the teacher wrote them.
    """
    if "&" in surface:
        surface = decode_entities(surface).text
    if "\\" not in surface:
        return surface
    decoded = _QUOTED.sub(r"\1", _ESCAPE.sub(_character, surface))
    try:
        return decoded.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return surface


def decode_entities(text: str) -> NormalisedText:
    """Return a text with its HTML entities decoded, and the source range of every character.

    Args:
        text: a text that may hold entities such as ``&amp;``, ``&#39;`` and ``&amp;quot;``.
    """
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    last = 0
    for match in _ENTITIES.finditer(text):
        at, end = match.span()
        decoded = unescape("&" + match.group(1))
        if decoded == "&" + match.group(1):
            continue
        kept += [text[last:at], decoded]
        starts += [*range(last, at), *[at] * len(decoded)]
        ends += [*range(last + 1, at + 1), *[end] * len(decoded)]
        last = end
    kept.append(text[last:])
    starts += range(last, len(text))
    ends += range(last + 1, len(text) + 1)
    return NormalisedText("".join(kept), starts, ends)


def _character(match: re.Match[str]) -> str:
    *numbers, control = match.groups()
    if control is not None:
        return _CONTROLS[control]
    code = int(next(number for number in numbers if number is not None), 16)
    return chr(code) if code <= _LAST_CHARACTER else match.group()
