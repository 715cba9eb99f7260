"""The optimiser ``variants``: choose among the prompts of the task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vermeil.data.document import Document
from vermeil.prompting.optimiser import CandidateTrial, Optimised, OptimiserTools
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.score import is_better

NAME = "variants"


def optimise_variant(
    start: Prompt, documents: Sequence[Document], tools: OptimiserTools
) -> Optimised:
    """Return the prompt with the variant that has the highest F1 on the documents."""
    best, first = start, tools.score(start, documents)
    score, trials = first, list[CandidateTrial]()
    for name in tools.task.prompts:
        if name == start.variant or score.is_perfect:
            continue
        if not tools.allowance.affords(len(documents)):
            break
        candidate = replace(start, variant=name)
        scored = tools.score(candidate, documents)
        kept = is_better(scored, score)
        trials.append(CandidateTrial(NAME, f"prompt {name}", score.f1, scored.f1, kept))
        if kept:
            best, score = candidate, scored
    return Optimised(best, score.f1 - first.f1, tuple(trials))
