"""Policies for the relations of silver, given probabilities: keep, drop, mask or relabel one pair.

A relation has neither a weight nor soft labels. ``weight`` therefore masks what it would count
least, and ``soft`` masks a pair whose best candidate is below the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Annotation
from vermeil.data.region import PairCandidate, PairLabel, PairRegion
from vermeil.data.relation import PairAbstention, Relation
from vermeil.selection.config import Policy


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A pair of spans with the probabilities of its candidates.

    Args:
        region: the pair.
        probabilities: float64, shape (candidates,): probability of each candidate, sum 1.
    """

    region: PairRegion
    probabilities: NDArray[np.float64]

    @property
    def best(self) -> PairCandidate:
        """The most probable candidate."""
        return self.region.candidates[int(self.probabilities.argmax())]

    @property
    def student_candidate(self) -> PairCandidate:
        """The students' candidate."""
        return self.region.candidates[self.region.student_choice]

    @property
    def ends(self) -> tuple[int, int] | None:
        """Indices of both spans in the annotation; None if no candidate has a relation."""
        pairs = ((min(h, t), max(h, t)) for own in self.region.candidates for h, t, _ in own)
        return next(pairs, None)

    def probability(self, relation: PairLabel) -> float:
        """Return the probability that a relation is correct."""
        pairs = zip(self.probabilities, self.region.candidates, strict=True)
        return min(1.0, float(sum(p for p, candidate in pairs if relation in candidate)))

    def probability_of(self, candidate: PairCandidate) -> float:
        """Return the probability of a candidate."""
        return float(self.probabilities[self.region.candidates.index(candidate)])


KeptAndMasked = tuple[list[PairLabel], list[PairAbstention]]
"""Relations of a pair after a policy, and its unknown relations."""


def apply_pair_policy(
    teacher: Annotation, pairs: Sequence[JudgedPair], policy: Policy, threshold: float
) -> tuple[Annotation, list[dict[str, Any]]]:
    """Return an annotation with the relations that a policy keeps, adds and masks.

    Spans stay. Relations of pairs that were not judged stay, too.

    Args:
        teacher: the teacher's annotation.
        pairs: its judged pairs.
        policy: name of the policy (see `vermeil.selection.config.SelectionConfig`).
        threshold: minimum probability of a relation, or of none.

    Returns:
        The annotation, and its changes: ``head`` and ``tail`` (ranges of the ends), ``was`` and
        ``is`` (types; None: no relation; ``?``: masked) and ``probability``, the probability that
        the teacher was correct.
    """
    judged = {pair.ends for pair in pairs}
    relations = [
        one
        for one in teacher.relations or ()
        if (min(one.head, one.tail), max(one.head, one.tail)) not in judged
    ]
    unknown = list(teacher.abstain_pairs)
    changes: list[dict[str, Any]] = []
    for pair in pairs:
        kept, masked = _POLICIES[policy](pair, threshold)
        relations += [Relation(*key, score=round(pair.probability(key), 4)) for key in kept]
        unknown += masked
        changes += _changes(pair, kept, masked)
    if not pairs:
        return teacher, []
    return replace(teacher, relations=tuple(relations), abstain_pairs=tuple(set(unknown))), changes


def _keep(pair: JudgedPair, threshold: float) -> KeptAndMasked:  # noqa: ARG001
    return list(pair.region.teacher_candidate), []


def _drop(pair: JudgedPair, threshold: float) -> KeptAndMasked:
    return [k for k in pair.region.teacher_candidate if pair.probability(k) >= threshold], []


def _abstain(pair: JudgedPair, threshold: float) -> KeptAndMasked:
    kept, _ = _drop(pair, threshold)
    masked = [PairAbstention(*k) for k in pair.region.teacher_candidate if k not in kept]
    if not pair.region.teacher_candidate and pair.probability_of(()) < threshold:
        masked = _every_type(pair)
    return kept, masked


def _complete(pair: JudgedPair, threshold: float) -> KeptAndMasked:
    """Abstain, and add the students' relations where the teacher has none."""
    if pair.region.teacher_candidate or not pair.student_candidate:
        return _abstain(pair, threshold)
    if pair.probability_of(pair.student_candidate) >= threshold:
        return list(pair.student_candidate), []
    return [], _every_type(pair)


def _relabel(pair: JudgedPair, threshold: float) -> KeptAndMasked:  # noqa: ARG001
    return list(pair.best), []


def _soft(pair: JudgedPair, threshold: float) -> KeptAndMasked:
    if pair.probability_of(pair.best) >= threshold:
        return list(pair.best), []
    return [], _every_type(pair)


def _every_type(pair: JudgedPair) -> list[PairAbstention]:
    """Return the abstention from all relations of a pair, in both directions."""
    if pair.ends is None:
        return []
    first, second = pair.ends
    return [PairAbstention(first, second), PairAbstention(second, first)]


_POLICIES: dict[Policy, Callable[[JudgedPair, float], KeptAndMasked]] = {
    "keep": _keep,
    "drop_document": _keep,
    "drop_span": _drop,
    "abstain": _abstain,
    "weight": _abstain,
    "complete": _complete,
    "relabel": _relabel,
    "soft": _soft,
}


def _changes(
    pair: JudgedPair, kept: Sequence[PairLabel], masked: Sequence[PairAbstention]
) -> list[dict[str, Any]]:
    before, after = set(pair.region.teacher_candidate), set(kept)
    if before == after and not masked:
        return []
    removed, added = sorted(before - after), sorted(after - before)
    probability = round(float(pair.probabilities[pair.region.teacher_choice]), 3)
    ends = {True: (pair.region.first, pair.region.second)}
    ends[False] = (pair.region.second, pair.region.first)
    found = []
    for number in range(max(len(removed), len(added), 1)):
        was = removed[number] if number < len(removed) else None
        new = added[number] if number < len(added) else None
        known = new or was
        head, tail = ends[known is None or known[0] < known[1]]
        found.append(
            {
                "head": list(head[:2]),
                "tail": list(tail[:2]),
                "was": was and was[2],
                "is": new[2] if new else "?" if masked else None,
                "probability": probability,
            }
        )
    return found
