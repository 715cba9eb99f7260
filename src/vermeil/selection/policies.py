"""What becomes of silver, given how probable each option is: keep, drop, mask, weigh or relabel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Range, Span
from vermeil.data.region import Mark, Option, Region, overlaps
from vermeil.selection.config import Policy

NEARLY_CERTAIN = 0.95
"""Policy soft: nothing is said to be there, without more, where that is at least so probable."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A region and how probable its options are.

    Args:
        region: the region.
        chances: float64, shape (options,): sum 1.
    """

    region: Region
    chances: NDArray[np.float64]

    @property
    def best(self) -> Option:
        """The most probable option."""
        return self.region.options[int(self.chances.argmax())]

    @property
    def said(self) -> Option:
        """The teacher's option."""
        return self.region.options[self.region.said]

    def chance(self, mark: Mark) -> float:
        """Return the probability that a mark is right."""
        options = self.region.options
        return float(sum(p for p, o in zip(self.chances, options, strict=True) if mark in o))

    def filled(self, start: int, end: int) -> float:
        """Return the probability that anything in a stretch is marked."""
        pairs = zip(self.chances, self.region.options, strict=True)
        return float(sum(p for p, o in pairs if any(overlaps(m, start, end) for m in o)))

    def labels(self, start: int, end: int) -> dict[str, float]:
        """Return the probability of each label of a stretch, whose sum is `filled`.

        What other extents have, labels of just this extent share in proportion.
        """
        found: dict[str, float] = {}
        for chance, option in zip(self.chances, self.region.options, strict=True):
            for mark in option:
                if mark[:2] == (start, end):
                    found[mark[2]] = found.get(mark[2], 0.0) + float(chance)
        scale = self.filled(start, end) / max(sum(found.values()), 1e-12)
        # Six digits: with four, many labels rounded up would sum to more than a task accepts.
        return {label: min(1.0, round(p * scale, 6)) for label, p in found.items()}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What silver says of a document after a policy.

    Args:
        spans: in order.
        abstain: where nobody knows.
        changes: what differs from what the teacher said, for a person to read: ``start``, ``end``,
            ``was``, ``is`` (labels; None: nothing; ``?``: masked) and ``chance``, the probability
            that the teacher was right.
    """

    spans: tuple[Span, ...]
    abstain: tuple[Range, ...]
    changes: tuple[dict[str, Any], ...]


def rule(
    said: Sequence[Span], judgements: Sequence[Judgement], policy: Policy, threshold: float
) -> Ruling:
    """Apply a policy to a document.

    Args:
        said: the teacher's spans.
        judgements: of its regions, in order.
        policy: what to do (see `vermeil.selection.config.SelectionConfig`).
        threshold: least probability to be trusted: of a span, or of there being none.
    """
    known = {(s.start, s.end, s.label): s for s in said}
    spans: list[Span] = []
    abstain: list[Range] = []
    changes: list[dict[str, Any]] = []
    for judgement in judgements:
        kept, masked = _RULES[policy](judgement, threshold)
        spans += [_told(known.get(_mark(s)), s) for s in kept]
        abstain += masked
        changes += _changes(judgement, kept, masked)
    ordered = sorted(spans, key=lambda s: s.start)
    return Ruling(tuple(ordered), tuple(sorted(abstain)), tuple(changes))


def expected_f1(judgements: Sequence[Judgement]) -> float:
    """Return the F1 that the teacher's marks of a document are expected to have; none: 1."""
    right = sum(j.chance(mark) for j in judgements for mark in j.said)
    said = sum(len(j.said) for j in judgements)
    sizes = ((j.chances, j.region.options) for j in judgements)
    true = sum(float(p) * len(o) for c, options in sizes for p, o in zip(c, options, strict=True))
    return 2 * right / (said + true) if said + true else 1.0


Kept = tuple[list[Span], list[Range]]


def _keep(judgement: Judgement, threshold: float) -> Kept:  # noqa: ARG001
    return [_span(mark, judgement) for mark in judgement.said], []


def _drop_span(judgement: Judgement, threshold: float) -> Kept:
    spans, _ = _keep(judgement, threshold)
    return [s for s in spans if (s.score or 0.0) >= threshold], []


def _abstain(judgement: Judgement, threshold: float) -> Kept:
    kept, _ = _drop_span(judgement, threshold)
    stays = {_mark(s) for s in kept}
    masked = [mark[:2] for mark in judgement.said if mark not in stays]
    if not judgement.said and _empty(judgement) < threshold:
        masked = [mark[:2] for mark in _best_filled(judgement)]
    return kept, masked


def _weight(judgement: Judgement, threshold: float) -> Kept:  # noqa: ARG001
    return _weighed(judgement.said, judgement)


def _complete(judgement: Judgement, threshold: float) -> Kept:  # noqa: ARG001
    """Weigh, and take from students what the teacher lacks (after NEEDLE, Jiang et al. 2021)."""
    return _weighed(
        judgement.said or judgement.region.options[judgement.region.predicted], judgement
    )


def _weighed(marks: Option, judgement: Judgement) -> Kept:
    spans = [_span(mark, judgement) for mark in marks]
    return [replace(s, weight=s.score) for s in spans], []


def _relabel(judgement: Judgement, threshold: float) -> Kept:  # noqa: ARG001
    return [_span(mark, judgement) for mark in judgement.best], []


def _soft(judgement: Judgement, threshold: float) -> Kept:  # noqa: ARG001
    option = judgement.best
    if not option and _empty(judgement) < NEARLY_CERTAIN:
        option = _best_filled(judgement)
    return [
        replace(_span(mark, judgement), soft=judgement.labels(mark[0], mark[1])) for mark in option
    ], []


_RULES = {
    "keep": _keep,
    "drop_document": _keep,
    "drop_span": _drop_span,
    "abstain": _abstain,
    "weight": _weight,
    "complete": _complete,
    "relabel": _relabel,
    "soft": _soft,
}


def _mark(span: Span) -> Mark:
    return (span.start, span.end, span.label)


def _span(mark: Mark, judgement: Judgement) -> Span:
    return Span(*mark, score=round(min(1.0, judgement.chance(mark)), 4), origin="silver")


def _told(said: Span | None, span: Span) -> Span:
    """Keep what the teacher's span knew besides."""
    if said is None:
        return span
    return replace(span, status=said.status, origin=said.origin or span.origin)


def _empty(judgement: Judgement) -> float:
    """Return the probability that nothing is there."""
    options = judgement.region.options
    return float(judgement.chances[options.index(())]) if () in options else 0.0


def _best_filled(judgement: Judgement) -> Option:
    """Return the most probable option with any mark."""
    options = judgement.region.options
    chances = [p if o else -1.0 for p, o in zip(judgement.chances, options, strict=True)]
    return options[int(np.argmax(chances))]


def _changes(
    judgement: Judgement, kept: Sequence[Span], masked: Sequence[Range]
) -> list[dict[str, Any]]:
    said = {mark[:2]: mark[2] for mark in judgement.said}
    now = {(s.start, s.end): s.label for s in kept if s.soft is None or not _unlikely(s)}
    now |= dict.fromkeys(masked, "?")
    right = round(float(judgement.chances[judgement.region.said]), 3)
    return [
        {"start": a, "end": b, "was": said.get((a, b)), "is": now.get((a, b)), "chance": right}
        for a, b in sorted({*said, *now})
        if said.get((a, b)) != now.get((a, b))
    ]


def _unlikely(span: Span) -> bool:
    return sum((span.soft or {}).values()) < 0.5
