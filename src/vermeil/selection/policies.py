"""Policies for silver, given candidate probabilities: keep, drop, mask, weight or relabel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.annotation_spans import spans_by_key
from vermeil.data.document import Annotation, Range, Span
from vermeil.data.region import Candidate, Region, SpanKey, overlaps
from vermeil.selection.config import Policy
from vermeil.selection.pair_policies import JudgedPair

EMPTY_THRESHOLD = 0.95
"""Policy soft: minimum probability of the empty candidate to leave a region without a span."""


@dataclass(frozen=True, slots=True)
class JudgedRegion:
    """A region with the probabilities of its candidates.

    Args:
        region: the region.
        probabilities: float64, shape (candidates,): probability of each candidate, sum 1.
    """

    region: Region
    probabilities: NDArray[np.float64]

    @property
    def best(self) -> Candidate:
        """The most probable candidate."""
        return self.region.candidates[int(self.probabilities.argmax())]

    @property
    def teacher_candidate(self) -> Candidate:
        """The teacher's candidate."""
        return self.region.candidates[self.region.teacher_choice]

    def probability(self, key: SpanKey) -> float:
        """Return the probability that a span key is correct."""
        pairs = zip(self.probabilities, self.region.candidates, strict=True)
        return float(sum(p for p, candidate in pairs if key in candidate))

    def probability_of_any(self, start: int, end: int) -> float:
        """Return the probability that any span overlaps a range."""
        pairs = zip(self.probabilities, self.region.candidates, strict=True)
        return float(sum(p for p, keys in pairs if any(overlaps(k, start, end) for k in keys)))

    def label_probabilities(self, start: int, end: int) -> dict[str, float]:
        """Return the probability of each label of a range; the sum is `probability_of_any`.

        The probability of overlapping spans with other bounds is divided in proportion among the
        labels of spans with exactly these bounds.
        """
        found: dict[str, float] = {}
        for probability, keys in zip(self.probabilities, self.region.candidates, strict=True):
            for key in keys:
                if key[:2] == (start, end):
                    found[key[2]] = found.get(key[2], 0.0) + float(probability)
        scale = self.probability_of_any(start, end) / max(sum(found.values()), 1e-12)
        # Six digits: with four, the sum of many rounded labels could exceed the task's tolerance.
        return {label: min(1.0, round(p * scale, 6)) for label, p in found.items()}


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """The annotation of a document after a policy.

    Args:
        labelled: the labelled ranges, in order.
        abstain: ranges with unknown labels.
        abstain_labels: ranges with one unknown label, from regions of one label.
        changes: differences from the teacher's annotation, for display: ``start``, ``end``,
            ``was``, ``is`` (labels; None: no span; ``?``: masked) and ``probability``, the
            probability that the teacher was correct.
    """

    labelled: tuple[Span, ...]
    abstain: tuple[Range, ...]
    changes: tuple[dict[str, Any], ...]
    abstain_labels: tuple[SpanKey, ...] = ()


def apply_policy(
    teacher: Annotation, regions: Sequence[JudgedRegion], policy: Policy, threshold: float
) -> PolicyResult:
    """Apply a policy to a document.

    Args:
        teacher: the teacher's annotation, whose details unchanged spans keep.
        regions: the judged regions of the document, in order.
        policy: name of the policy (see `vermeil.selection.config.SelectionConfig`).
        threshold: minimum probability of a span, or of an empty region.
    """
    known = spans_by_key(teacher)
    spans: list[Span] = []
    abstain: list[Range] = []
    unknown: list[SpanKey] = []
    changes: list[dict[str, Any]] = []
    for region in regions:
        kept, masked = _POLICIES[policy](region, threshold)
        spans += [_with_teacher_details(known.get(_span_key(s)), s) for s in kept]
        label = region.region.label
        if label is None:
            abstain += masked
        else:
            unknown += [(*where, label) for where in masked]
        changes += _changes(region, kept, masked)
    ordered = sorted(spans, key=lambda s: s.start)
    return PolicyResult(tuple(ordered), tuple(sorted(abstain)), tuple(changes), tuple(unknown))


def expected_f1(regions: Sequence[JudgedRegion], pairs: Sequence[JudgedPair] = ()) -> float:
    """Return the expected F1 of the teacher's annotation of a document; 1 if nothing is judged.

    Args:
        regions: the judged regions of the document.
        pairs: its judged pairs. A relation counts like a span.
    """
    correct = marked = true = 0.0
    both: tuple[JudgedRegion | JudgedPair, ...] = (*regions, *pairs)
    for judged in both:
        candidates = judged.region.candidates
        own = set(candidates[judged.region.teacher_choice])
        marked += len(own)
        for probability, candidate in zip(judged.probabilities, candidates, strict=True):
            correct += float(probability) * len(own.intersection(candidate))
            true += float(probability) * len(candidate)
    return 2 * correct / (marked + true) if marked + true else 1.0


SpansAndAbstentions = tuple[list[Span], list[Range]]


def _keep(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:  # noqa: ARG001
    return [_span(key, region) for key in region.teacher_candidate], []


def _drop_span(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:
    spans, _ = _keep(region, threshold)
    return [s for s in spans if (s.score or 0.0) >= threshold], []


def _abstain(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:
    kept, _ = _drop_span(region, threshold)
    kept_keys = {_span_key(s) for s in kept}
    masked = [key[:2] for key in region.teacher_candidate if key not in kept_keys]
    if not region.teacher_candidate and _probability_of_nothing(region) < threshold:
        masked = [key[:2] for key in _best_non_empty(region)]
    return kept, masked


def _weight(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:  # noqa: ARG001
    return _weighted(region.teacher_candidate, region)


def _complete(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:  # noqa: ARG001
    """Weight, and add the students' spans where the teacher has none.

    After NEEDLE (Jiang et al. 2021).
    """
    return _weighted(
        region.teacher_candidate or region.region.candidates[region.region.student_choice], region
    )


def _weighted(candidate: Candidate, region: JudgedRegion) -> SpansAndAbstentions:
    spans = [_span(key, region) for key in candidate]
    return [replace(s, weight=s.score) for s in spans], []


def _relabel(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:  # noqa: ARG001
    return [_span(key, region) for key in region.best], []


def _soft(region: JudgedRegion, threshold: float) -> SpansAndAbstentions:  # noqa: ARG001
    candidate = region.best
    if not candidate and _probability_of_nothing(region) < EMPTY_THRESHOLD:
        candidate = _best_non_empty(region)
    return [
        replace(_span(key, region), soft=region.label_probabilities(key[0], key[1]))
        for key in candidate
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
    """Return the span with status and origin of the teacher's span."""
    if teacher_span is None:
        return span
    return replace(span, status=teacher_span.status, origin=teacher_span.origin or span.origin)


def _probability_of_nothing(region: JudgedRegion) -> float:
    """Return the probability of the empty candidate."""
    candidates = region.region.candidates
    return float(region.probabilities[candidates.index(())]) if () in candidates else 0.0


def _best_non_empty(region: JudgedRegion) -> Candidate:
    """Return the most probable candidate with at least one span."""
    candidates = region.region.candidates
    pairs = zip(region.probabilities, candidates, strict=True)
    return candidates[int(np.argmax([p if keys else -1.0 for p, keys in pairs]))]


def _changes(
    region: JudgedRegion, kept: Sequence[Span], masked: Sequence[Range]
) -> list[dict[str, Any]]:
    before = {key[:2]: key[2] for key in region.teacher_candidate}
    after = {(s.start, s.end): s.label for s in kept if s.soft is None or not _unlikely(s)}
    after |= dict.fromkeys(masked, "?")
    probability = round(float(region.probabilities[region.region.teacher_choice]), 3)
    return [
        {
            "start": start,
            "end": end,
            "was": before.get((start, end)),
            "is": after.get((start, end)),
            "probability": probability,
        }
        for start, end in sorted({*before, *after})
        if before.get((start, end)) != after.get((start, end))
    ]


def _unlikely(span: Span) -> bool:
    return sum((span.soft or {}).values()) < 0.5
