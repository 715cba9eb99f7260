"""Tags per token <-> spans of characters, in the schemes IOB1, IOB2 and BIOES.

IOB1 opens a span with ``I-``, and with ``B-`` only where it touches one of the same label. IOB2
opens every span with ``B-``. BIOES also marks the last token (``E-``) and the only token (``S-``)
of a span; BILOU, which is BIOES with the letters ``L-`` and ``U-``, is read as BIOES.

Tags that break the rules of their scheme are read as generously as all three schemes together
allow: an orphan ``I-`` or ``E-`` opens a span, another label closes one span and opens the next.
What had to be repaired is counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from vermeil.data.document import Range, Span
from vermeil.errors import DataError

Scheme = Literal["iob1", "iob2", "bioes"]

PREFIXES: dict[Scheme, str] = {"iob1": "BI", "iob2": "BI", "bioes": "BIES"}
"""The prefixes that each scheme knows, besides ``O``."""

VIOLATION_TOLERANCE = 0.1
"""Share of span openings that may break the rules of a scheme before files count as mixed."""

_BILOU = {"L": "E", "U": "S"}


class TokenSpan(NamedTuple):
    """A span in tokens: ``first`` to ``end`` (half-open)."""

    first: int
    end: int
    label: str


def tags_to_spans(
    tags: Sequence[str], tokens: Sequence[Range], scheme: Scheme = "iob2"
) -> tuple[tuple[Span, ...], int]:
    """Read the tags of one text.

    Args:
        tags: one per token: ``O``, or a prefix, a hyphen and the label.
        tokens: range of each token in the text.
        scheme: what the tags are meant to follow.

    Returns:
        The spans in order, and how many tags had to be repaired: those that differ from the tags
        which the spans have in this scheme.

    Raises:
        DataError: more or fewer tags than tokens, or a tag that the scheme does not know.
    """
    if len(tags) != len(tokens):
        raise DataError(f"{len(tags)} tags for {len(tokens)} tokens; expected one tag per token")
    parts = [split_tag(tag, scheme) for tag in tags]
    chunks = _to_token_spans(parts)
    right = _to_tags(chunks, len(tokens), scheme)
    repaired = sum(_join(*part) != tag for part, tag in zip(parts, right, strict=True))
    spans = tuple(Span(tokens[c.first][0], tokens[c.end - 1][1], c.label) for c in chunks)
    return spans, repaired


def spans_to_tags(
    spans: Sequence[Span], tokens: Sequence[Range], scheme: Scheme = "iob2"
) -> tuple[list[str], dict[str, int]]:
    """Write spans as tags, as far as tags can hold them.

    Of spans that share a token, the one that begins first, then the longer one, is kept.

    Args:
        spans: in any order.
        tokens: ranges of the tokens, in order and without overlap.
        scheme: which tags to write.

    Returns:
        One tag per token, and the named losses that occurred, to number of spans: ``cut_token``
        (a boundary lies within a token; the span is widened to the whole token), ``trimmed`` (the
        span covers characters at its ends that belong to no token; they are left out),
        ``no_token`` (the span touches no token; left out) and ``overlap`` (one of its tokens
        belongs to another span already; left out).
    """
    losses: Counter[str] = Counter()
    starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
    chunks: list[TokenSpan] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end, s.label)):
        first, end = bisect_right(ends, span.start), bisect_left(starts, span.end)
        if first >= end:
            losses["no_token"] += 1
        elif chunks and first < chunks[-1].end:
            losses["overlap"] += 1
        else:
            chunks.append(TokenSpan(first, end, span.label))
            if starts[first] < span.start or ends[end - 1] > span.end:
                losses["cut_token"] += 1
            elif starts[first] > span.start or ends[end - 1] < span.end:
                losses["trimmed"] += 1
    return _to_tags(chunks, len(tokens), scheme), dict(losses)


def detect_scheme(sequences: Iterable[Sequence[str]]) -> Scheme:
    """Recognise the scheme of many tag sequences; they are read once and not kept.

    ``E-`` or ``S-`` mean BIOES. Otherwise an ``I-`` that opens a span speaks for IOB1, and a
    ``B-`` that follows no span of its label speaks for IOB2. A few tags that speak for the other
    scheme (up to `VIOLATION_TOLERANCE` of all) are faults, to be repaired. Without evidence it is IOB2.

    Raises:
        DataError: the sequences mix schemes, or a tag belongs to none.
    """
    seen: Counter[str] = Counter()
    for tags in sequences:
        parts = [split_tag(tag) for tag in tags]
        _count_evidence(parts, seen)
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


@lru_cache(maxsize=4096)
def split_tag(tag: str, scheme: Scheme = "bioes") -> tuple[str, str]:
    """Split a tag into prefix (``L`` and ``U`` as ``E`` and ``S``) and label; ``O`` has no label.

    Raises:
        DataError: the tag is not one of the scheme.
    """
    if tag == "O":
        return "O", ""
    prefix, hyphen, label = tag.partition("-")
    prefix = _BILOU.get(prefix, prefix)
    if not hyphen or not label or len(prefix) != 1 or prefix not in PREFIXES[scheme]:
        expected = ", ".join(f"{p}-LABEL" for p in PREFIXES[scheme])
        raise DataError(f"{tag!r} is not a tag of {scheme.upper()}; expected O, {expected}")
    return prefix, label


def _to_token_spans(parts: Sequence[tuple[str, str]]) -> list[TokenSpan]:
    chunks: list[TokenSpan] = []
    first, last = 0, ""
    for number, (prefix, label) in enumerate(parts):
        if last and (prefix in "OBS" or label != last):
            chunks.append(TokenSpan(first, number, last))
            last = ""
        if prefix == "O":
            continue
        if not last:
            first, last = number, label
        if prefix in "ES":
            chunks.append(TokenSpan(first, number + 1, label))
            last = ""
    if last:
        chunks.append(TokenSpan(first, len(parts), last))
    return chunks


def _to_tags(token_spans: Sequence[TokenSpan], size: int, scheme: Scheme) -> list[str]:
    tags = ["O"] * size
    before = TokenSpan(-1, -1, "")
    for chunk in token_spans:
        touches = before.end == chunk.first and before.label == chunk.label
        tags[chunk.first] = "I-" if scheme == "iob1" and not touches else "B-"
        for number in range(chunk.first + 1, chunk.end):
            tags[number] = "I-"
        if scheme == "bioes":
            tags[chunk.end - 1] = "S-" if chunk.end == chunk.first + 1 else "E-"
        for number in range(chunk.first, chunk.end):
            tags[number] += chunk.label
        before = chunk
    return tags


def _join(prefix: str, label: str) -> str:
    return f"{prefix}-{label}" if label else prefix


def _count_evidence(parts: Sequence[tuple[str, str]], evidence: Counter[str]) -> None:
    before = TokenSpan(-1, -1, "")
    for chunk in _to_token_spans(parts):
        opening, closing = parts[chunk.first][0], parts[chunk.end - 1][0]
        touches = before.end == chunk.first and before.label == chunk.label
        evidence["spans"] += 1
        evidence["iob1"] += opening == "I"
        evidence["iob2"] += opening == "B" and not touches
        evidence[closing] += 1
        evidence["open"] += closing not in "ES"
        before = chunk


def _check_mixture(violations: int, total: int, name: str, description: str) -> None:
    if violations > VIOLATION_TOLERANCE * total:
        raise DataError(
            f"mixed tag schemes: mostly {name}, but {violations} of {total} {description}; "
            "name the scheme in the configuration to read it so and repair the rest"
        )
