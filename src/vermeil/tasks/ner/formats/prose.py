"""Prose in replies: reasoning, headings, code fences, list bullets, and "No entities"."""

from __future__ import annotations

import re

from vermeil.tasks.labels import LabelSet

_REASONING_TAGS = (
    r"(?:think|thinking|thoughts?|reasoning|analysis|reflection|scratchpad|reason|seed:think)"
)
_REASONING = re.compile(
    rf"</{_REASONING_TAGS}>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>|<\|END_THINKING\|>",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    rf"^[ \t]{{0,8}}(?:<{_REASONING_TAGS}>|\[THINK\]|◁think▷|<\|begin_of_thought\|>"
    r"|<\|START_THINKING\|>)",
    re.IGNORECASE | re.MULTILINE,
)
_CHANNEL = "<|channel|>"
_FINAL_CHANNEL = re.compile(r"<\|channel\|>\s*final\b[^\n]{0,120}?<\|message\|>")
_MESSAGE_END = re.compile(r"<\|(?:end|return|call|start)\|>")
_BARE_CHANNEL = re.compile(r"\s*(?:analysis|commentary)(?=[A-Z])")
_BARE_FINAL = "assistantfinal"
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
_RESERVATION = re.compile(
    r"\b(?:but|however|though|although|yet|except|unless|if|likely|probably|possibly|perhaps"
    r"|maybe|presumably|rather|instead|nevertheless|could|might|may|closest|arguably)\b|,\s{0,4}only\b",
    re.IGNORECASE,
)
_SEPARATE = re.compile(r"\s\([^()]*\)$")
_COMMON_WORD = re.compile(r"[^\W\d_][^\W\d_A-Z]{3,}(?:[\s.-].*)?", re.DOTALL)
"""A word with a capital at most at its beginning, possibly with others after it."""
_REJECTION = re.compile(r"(?:no|not|none|non)\b.*", re.IGNORECASE | re.DOTALL)
_PARENTHESES = re.compile(r"[()]")
_LABEL_WORD = re.compile(r"[^\W_][\w&/-]{0,60}")


def without_reasoning(reply: str, text: str) -> str:
    """Return the reply after its reasoning block or channel; empty if the reasoning does not end.

    If the text itself contains such tags, they may belong to the answer, and the reply is returned
    unchanged. The end of the result is the end of the reply, so that positions counted from there
    stay valid: what follows the answer is replaced with blanks.
    """
    if any(p.search(text) for p in (_REASONING, _UNFINISHED)) or _CHANNEL in text:
        return reply
    if _CHANNEL in reply:
        return _final_channel(reply)
    if _BARE_CHANNEL.match(reply):
        _, found, answer = reply.rpartition(_BARE_FINAL)
        return answer if found else ""
    ends = [found.end() for found in _REASONING.finditer(reply)]
    answer = reply[ends[-1] :] if ends else reply
    opening = _UNFINISHED.search(answer)
    return answer if opening is None else _blank_from(answer, opening.start())


def _final_channel(reply: str) -> str:
    """Return the last message of the channel "final", or what follows the last message."""
    finals = [found.end() for found in _FINAL_CHANNEL.finditer(reply)]
    if finals:
        answer = reply[finals[-1] :]
        end = _MESSAGE_END.search(answer)
        return answer if end is None else _blank_from(answer, end.start())
    ends = [found.end() for found in _MESSAGE_END.finditer(reply)]
    answer = reply[ends[-1] :] if ends else ""
    return "" if _CHANNEL in answer else answer.removeprefix("assistant")


def _blank_from(answer: str, end: int) -> str:
    return answer[:end] + " " * (len(answer) - end) if answer[:end].strip() else ""


def answer_part(reply: str) -> str:
    """Return the part after the last heading such as "Answer:", without code fences."""
    headings = [found.end() for found in _HEADING.finditer(reply)]
    return fenced_part(reply[headings[-1] :] if headings else reply)


def fenced_part(part: str) -> str:
    """Return the content of the first code block, otherwise the whole part without fences."""
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


def is_answer_line(reply: str) -> bool:
    """Return whether the last line of a reply begins with "Answer:"."""
    return any(map(_PREFIX.match, content_lines(answer_part(reply))[-1:]))


def means_no_entities(line: str, labels: LabelSet) -> bool:
    """Return whether a line states that there are no entities, and nothing else.

    A statement about some of several labels ("no entities of type PER") is not enough.
    """
    if len(line) > 400 or not _NONE.fullmatch(line) or _RESERVATION.search(line):
        return False
    named = {labels.normalise(word) for word in _LABEL_WORD.findall(line)} - {None}
    return not named or len(named) == len(labels.names)


def is_rejection(words: str, labels: LabelSet) -> bool:
    """Return whether words after a candidate reject it, as "not an entity" does.

    A reservation ("no clear class, most likely TOOL") is no rejection.
    """
    if not _REJECTION.fullmatch(words) or _RESERVATION.search(words):
        return False
    later = re.split(r"[,;:–—]", words)[1:]
    return not any(labels.normalise(w) for part in later for w in _LABEL_WORD.findall(part))


def has_prose(lines: list[str], labels: LabelSet) -> bool:
    """Return whether any line is neither a heading nor a statement without entities."""
    pairs = ((line, last_parenthesis(line)[1]) for line in lines)
    return any(
        not (line.endswith(":") or means_no_entities(line, labels) or is_rejection(inner, labels))
        for line, inner in pairs
    )


def last_parenthesis(line: str) -> tuple[str, str]:
    """Split a line such as "Ann Lee (PER)." at its last parenthesis.

    Returns:
        The line before the parenthesis and the content of the parenthesis, both stripped. The
        content is empty if the line does not end with a parenthesis.
    """
    end = line.rstrip(" \t.,;*")
    opening = _opening(end) if end.endswith(")") else -1
    if not end.endswith(")") or opening < 0:
        return line, ""
    return end[:opening].strip(), end[opening + 1 : -1].strip(" \t*\"'`")


def _opening(line: str) -> int:
    """Return the position of the parenthesis that the last character closes; -1 without one."""
    depth = 0
    for found in _PARENTHESES.finditer(line[::-1]):
        depth += 1 if found.group() == ")" else -1
        if depth == 0:
            return len(line) - found.end()
    return line.rfind("(")


def without_number(line: str) -> str:
    """Return a line without a leading list number or bullet."""
    plain = line.strip()
    bullet = _BULLET.match(plain)
    return plain if bullet is None else plain[bullet.end() :]


def clean_surface(raw: str, text: str) -> str:
    """Return a surface without list number, bullet, quotes, asterisks and gloss around it.

    A surface that occurs in the text is not changed, except for its gloss: a parenthesis after a
    surface that occurs in the text, with or without blanks in it.

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
    is_gloss = surface not in text or _SEPARATE.search(surface) is not None
    return named if gloss and named and is_gloss and named in text else surface


def abbreviation(raw: str, surface: str, text: str) -> str:
    """Return the abbreviation of a surface: Y of "X (Y)", if the text contains "X (Y)".

    Blanks in the parenthesis do not count. A common word in parentheses is no abbreviation.

    Args:
        raw: the surface as written, with its gloss.
        surface: the surface without gloss.
        text: the document's text.

    Returns:
        The abbreviation; empty if there is none.
    """
    _, short = last_parenthesis(raw.strip())
    if not short or surface.endswith(")") or _COMMON_WORD.fullmatch(short):
        return ""
    both = rf"{re.escape(surface)}\s{{0,4}}\(\s{{0,4}}{re.escape(short)}\s{{0,4}}\)"
    return short if re.search(both, text) else ""
