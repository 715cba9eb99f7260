"""Escapes that a reply contains literally, because the teacher escaped a string twice."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"(?<!\\)\\+(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([bfnrtv]))"
)
_QUOTED = re.compile(r"(?<!\\)\\+([\"'/\\])")
_CONTROLS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LAST_CHARACTER = 0x10FFFF


def decode_escapes(surface: str) -> str:
    r"""Return a surface with its literal escapes decoded, as in ``Zo\u00eb`` or ``O\'Dowd``.

    The escapes are those of strings in JSON and Python. Several backslashes before one escape count
    as one. Two escapes of a surrogate pair give one character; half a pair stays as it is.

    Args:
        surface: the characters as the teacher wrote them.
    """
    if "\\" not in surface:
        return surface
    decoded = _QUOTED.sub(r"\1", _ESCAPE.sub(_character, surface))
    try:
        return decoded.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return surface


def _character(match: re.Match[str]) -> str:
    *numbers, control = match.groups()
    if control is not None:
        return _CONTROLS[control]
    code = int(next(number for number in numbers if number is not None), 16)
    return chr(code) if code <= _LAST_CHARACTER else match.group()
