"""What becomes of silver, given how probable each option is: keep, drop, mask, weigh or relabel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Range, Span
from vermeil.data.region import Candidate, Region, SpanKey, overlaps
from vermeil.selection.config import Policy

EMPTY_THRESHOLD = 0.95
"""Policy soft: nothing is said to be there, without more, where that is at least so probable."""


@dataclass(frozen=True, slots=True)
class JudgedRegion:
    """A region and how probable its options are.

    Args:
        region: the region.
        chances: float64, shape (options,): sum 1.
    """

    region: Region
    probabilities: NDArray[np.float64]

    @property
    def best(self) -> Candidate:
        """The most probable option."""
        return self.region.candidates[int(self.probabilities.argmax())]

    @property
    def teacher_candidate(self) -> Candidate:
        """The teacher's option."""
        return self.region.candidates[self.region.teacher_choice]

    def probability(self, key: SpanKey) -> float:
        """Return the probability that a mark is right."""
        options = self.region.candidates
        return float(sum(p for p, o in zip(self.probabilities, options, strict=True) if key in o))

    def probability_of_any(self, start: int, end: int) -> float:
        """Return the probability that anything in a stretch is marked."""
        pairs = zip(self.probabilities, self.region.candidates, strict=True)
        return float(sum(p for p, o in pairs if any(overlaps(m, start, end) for m in o)))

    def label_probabilities(self, start: int, end: int) -> dict[str, float]:
        """Return the probability of each label of a stretch, whose sum is `filled`.

        What other extents have, labels of just this extent share in proportion.
        """
        found: dict[str, float] = {}
        for chance, option in zip(self.probabilities, self.region.candidates, strict=True):
            for mark in option:
                if mark[:2] == (start, end):
                    found[mark[2]] = found.get(mark[2], 0.0) + float(chance)
        scale = self.probability_of_any(start, end) / max(sum(found.values()), 1e-12)
        # Six digits: with four, many labels rounded up would sum to more than a task accepts.
        return {label: min(1.0, round(p * scale, 6)) for label, p in found.items()}


@dataclass(frozen=True, slots=True)
class PolicyResult:
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


def apply_policy(
    teacher_spans: Sequence[Span], regions: Sequence[JudgedRegion], policy: Policy, threshold: float
) -> PolicyResult:
    """Apply a policy to a document.

    Args:
        teacher_spans: the teacher's spans.
        regions: of its regions, in order.
        policy: what to do (see `vermeil.selection.config.SelectionConfig`).
        threshold: least probability to be trusted: of a span, or of there being none.
    """
    known = {(s.start, s.end, s.label): s for s in teacher_spans}
    spans: list[Span] = []
    abstain: list[Range] = []
    changes: list[dict[str, Any]] = []
    for judgement in regions:
        kept, masked = _POLICIES[policy](judgement, threshold)
        spans += [_with_teacher_details(known.get(_span_key(s)), s) for s in kept]
        abstain += masked
        changes += _changes(judgement, kept, masked)
    ordered = sorted(spans, key=lambda s: s.start)
    return PolicyResult(tuple(ordered), tuple(sorted(abstain)), tuple(changes))


def expected_f1(regions: Sequence[JudgedRegion]) -> float:
    """Return the F1 that the teacher's marks of a document are expected to have; none: 1."""
    right = sum(j.probability(mark) for j in regions for mark in j.teacher_candidate)
    said = sum(len(j.teacher_candidate) for j in regions)
    sizes = ((j.probabilities, j.region.candidates) for j in regions)
    true = sum(float(p) * len(o) for c, options in sizes for p, o in zip(c, options, strict=True))
    return 2 * right / (said + true) if said + true else 1.0


SpansAndAbstentions = tuple[list[Span], list[Range]]


def _keep(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:  # noqa: ARG001
    return [_span(mark, region) for mark in region.teacher_candidate], []


def _drop_span(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:
    spans, _ = _keep(region, threshold)
    return [s for s in spans if (s.score or 0.0) >= threshold], []


def _abstain(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:
    kept, _ = _drop_span(region, threshold)
    stays = {_span_key(s) for s in kept}
    masked = [mark[:2] for mark in region.teacher_candidate if mark not in stays]
    if not region.teacher_candidate and _probability_of_nothing(region) < threshold:
        masked = [mark[:2] for mark in _best_non_empty(region)]
    return kept, masked


def _weight(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:  # noqa: ARG001
    return _weighted(region.teacher_candidate, region)


def _complete(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:  # noqa: ARG001
    """Weigh, and take from students what the teacher lacks (after NEEDLE, Jiang et al. 2021)."""
    return _weighted(
        region.teacher_candidate or region.region.candidates[region.region.student_choice], region
    )


def _weighted(candidate: Candidate, region: JudgedRegion) -> SpansAndAbstentions:
    spans = [_span(mark, region) for mark in candidate]
    return [replace(s, weight=s.score) for s in spans], []


def _relabel(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:  # noqa: ARG001
    return [_span(mark, region) for mark in region.best], []


def _soft(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:  # noqa: ARG001
    option = region.best
    if not option and _probability_of_nothing(region) < EMPTY_THRESHOLD:
        option = _best_non_empty(region)
    return [
        replace(_span(mark, region), soft=region.label_probabilities(mark[0], mark[1]))
        for mark in option
    ], []


_POLICIES = {
    "keep": _keep,
    "drop_document": _keep,
    "drop_span": _drop_span,
    "abstain": _abstain,
    "weight": _weight,
    "complete": _complete,
    "relabel": _relabel,
    "soft": _soft,
}


def _span_key(span: Span) -> SpanKey:
    return (span.start, span.end, span.label)


def _span(key: SpanKey, region: JudgedRegion) -> Span:
    return Span(*key, score=round(min(1.0, region.probability(key)), 4), origin="silver")


def _with_teacher_details(teacher_span: Span | None, span: Span) -> Span:
    """Keep what the teacher's span knew besides."""
    if teacher_span is None:
        return span
    return replace(span, status=teacher_span.status, origin=teacher_span.origin or span.origin)


def _probability_of_nothing(region: JudgedRegion) -> float:
    """Return the probability that nothing is there."""
    options = region.region.candidates
    return float(region.probabilities[options.index(())]) if () in options else 0.0


def _best_non_empty(region: JudgedRegion) -> Candidate:
    """Return the most probable option with any mark."""
    options = region.region.candidates
    chances = [p if o else -1.0 for p, o in zip(region.probabilities, options, strict=True)]
    return options[int(np.argmax(chances))]


def _changes(
    region: JudgedRegion, kept: Sequence[Span], masked: Sequence[Range]
) -> list[dict[str, Any]]:
    said = {mark[:2]: mark[2] for mark in region.teacher_candidate}
    now = {(s.start, s.end): s.label for s in kept if s.soft is None or not _unlikely(s)}
    now |= dict.fromkeys(masked, "?")
    right = round(float(region.probabilities[region.region.teacher_choice]), 3)
    return [
        {"start": a, "end": b, "was": said.get((a, b)), "is": now.get((a, b)), "chance": right}
        for a, b in sorted({*said, *now})
        if said.get((a, b)) != now.get((a, b))
    ]


def _unlikely(span: Span) -> bool:
    return sum((span.soft or {}).values()) < 0.5
