"""Cross-fitting: the gain of an optimisation on documents that it did not see.

A prompt is optimised on all folds but one and scored on that fold, for every fold. The gain is
computed from all held-out documents together. Both tests resample or exchange groups. They take the
folds' prompts as given: the variation between optimisations is not part of the interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.evaluation.arrays import micro_f1
from vermeil.evaluation.bootstrap import Comparison, paired_bootstrap
from vermeil.evaluation.randomisation import randomisation_test
from vermeil.prompting.folds import draw_groups
from vermeil.prompting.optimiser import Optimised, OptimiserTools
from vermeil.prompting.optimisers import run_optimisers
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.score import PromptScore

SIGNIFICANCE = 0.05
"""Both p-values of a significant gain are below this."""


@dataclass(frozen=True, slots=True)
class FoldResult:
    """Result of one fold.

    Args:
        optimised: the prompt that was optimised on the other folds.
        before: score of the start on this fold.
        after: score of the optimised prompt on this fold.
    """

    optimised: Optimised
    before: PromptScore
    after: PromptScore

    def as_dict(self) -> dict[str, Any]:
        """Return the fold for JSON."""
        return {
            "documents": len(self.before.documents),
            "before": self.before.f1,
            "after": self.after.f1,
            "gain": self.after.f1 - self.before.f1,
            "optimiser_gain": self.optimised.gain,
            "prompt": self.optimised.prompt.as_dict(),
            "trials": [trial.as_dict() for trial in self.optimised.trials],
        }


@dataclass(frozen=True, slots=True)
class CrossFittedGain:
    """Gain of optimised prompts on held-out folds.

    Args:
        before: F1 of the start over all folds.
        after: F1 of the optimised prompts, each on its held-out fold.
        comparison: difference with interval and p-value of the paired bootstrap over groups.
        exchange_p: p-value of the randomisation test over groups.
        winners_curse: mean gain on the optimisers' own documents, minus the gain on held-out ones.
    """

    before: float
    after: float
    comparison: Comparison
    exchange_p: float
    winners_curse: float

    @property
    def is_significant(self) -> bool:
        """Return whether F1 increases, with both p-values below `SIGNIFICANCE`."""
        p_value = max(self.comparison.p_value, self.exchange_p)
        return self.comparison.difference > 0 and p_value < SIGNIFICANCE

    @property
    def verdict(self) -> str:
        """The verdict: suggestive if only the bootstrap has a p-value below `SIGNIFICANCE`."""
        if self.is_significant:
            return "significant"
        is_low = self.comparison.difference > 0 and self.comparison.p_value < SIGNIFICANCE
        return "suggestive" if is_low else "not significant"

    def as_dict(self) -> dict[str, Any]:
        """Return the gain for JSON."""
        return {
            "before": self.before,
            "after": self.after,
            **self.comparison.as_dict(),
            "exchange_p": self.exchange_p,
            "verdict": self.verdict,
            "winners_curse": self.winners_curse,
        }


def cross_fit(
    start: Prompt,
    folds: Sequence[Sequence[Document]],
    tools: OptimiserTools,
    on_fold: Callable[[int], None],
) -> list[FoldResult]:
    """Optimise on all folds but one, and score on that one, for every fold.

    Args:
        start: the prompt to improve.
        folds: gold in parts that share no group.
        tools: scoring, coach and limits.
        on_fold: called with the number of a fold, from 1, before its optimisation.
    """
    results: list[FoldResult] = []
    for number, held_out in enumerate(folds):
        on_fold(number + 1)
        training = [d for i, fold in enumerate(folds) if i != number for d in fold]
        held_out_left = sum(len(fold) for fold in folds[number:])
        tools.allowance.start_share(len(folds) - number + 1, held_out_left)
        optimised = optimise(start, training, tools)
        before = tools.score(start, held_out)
        results.append(FoldResult(optimised, before, tools.score(optimised.prompt, held_out)))
    return results


def optimise(start: Prompt, documents: Sequence[Document], tools: OptimiserTools) -> Optimised:
    """Run the optimisers on a sample of documents of the configured size."""
    sample = draw_groups(documents, tools.config.documents, tools.config.seed)
    return run_optimisers(start, sample, tools)


def gain_of(folds: Sequence[FoldResult], resamples: int, seed: int) -> CrossFittedGain:
    """Return the cross-fitted gain over all folds.

    Args:
        folds: the results of all folds.
        resamples: number of resamples of both tests.
        seed: seed of both tests.
    """
    before = _counts([fold.before for fold in folds])
    after = _counts([fold.after for fold in folds])
    comparison = paired_bootstrap(after, before, resamples, seed)
    own_gain = float(np.mean([fold.optimised.gain for fold in folds]))
    return CrossFittedGain(
        float(micro_f1(before.sum(axis=1))[0]),
        float(micro_f1(after.sum(axis=1))[0]),
        comparison,
        randomisation_test(after, before, resamples, seed).p_value,
        own_gain - comparison.difference,
    )


def _counts(scores: Sequence[PromptScore]) -> NDArray[np.int64]:
    """Return the counts of all groups, shape (1, groups, 3)."""
    rows = [items for score in scores for items in score.by_group().values()]
    return np.array([rows], dtype=np.int64)
