"""Conversion between tags of tokens and spans, in the schemes IOB1, IOB2, BIOES and IO.

IOB1 opens a span with ``I-``, and with ``B-`` only if it follows a span of the same label. IOB2
opens every span with ``B-``. BIOES also marks the last token (``E-``) and the only token (``S-``)
of a span. BILOU (BIOES with the letters ``L-`` and ``U-``) is read as BIOES. In IO, a tag is the
label alone, and tokens in a row with the same label are one span; IO is read but not written.

Tags that break the rules of their scheme are repaired: an orphan ``I-`` or ``E-`` opens a span, and
another label closes one span and opens the next. Repaired tags are counted.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from vermeil.data.document import Range, Span
from vermeil.errors import DataError

Scheme = Literal["iob1", "iob2", "bioes"]
ReadScheme = Literal["iob1", "iob2", "bioes", "io"]

PREFIXES: dict[Scheme, str] = {"iob1": "BI", "iob2": "BI", "bioes": "BIES"}
"""Prefixes of each scheme, without ``O``."""

VIOLATION_TOLERANCE = 0.1
"""Share of span openings that may break the rules of a scheme before files count as mixed."""

_PLAIN = re.compile(r"(?!\w-)[^\W\d_][^\s=|,;]*")
"""Label without a prefix: it begins with a letter that no hyphen follows."""
_BILOU = {"L": "E", "U": "S"}


class TokenSpan(NamedTuple):
    """Labelled range of tokens, from ``first`` to ``end`` (half-open)."""

    first: int
    end: int
    label: str


def tags_to_spans(
    tags: Sequence[str], tokens: Sequence[Range], scheme: ReadScheme = "iob2"
) -> tuple[tuple[Span, ...], int]:
    """Return the spans that the tags of one text describe.

    Args:
        tags: one per token: ``O``, or a prefix, a hyphen and the label (in IO: the label).
        tokens: range of each token in the text.
        scheme: the scheme of the tags.

    Returns:
        The spans in order, and the number of repaired tags: those that differ from the tags of
        the returned spans in this scheme.

    Raises:
        DataError: the numbers of tags and tokens differ, or a tag is not in the scheme.
    """
    if len(tags) != len(tokens):
        raise DataError(f"{len(tags)} tags for {len(tokens)} tokens; expected one tag per token")
    parts = [split_tag(tag, scheme) for tag in tags]
    token_spans = _to_token_spans(parts)
    repaired = 0
    if scheme != "io":
        right = _to_tags(token_spans, len(tokens), scheme)
        repaired = sum(_join(*part) != tag for part, tag in zip(parts, right, strict=True))
    spans = tuple(Span(tokens[c.first][0], tokens[c.end - 1][1], c.label) for c in token_spans)
    return spans, repaired


def spans_to_tags(
    spans: Sequence[Span], tokens: Sequence[Range], scheme: Scheme = "iob2"
) -> tuple[list[str], dict[str, int]]:
    """Return the tags of spans, as far as tags can represent them.

    Of spans that share a token, the first is kept; of those with the same start, the longest.

    Args:
        spans: in any order.
        tokens: ranges of the tokens, in order and without overlap.
        scheme: the scheme of the tags.

    Returns:
        One tag per token, and for each loss the number of spans. ``cut_token``: a boundary is
        within a token, and the span was widened to the whole token. ``trimmed``: characters at
        its ends belong to no token and were omitted. ``no_token``: the span touches no token and
        was omitted. ``overlap``: a token belongs to an earlier span, and the span was omitted.
    """
    losses: Counter[str] = Counter()
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    token_spans: list[TokenSpan] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end, s.label)):
        first, end = bisect_right(ends, span.start), bisect_left(starts, span.end)
        if first >= end:
            losses["no_token"] += 1
        elif token_spans and first < token_spans[-1].end:
            losses["overlap"] += 1
        else:
            token_spans.append(TokenSpan(first, end, span.label))
            if starts[first] < span.start or ends[end - 1] > span.end:
                losses["cut_token"] += 1
            elif starts[first] > span.start or ends[end - 1] < span.end:
                losses["trimmed"] += 1
    return _to_tags(token_spans, len(tokens), scheme), dict(losses)


def detect_scheme(sequences: Iterable[Sequence[str]]) -> ReadScheme:
    """Return the scheme of tag sequences; they are read once and not kept in memory.

    ``E-`` or ``S-`` mean BIOES. Otherwise an ``I-`` that opens a span is evidence of IOB1, and a
    ``B-`` that follows no span of its label is evidence of IOB2. A few tags of the other scheme
    (up to `VIOLATION_TOLERANCE` of all) are errors to repair. Tags without any prefix, with ``O``
    among them, mean IO. Without evidence, IOB2 is returned.

    Raises:
        DataError: the sequences mix schemes, or a tag belongs to none.
    """
    seen: Counter[str] = Counter()
    plain = ""
    for tags in sequences:
        plain = plain or next((tag for tag in tags if is_plain_tag(tag)), "")
        if plain:
            seen["O"] += "O" in tags
            seen["prefixed"] += any(tag != "O" and not is_plain_tag(tag) for tag in tags)
            continue
        parts = [split_tag(tag) for tag in tags]
        seen["O"] += "O" in tags
        _count_evidence(parts, seen)
    if plain:
        _check_io(plain, seen)
        return "io"
    if seen["E"] or seen["S"]:
        _check_mixture(
            seen["open"], seen["spans"], "BIOES", "spans that are not closed by E- or S-"
        )
        return "bioes"
    iob1, iob2 = seen["iob1"], seen["iob2"]
    if iob1 > iob2:
        _check_mixture(iob2, iob1 + iob2, "IOB1", "spans opened by B- after O")
        return "iob1"
    _check_mixture(iob1, iob1 + iob2, "IOB2", "spans opened by I-")
    return "iob2"


def is_plain_tag(tag: str) -> bool:
    """Return whether a tag is a label without a prefix, as in the scheme IO."""
    return _PLAIN.fullmatch(tag) is not None and tag != "O"


@lru_cache(maxsize=4096)
def split_tag(tag: str, scheme: ReadScheme = "bioes") -> tuple[str, str]:
    """Split a tag into prefix (``L`` and ``U`` as ``E`` and ``S``) and label; ``O`` has no label.

    In IO, the prefix is ``I``, and the label is the tag.

    Raises:
        DataError: the tag is not in the scheme.
    """
    if tag == "O":
        return "O", ""
    if scheme == "io":
        if not tag.strip() or tag == "_":
            raise DataError(f"{tag!r} is not a tag of IO; expected O or a label")
        return "I", tag
    prefix, hyphen, label = tag.partition("-")
    prefix = _BILOU.get(prefix, prefix)
    if not hyphen or not label or len(prefix) != 1 or prefix not in PREFIXES[scheme]:
        expected = ", ".join(f"{p}-LABEL" for p in PREFIXES[scheme])
        raise DataError(f"{tag!r} is not a tag of {scheme.upper()}; expected O, {expected}")
    return prefix, label


def _to_token_spans(parts: Sequence[tuple[str, str]]) -> list[TokenSpan]:
    token_spans: list[TokenSpan] = []
    first, last = 0, ""
    for number, (prefix, label) in enumerate(parts):
        if last and (prefix in "OBS" or label != last):
            token_spans.append(TokenSpan(first, number, last))
            last = ""
        if prefix == "O":
            continue
        if not last:
            first, last = number, label
        if prefix in "ES":
            token_spans.append(TokenSpan(first, number + 1, label))
            last = ""
    if last:
        token_spans.append(TokenSpan(first, len(parts), last))
    return token_spans


def _to_tags(token_spans: Sequence[TokenSpan], size: int, scheme: Scheme) -> list[str]:
    tags = ["O"] * size
    before = TokenSpan(-1, -1, "")
    for token_span in token_spans:
        touches = before.end == token_span.first and before.label == token_span.label
        tags[token_span.first] = "I-" if scheme == "iob1" and not touches else "B-"
        for number in range(token_span.first + 1, token_span.end):
            tags[number] = "I-"
        if scheme == "bioes":
            tags[token_span.end - 1] = "S-" if token_span.end == token_span.first + 1 else "E-"
        for number in range(token_span.first, token_span.end):
            tags[number] += token_span.label
        before = token_span
    return tags


def _join(prefix: str, label: str) -> str:
    return f"{prefix}-{label}" if label else prefix


def _count_evidence(parts: Sequence[tuple[str, str]], evidence: Counter[str]) -> None:
    before = TokenSpan(-1, -1, "")
    for token_span in _to_token_spans(parts):
        opening, closing = parts[token_span.first][0], parts[token_span.end - 1][0]
        touches = before.end == token_span.first and before.label == token_span.label
        evidence["spans"] += 1
        evidence["iob1"] += opening == "I"
        evidence["iob2"] += opening == "B" and not touches
        evidence[closing] += 1
        evidence["open"] += closing not in "ES"
        before = token_span


def _check_io(plain: str, seen: Counter[str]) -> None:
    if seen["spans"] or seen["prefixed"]:
        raise DataError(
            f"{plain!r} is not a tag of BIOES: it has no prefix (B-, I-), but other tags have one; "
            "correct the tags, or set scheme (--scheme) to io if all tags are labels"
        )
    if not seen["O"]:
        raise DataError(
            f"no tag is O, and {plain!r} has no prefix (B-, I-), so this may not be the tags; name "
            "the column or key of the tags (--tag-column, --tag-key), or set scheme (--scheme) to "
            "io if all tokens have a label"
        )


def _check_mixture(violations: int, total: int, name: str, description: str) -> None:
    if violations > VIOLATION_TOLERANCE * total:
        raise DataError(
            f"mixed tag schemes: mostly {name}, but {violations} of {total} {description}; "
            "set scheme in the configuration to read all tags in that scheme and repair the others"
        )
