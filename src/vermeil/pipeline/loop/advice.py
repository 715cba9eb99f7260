"""Advice after a round: more gold, more silver, another prompt, or stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vermeil.blending.advice import RULES, BlendAdvice
from vermeil.evaluation.learning_curve import Curves, fit_curves
from vermeil.pipeline.loop.limits import LoopLimits
from vermeil.pipeline.loop.records import AdviceKind, LoopAdvice, RoundRecord
from vermeil.studies.plan import PlanReport

MINIMUM_ROUNDS = 3
"""Smallest number of rounds of different sizes for a learning curve."""
NEGLIGIBLE = 0.005
"""Expected gain of F1 of a round below which the round is not worth its time."""


@dataclass(frozen=True, slots=True)
class NextRound:
    """Additions of a further round, and findings about them.

    Args:
        gold: documents that a person would review.
        silver: documents that the teacher would annotate.
        teacher: F1 of the teacher on gold; None: too little gold was annotated by the teacher.
        plan: report of `vermeil.plan` about a study of this run; None: there is none.
        warnings: warnings of the training, for example that it has not finished learning.
    """

    gold: int
    silver: int
    teacher: BlendAdvice | None = None
    plan: PlanReport | None = None
    warnings: Sequence[str] = ()


def advise_next(
    rounds: Sequence[RoundRecord], limits: LoopLimits, following: NextRound
) -> LoopAdvice:
    """Return the advice after the last round.

    The first rule that applies counts: the target F1 is reached, the teacher is too poor for its
    silver to help, a study was measured (`vermeil.plan`), the learning curve of the rounds.

    Args:
        rounds: the finished rounds.
        limits: targets and limits of the loop.
        following: what a further round would add.
    """
    last = rounds[-1]
    if limits.f1 is not None and last.f1 is not None and last.f1 >= limits.f1:
        return LoopAdvice("stop", f"F1 on dev {last.f1:.3f} has reached {limits.f1:g}.")
    teacher = following.teacher
    if teacher is not None and teacher.interval[1] < RULES[0].below:
        low, high = teacher.interval
        text = (
            f"the teacher's F1 on {teacher.documents:,} gold documents is {teacher.f1:.2f} "
            f"[{low:.2f}, {high:.2f}], so its silver can do harm; try vermeil optimize or pilot."
        )
        return LoopAdvice("another_prompt", text)
    advice = _advice_of_plan(following.plan) or _advice_of_curve(rounds, following)
    if not following.warnings:
        return advice
    return replace(advice, text=f"{advice.text} Uncertain: the training ended with a warning.")


def _advice_of_plan(report: PlanReport | None) -> LoopAdvice | None:
    """Return the advice of the study's learning curve, for the money of ``plan.budget``."""
    if report is None or report.record.purchase is None:
        return None
    best = report.record.purchase.options[0]
    if best.gain < NEGLIGIBLE:
        return LoopAdvice("stop", f"vermeil plan: {report.sentences[0]}")
    kind: AdviceKind = "more_gold" if best.gold else "more_silver"
    return LoopAdvice(kind, f"vermeil plan: {report.sentences[0]}")


def _advice_of_curve(rounds: Sequence[RoundRecord], following: NextRound) -> LoopAdvice:
    scored = [(one.gold, one.silver, one.f1) for one in rounds if one.f1 is not None]
    if len({gold for gold, _, _ in scored}) < MINIMUM_ROUNDS:
        text = (
            f"a learning curve needs {MINIMUM_ROUNDS} rounds with different numbers of gold "
            f"documents; review {following.gold:,} more."
        )
        return LoopAdvice("more_gold", text)
    golds, silvers = ([float(one[at]) for one in scored] for at in (0, 1))
    # Silver that does not vary is a constant of the curve.
    varies = len(set(silvers)) > 1
    curve = fit_curves(
        golds, silvers if varies else [1.0] * len(scored), np.array([[f1 for *_, f1 in scored]])
    )
    size = golds[-1], silvers[-1] if varies else 1.0
    gold = _gain(curve, size, following.gold, 0)
    silver = _gain(curve, size, 0, following.silver) if varies else None
    basis = f"learning curve of {len(scored)} rounds, one seed each"
    if silver is not None and following.silver and silver >= max(gold, NEGLIGIBLE):
        text = f"expected {100 * silver:+.1f} points for {following.silver:,} silver documents"
        return LoopAdvice("more_silver", f"{text}, {100 * gold:+.1f} for gold ({basis}).")
    if gold >= NEGLIGIBLE:
        text = f"expected {100 * gold:+.1f} points for {following.gold:,} gold documents"
        return LoopAdvice("more_gold", f"{text} ({basis}).")
    found = f"{following.gold:,} gold documents are expected to gain {100 * gold:+.1f} points"
    if following.silver and not varies:
        return LoopAdvice("more_silver", f"{found} ({basis}); more silver was not tried yet.")
    return LoopAdvice("stop", f"{found} ({basis}).")


def _gain(curve: Curves, size: tuple[float, float], gold: int, silver: int) -> float:
    """Return the expected gain of F1 for further documents."""
    golds = np.array([size[0], size[0] + gold])
    silvers = np.array([size[1], size[1] + silver])
    before, after = curve(golds, silvers)[0].tolist()
    return float(after - before)
