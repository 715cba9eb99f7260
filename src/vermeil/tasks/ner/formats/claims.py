"""Claims in words: "Ann (PER)", "Ann - PER", "PER: Ann", and lists of surfaces with commas.

Prose also holds colons and parentheses. A list of claims is therefore an answer only if most of its
surfaces occur in the text as whole words, and if the words around it quote or discuss nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from vermeil.data.mention import Mention
from vermeil.tasks.answer_context import is_hypothetical
from vermeil.tasks.label_names import fold
from vermeil.tasks.ner.formats.lenient_json import BareWord, read_value
from vermeil.tasks.ner.formats.prose import (
    clean_surface,
    is_rejection,
    last_parenthesis,
    without_number,
)
from vermeil.tasks.ner.reply_format import MALFORMED, TRUNCATED, ParsedReply, Question

OTHER_LINES = "other_lines"
"""Note: number of lines without an entity."""

_MAX_CLAIM = 500
_MAX_OTHERS = 3
"""Maximum number of lines without a claim, if there are fewer claims."""
_MAX_SURFACE_WORDS = 12
_MAX_TRIES = 50
_SEPARATOR = re.compile(r" (?:[-–—]+>?|=+>?|→|\||:) | ?(?::|→|->|=>|\||\t|=) ?|, ?")
_NEXT_CLAIM = re.compile(
    r"(?<=\))[ \t]{0,4}(?:[,;][ \t]{0,4}(?:and |und |et )?|(?: and | und | et ))"
)
_MIN_CLAIMS = 2
_LEADING = re.compile(r"[(\[<]([^()\[\]<>]{1,120})[)\]>][ :–—-]*(?=\S)")
_COMMA = re.compile(r" ?(?:,(?= )|[;、，،；]|<br ?/?>) ?")
_TIGHT_COMMA = re.compile(r" ?[,;/] ?")
_AND = re.compile(r"(?:^| )(?:and|und|et|y|&) ")
_SUFFIX = re.compile(
    r"(?:inc|ltd|llc|llp|plc|co|corp|gmbh|ag|sa|jr|sr|ii|iii|iv|md|phd|esq)\.?", re.IGNORECASE
)
_NO_SURFACE = re.compile(
    r"(?:\(?(?:none|n/?a|nil|null|nothing|empty|no (?:\w+ ){0,3}(?:found|present|mentioned|here"
    r"|entity|entities|names?|mentions?)|not (?:found|present|applicable|mentioned)"
    r"|none (?:found|present|mentioned|here))\)?|-+|–|—|\[\s*\]|\(\s*\)|\{\s*\}|∅)[.\s]*",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"[.…_\s]+|<[^<>]{0,60}>|\[[^\[\]]{0,60}\]")
_REFUSAL = re.compile(
    r"\b(?:sorry|apologi[sz]e|apologies|(?:i|we) (?:can(?:not|['’]t)|won['’]t|will not|decline|am "
    r"unable)|as an ai|unable to)\b",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"\b(?:let me know|feel free|hope (?:this|that|it)|happy to|glad to|if you (?:need|want|would)"
    r"|please (?:note|ask|provide))\b",
    re.IGNORECASE,
)
"""Closing words of assistants, which concern no answer."""


def split_claim(written: str, question: Question) -> Mention | None:
    """Return surface and label of a string such as "Ann (PER)", "Ann: PER" or "PER - Ann".

    The result is None unless exactly one part is a requested label. If the string can be divided in
    several ways, a surface that occurs in the text decides.
    """
    plain = without_number(written.strip()).strip()
    if not plain or len(plain) > _MAX_CLAIM:
        return None
    found: dict[tuple[str, str], Mention] = {}
    for surface, label in _divisions(plain):
        name = question.labels.normalise(label)
        cleaned = clean_surface(surface.strip(" \t*_:"), question.text)
        if name is None or not cleaned or is_placeholder_claim(cleaned, question.text):
            continue
        if question.labels.normalise(surface) is None or occurs(cleaned, question.text):
            found.setdefault((cleaned, name), Mention(cleaned, label))
    if len(found) > 1:
        found = {key: m for key, m in found.items() if occurs(m.surface, question.text)}
    return next(iter(found.values())) if len(found) == 1 else None


def claims_of(line: str, question: Question) -> list[str]:
    """Return the claims of a line such as "Ann (PER), New York (LOC)", otherwise the line.

    The first surface must occur in the text, for prose has other words before it.
    """
    parts = [part for part in _NEXT_CLAIM.split(line) if part]
    if len(parts) < _MIN_CLAIMS:
        return [line]
    labels = [last_parenthesis(part)[1] for part in parts]
    first = last_parenthesis(parts[0])[0].rpartition(": ")[2]
    is_list = occurs(clean_surface(first, question.text), question.text)
    is_list = is_list and all(question.labels.normalise(label) is not None for label in labels)
    return parts if is_list else [line]


def _divisions(plain: str) -> list[tuple[str, str]]:
    """Return the divisions of a string into surface and label, the most common ones first."""
    surface, label = last_parenthesis(plain)
    pairs = [(surface, label)] if label else []
    end = plain.rstrip(" \t.,;*")
    bracket = max(end.rfind("["), end.rfind("<"))
    if bracket > 0 and end[-1] in "]>":
        pairs.append((end[:bracket], end[bracket + 1 : -1]))
    if leading := _LEADING.match(plain):
        pairs.append((plain[leading.end() :], leading.group(1)))
    splits = [found.span() for found in _SEPARATOR.finditer(plain)]
    for start, end_of_split in dict.fromkeys((*splits[-2:], *splits[:2])):
        before, after = plain[:start], plain[end_of_split:]
        pairs += [(before, after), (after, before)]
    return [(one.strip(), other.strip(" \t*_`")) for one, other in pairs if one.strip()]


def split_surfaces(written: str, text: str) -> list[str]:
    """Return the surfaces of a list such as "Ann, Bo and Cy" or ``["Ann", "Bo"]``.

    Args:
        written: the list as written.
        text: the document's text; a comma within a name of the text separates nothing.
    """
    plain = " ".join(written.split())
    if plain[:1] + plain[-1:] == "[]" and plain not in text:
        plain = plain[1:-1].strip()
    if plain[:1] in ("'", '"', "“") and "," in plain:
        container, _ = read_value(f"[{plain}]", 0)
        items = [] if container is None else container.items
        strings = [one.text if isinstance(one, BareWord) else one for one in items]
        if strings and all(isinstance(one, str) and one for one in strings):
            return [str(one) for one in strings]
    parts = [part for part in _COMMA.split(plain) if part]
    if len(parts) == 1 and not occurs(plain, text):
        tight = [part for part in _TIGHT_COMMA.split(plain) if part]
        parts = tight if all(occurs(clean_surface(p, text), text) for p in tight) else parts
    surfaces: list[str] = []
    for part in parts:
        joined = f"{surfaces[-1]}, {part}" if surfaces else ""
        if joined and _SUFFIX.fullmatch(part) and occurs(joined, text):
            surfaces[-1] = joined
        elif occurs(part, text):
            surfaces.append(part)
        else:
            pieces = [piece for piece in _AND.split(part) if piece]
            is_list = all(occurs(clean_surface(p, text), text) for p in pieces)
            surfaces += pieces if is_list else [part]
    return [clean_surface(one.strip(" \t*_`"), text) for one in surfaces]


def is_no_surface(words: str) -> bool:
    """Return whether words state that there is no entity, as "None" or "-" does."""
    return len(words) <= _MAX_CLAIM and _NO_SURFACE.fullmatch(words.strip(" \t*_`\"'")) is not None


def is_placeholder_claim(surface: str, text: str) -> bool:
    """Return whether a surface is a placeholder of a template and not a part of the text."""
    return surface not in text and (
        _PLACEHOLDER.fullmatch(surface) is not None or is_no_surface(surface)
    )


def is_plausible(surface: str, question: Question) -> bool:
    """Return whether a string may be a surface: it is in the text, or short and no sentence."""
    if occurs(surface, question.text):
        return True
    if is_placeholder_claim(surface, question.text) or is_rejection(surface, question.labels):
        return False
    if question.labels.of_heading(surface) is not None or not any(map(str.isalnum, surface)):
        return False
    return len(surface.split()) <= _MAX_SURFACE_WORDS and not re.search(r"[:?!(){}<>]", surface)


def occurs(surface: str, text: str) -> bool:
    """Return whether the text holds a surface as whole words; case and white space do not count."""
    form, folded = fold(surface), _folded(text)
    at = folded.find(form) if form else -1
    for _ in range(_MAX_TRIES):
        if at < 0:
            return False
        end = at + len(form)
        if not (_continues(folded, at) or _continues(folded, end)):
            return True
        at = folded.find(form, at + 1)
    return False


@lru_cache(maxsize=8)
def _folded(text: str) -> str:
    return fold(text)


def _continues(text: str, at: int) -> bool:
    """Return whether a word of a script with cases, or a number, goes on at a position."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    return all(one.isdigit() or one.lower() != one.upper() for one in (before, after))


def accept_claims(
    mentions: Sequence[Mention],
    others: Sequence[str],
    malformed: int,
    question: Question,
    *,
    is_cut: bool = False,
) -> ParsedReply | None:
    """Return the claims of a reply as its content; None if they may be prose, or have no label.

    Args:
        mentions: the claims.
        others: the lines without a claim.
        malformed: number of entries that hold no claim.
        question: the request behind the reply.
        is_cut: whether the reply was cut off.
    """
    if not any(question.labels.normalise(one.label) is not None for one in mentions):
        return None
    in_text = sum(occurs(one.surface, question.text) for one in mentions)
    if not in_text or 2 * in_text < len(mentions):
        return None
    if len(others) > max(_MAX_OTHERS, len(mentions)) or malformed > len(mentions):
        return None
    words = [line for line in others if not _COURTESY.search(line)]
    if any(is_hypothetical(line) or _REFUSAL.search(line) for line in words):
        return None
    notes = {MALFORMED: malformed, OTHER_LINES: len(others), TRUNCATED: int(is_cut)}
    return ParsedReply(tuple(mentions), {name: n for name, n in notes.items() if n})
