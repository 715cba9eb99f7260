"""Prose in replies: reasoning, headings, code fences, list bullets, and "No entities"."""

from __future__ import annotations

import re

_REASONING = re.compile(r"</(?:think|thinking|thought|reasoning|analysis)>", re.IGNORECASE)
_UNFINISHED = re.compile(r"\s*<(?:think|thinking|thought|reasoning|analysis)>", re.IGNORECASE)
_HEADING = re.compile(
    r"^[ \t#>*_]{0,8}(?:final )?(?:answer|output|result|entities|named entities)[ \t*_]{0,4}"
    r":[ \t*_]{0,8}$",
    re.IGNORECASE | re.MULTILINE,
)
_PREFIX = re.compile(r"[>*_\s]{0,4}(?:final )?answer[*_]{0,3}:[*_\s]{0,4}(?=\S)", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*```[^\n`]*$", re.MULTILINE)
_BULLET = re.compile(r"\s{0,8}(?:\d{1,4}[.)]|[-*•])\s{1,8}(?=\S)")
_NONE = re.compile(
    r"\W{0,4}(?:none|n/a|(?:there (?:are|is|were|was)|i (?:found|find|see)|"
    r"the (?:text|sentence|paragraph) (?:contains|has))? ?"
    r"(?:no|zero) (?:named |relevant |such )?(?:entity|entities|mentions?)\b"
    r"(?!.{0,300}\b(?:but|except|other than|besides|however|apart from)\b)[^.\n]{0,300})[.\W]{0,4}",
    re.IGNORECASE,
)


def without_reasoning(reply: str, text: str) -> str:
    """Return the reply after its reasoning block; empty if the block does not end.

    If the text itself contains such tags, they may belong to the answer, and the reply is returned
    unchanged.
    """
    ends = [found.end() for found in _REASONING.finditer(reply)]
    if _REASONING.search(text) or _UNFINISHED.search(text):
        return reply
    if ends:
        return reply[ends[-1] :]
    return "" if _UNFINISHED.match(reply) else reply


def answer_part(reply: str) -> str:
    """Return the part after the last heading such as "Answer:", without code fences."""
    headings = [found.end() for found in _HEADING.finditer(reply)]
    part = reply[headings[-1] :] if headings else reply
    fences = [(found.start(), found.end()) for found in _FENCE.finditer(part)]
    if len(fences) >= 2:
        return part[fences[0][1] : fences[1][0]].strip("\n")
    return _FENCE.sub("", part).strip("\n")


def content_lines(part: str) -> list[str]:
    """Return the non-empty lines, stripped."""
    return [line.strip() for line in part.splitlines() if line.strip()]


def answer_lines(reply: str) -> list[str]:
    """Return the lines of the answer, without a leading "Answer:"."""
    return [_PREFIX.sub("", line, count=1) for line in content_lines(answer_part(reply))]


def means_no_entities(line: str) -> bool:
    """Return whether a line states that there are no entities, and nothing else."""
    return len(line) <= 400 and _NONE.fullmatch(line) is not None


def last_parenthesis(line: str) -> tuple[str, str]:
    """Split a line such as "Ann Lee (PER)." at its last parenthesis.

    Returns:
        The line before the parenthesis and the content of the parenthesis, both stripped. The
        content is empty if the line does not end with a parenthesis.
    """
    end = line.rstrip(" \t.,;*")
    opening = end.rfind("(")
    if not end.endswith(")") or opening < 0:
        return line, ""
    return end[:opening].strip(), end[opening + 1 : -1].strip(" \t*\"'`")


def without_number(line: str) -> str:
    """Return a line without a leading list number or bullet."""
    return _BULLET.sub("", line.strip(), count=1)


def clean_surface(raw: str, text: str) -> str:
    """Return a surface without list number, bullet, quotes, asterisks and gloss around it.

    A surface that occurs in the text is not changed. A gloss is a parenthesis after such a surface.

    Args:
        raw: the surface as written.
        text: the document's text.
    """
    surface = raw.strip()
    if surface not in text:
        surface = without_number(surface)
    while len(surface) > 2 and surface not in text:
        if not (surface[0] in "\"'`*_“‘" and surface[-1] in "\"'`*_”’"):
            break
        surface = surface[1:-1].strip()
    named, gloss = last_parenthesis(surface)
    return named if gloss and named and surface not in text and named in text else surface


def abbreviation(raw: str, surface: str, text: str) -> str:
    """Return the abbreviation of a surface: Y of "X (Y)", if the text contains "X (Y)".

    Args:
        raw: the surface as written, with its gloss.
        surface: the surface without gloss.
        text: the document's text.

    Returns:
        The abbreviation; empty if there is none.
    """
    _, short = last_parenthesis(raw.strip())
    if not short or surface.endswith(")"):
        return ""
    both = rf"{re.escape(surface)}\s{{0,4}}\(\s{{0,4}}{re.escape(short)}\s{{0,4}}\)"
    return short if re.search(both, text) else ""
