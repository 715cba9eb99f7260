"""The words around a JSON answer in a reply: quotation, draft, part of the answer, or the answer.

A reply often holds several JSON objects of the requested shape. The functions of this module read a
bounded window around an object, so their run time does not depend on the length of the reply.
"""

from __future__ import annotations

import re
from typing import Literal

Relation = Literal["part", "revision", "unknown"]
"""Relation of an answer to the one before it: a further part, a replacement, or not clear."""

_WINDOW = 300
_FOLLOWING = 160

_UNIT = r"(?:sentences?|paragraphs?|parts?|chunks?|sections?|segments?|passages?|clauses?|items?)"
_NUMBER = r"(?:\d{1,4}|one|two|three|four|five|six|seven|eight|nine|ten)"
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|next|last|other"
    r"|\d{1,4}(?:st|nd|rd|th))"
)
_PART = re.compile(
    rf"\b(?:(?:{_UNIT}|line|text)[ _-]{{0,2}}(?:no\.? |number |#)?{_NUMBER}\b"
    rf"|{_ORDINAL} (?:{_UNIT}|one)\b|s{_NUMBER}\b"
    r"|also|additionally|furthermore|moreover|plus|in addition|as well|another"
    r"|remaining|(?:more|further|other|additional) (?:entit|nam|mention)\w+)",
    re.IGNORECASE,
)
_ENUMERATION = re.compile(
    rf"\W*(?:and|then|finally|lastly|{_ORDINAL}|s?{_NUMBER})\W*", re.IGNORECASE
)
_HEADING = re.compile(r"\W*(?:[^\W\d_][\w&/-]*\W+){0,2}[^\W\d_][\w&/-]*\W*:\W*")
_REVISION = re.compile(
    r"\b(?:final|correct(?:ed|ion|ing)?|revis\w+|updat\w+|drafts?|wait|hmm+|actually|better"
    r"|improv\w+|fix(?:ed|ing)?|refin\w+|mistakes?|wrong|oops|sorry|second thoughts?"
    r"|(?:double[- ]|re-?)?check\w*|reconsider\w*|attempts?|guess\w*|tr(?:y|ies)|versions?|instead"
    r"|replac\w+|chang\w+)\b|\A\W*no\b\W*[,.:!]",
    re.IGNORECASE,
)
_CONCLUSION = re.compile(
    r"\b(?:answer|therefore|thus|hence|so|results?|conclu\w+|outputs?|overall|altogether|in total"
    r"|total|complete|combined|merged|together|summary|all entities|json)\b",
    re.IGNORECASE,
)
_DRAFT = re.compile(
    r"\b(?:drafts?|attempts?|guess\w*|initial\w*|tentative\w*|rough|candidates?|first pass"
    r"|first thoughts?|preliminary)\b",
    re.IGNORECASE,
)
_QUOTING = re.compile(
    r"\b(?:if|would|unless|otherwise|without|examples?|for instance|placeholder|instead of"
    r"|rather than|hypothetical\w*|suppos\w+|assuming|had (?:there|it|they|i))\b|\be\.?g\b"
    r"|\b(?:wenn|falls|ohne|wäre|würde|hätte|andernfalls|beispiel\w*|si|sans|serait|aurait|sinon"
    r"|exemple|sin|sería|habría|ejemplo|senza|sarebbe|avrebbe|altrimenti|esempio|sem|seria|haveria"
    r"|exemplo|zonder|zou|voorbeeld)\b"
    r"|^\W*(?:the )?(?:expected |required |requested |output |answer |reply |json )?"
    r"(?:format|template|schema|shape|instructions?)\b(?! (?:output|answer|result))",
    re.IGNORECASE,
)
_UNSETTLED = re.compile(
    r"\b(?:could|might|may|when(?:ever)?|in case|like|such as|instructions?|incorrect|never|not"
    r"|means|mean)\b|n['’]t\b",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"\b(?:could|might|may)\b", re.IGNORECASE)
_AFFIRMATIVE = re.compile(
    r"\b(?:answers?|outputs?|results?|response|json|final|therefore|thus|so|hence|no|none|zero"
    r"|empty|nothing|conclu\w+|entit\w+|here)\b|^\W*[^\W\d_]\w*\W*[:：]\W*$",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\W*(?:but|however|wait|actually|hmm+|yet|except|although|though|still|only)\b", re.IGNORECASE
)
_PAIR = re.compile(
    r""""[^"\n]{0,80}"\s{0,4}:\s{0,4}(?:"(?:[^"\\\n]|\\.){0,300}"|[\w.+-]{1,20})\s{0,4}(?:,|\Z|(?=\}))"""
)
_SENTENCE_END = re.compile(r"(?<=\w{3})[.!?]\s+")
_ENDS_SENTENCE = re.compile(r"""[.!?]["'”’)*_]{0,3}\Z""")
_FENCE_LINE = re.compile(r"\s*```[\w-]*\s*\Z")
_TOKEN = re.compile(r"<\|[^|<>\n]{1,40}\|>")
_WORD = re.compile(r"\w")
_MARKUP = " \t\r\n`*_>#-–—=→|[](){},;:.!?\"'“”‘’"
_NUMBERED = re.compile(
    rf"\W*(?:{_UNIT}|line|text)?[ _-]{{0,2}}(?:no\.? |number |#)?\d{{0,4}}\W+", re.IGNORECASE
)
_MIN_QUOTED = 6
_MAX_HEADING = 80


def is_draft(reply: str, start: int, lower: int) -> bool:
    """Return whether the words before an answer name it a draft.

    Args:
        reply: the reply.
        start: start of the answer.
        lower: end of the answer before it; 0 for the first one.
    """
    return _DRAFT.search(_before(reply, start, lower)) is not None


def is_quotation(reply: str, start: int, lower: int) -> bool:
    """Return whether the words before an answer introduce it as an example or a possibility."""
    return _QUOTING.search(_before(reply, start, lower)) is not None


def is_possibility(reply: str, start: int, lower: int) -> bool:
    """Return whether the words before an answer name it an example or one of several choices."""
    before = _before(reply, start, lower)
    return _QUOTING.search(before) is not None or _CHOICE.search(before) is not None


def is_hypothetical(words: str) -> bool:
    """Return whether words name what surrounds them an example, a possibility or a draft."""
    part = words[:_WINDOW]
    return any(p.search(part) for p in (_QUOTING, _CHOICE, _DRAFT))


def is_empty_answer(reply: str, start: int, end: int, lower: int) -> bool:
    """Return whether an empty object is the answer, and not quoted in prose.

    It is the answer if it stands alone on its line, or ends a sentence that announces an answer.
    Words of a possibility ("if", "would", "example") around it make it a quotation.
    """
    before, after = _before(reply, start, lower), _after(reply, end)
    if any(p.search(before) for p in (_QUOTING, _UNSETTLED, _DRAFT)):
        return False
    on_line = _line_before(reply, start, lower)
    if _WORD.search(after) and (on_line or _QUOTING.search(after) or _UNSETTLED.search(after)):
        return False
    if _CONTRAST.match(after) or _CONTRAST.match(_next_line(reply, end)):
        return False
    return not on_line or bool(_AFFIRMATIVE.search(on_line) or _PART.search(on_line))


def relation(between: str, text: str, is_label: bool = False) -> Relation:
    """Return the relation of an answer to the one before it.

    Args:
        between: the reply between the two answers.
        text: the document's text. Lines that quote it are headings of parts.
        is_label: whether the words between them are a label.
    """
    if is_label or not _WORD.search(_plain(between)):
        return "part"
    words, quotes_text = _without_quoted_text(_plain(between), text)
    if not _WORD.search(words):
        return "part"
    if _REVISION.search(words):
        return "revision"
    if quotes_text or _PART.search(words) or _ENUMERATION.fullmatch(words):
        return "part"
    if _CONCLUSION.search(words):
        return "revision"
    is_short = len(words) <= _MAX_HEADING
    return "part" if is_short and _HEADING.fullmatch(words) else "unknown"


def heading(between: str) -> str:
    """Return the words between two answers without markup."""
    return _plain(between[: 2 * _WINDOW]).strip(_MARKUP)


def _plain(part: str) -> str:
    """Return a part of a reply without JSON pairs, code fences and control tokens."""
    lines = (line for line in _TOKEN.sub(" ", part).split("\n") if not _FENCE_LINE.match(line))
    return _PAIR.sub(" ", "\n".join(lines))


def _without_quoted_text(between: str, text: str) -> tuple[str, bool]:
    """Return the words without the lines that occur in the text, and whether there are any."""
    kept, quotes_text = [], False
    for line in between.split("\n"):
        number = _NUMBERED.match(line)
        cores = (line.strip(_MARKUP), line[number.end() if number else 0 :].strip(_MARKUP))
        if any(_MIN_QUOTED <= len(core) <= len(text) and core in text for core in cores):
            quotes_text = True
        else:
            kept.append(line)
    return "\n".join(kept), quotes_text


def _line_before(reply: str, start: int, lower: int) -> str:
    """Return the last sentence on the line before an object; empty if it has no word."""
    first = max(lower, start - _WINDOW)
    line = reply[max(reply.rfind("\n", first, start) + 1, first) : start]
    line = _SENTENCE_END.split(_plain(line))[-1]
    return line if _WORD.search(line) else ""


def _before(reply: str, start: int, lower: int) -> str:
    """Return the words that introduce an object, on its line or on the one before."""
    line = _line_before(reply, start, lower)
    if line:
        return line
    first = max(lower, start - _WINDOW)
    above = reply[first : max(reply.rfind("\n", first, start), first)]
    lines = [one.strip() for one in _plain(above).split("\n") if _WORD.search(one)]
    if not lines or _ENDS_SENTENCE.search(lines[-1]):
        return ""
    return _SENTENCE_END.split(lines[-1])[-1]


def _after(reply: str, end: int) -> str:
    """Return the words on the line after an object, up to the next object."""
    line = reply[end : end + _FOLLOWING].split("\n", 1)[0]
    return _plain(re.split(r"[{\[]", line, maxsplit=1)[0]).strip(_MARKUP)


def _next_line(reply: str, end: int) -> str:
    """Return the next line with words after the line of an object."""
    lines = reply[end : end + 2 * _FOLLOWING].split("\n")[1:]
    return next((line for line in lines if _WORD.search(line) and not line.startswith("`")), "")
