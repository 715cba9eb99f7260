"""The table of optimisers, and a run of several of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vermeil.data.document import Document
from vermeil.prompting.demonstrations import optimise_demonstrations
from vermeil.prompting.guidelines import optimise_guidelines
from vermeil.prompting.optimiser import Optimised, Optimiser, OptimiserTools
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.reflective import optimise_by_reflection
from vermeil.prompting.variants import optimise_variant


@dataclass(frozen=True, slots=True)
class OptimiserSpec:
    """One optimiser.

    Args:
        optimise: the function.
        uses_coach: whether it sends requests to the coach.
        extra: extra of the package that it needs; None: the base installation.
    """

    optimise: Optimiser
    uses_coach: bool
    extra: str | None = None


OPTIMISERS: dict[str, OptimiserSpec] = {
    "guidelines": OptimiserSpec(optimise_guidelines, uses_coach=True),
    "demonstrations": OptimiserSpec(optimise_demonstrations, uses_coach=False),
    "variants": OptimiserSpec(optimise_variant, uses_coach=False),
    "reflective": OptimiserSpec(optimise_by_reflection, uses_coach=True, extra="optimize"),
}
"""Every optimiser by its name in ``optimize.optimisers``."""


def run_optimisers(
    start: Prompt, documents: Sequence[Document], tools: OptimiserTools
) -> Optimised:
    """Run the configured optimisers, each from the result of the one before.

    Documents that the current prompt demonstrates, and their groups, are not scored.

    Args:
        start: the first prompt.
        documents: gold documents.
        tools: scoring, coach and limits.
    """
    result = Optimised(start, 0.0)
    for name in tools.config.optimisers:
        shown = {document.group_or_id for document in result.prompt.demonstrations}
        scored = [document for document in documents if document.group_or_id not in shown]
        if not scored:
            break
        found = OPTIMISERS[name].optimise(result.prompt, scored, tools)
        trials = (*result.trials, *found.trials)
        result = Optimised(found.prompt, result.gain + found.gain, trials)
    return result
