"""The optimiser ``variants``: choose among the prompts of the task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vermeil.data.document import Document
from vermeil.prompting.optimiser import Optimised, OptimiserTools, Search
from vermeil.prompting.prompt import Prompt

NAME = "variants"


def optimise_variant(
    start: Prompt, documents: Sequence[Document], tools: OptimiserTools
) -> Optimised:
    """Return the prompt with the variant that has the highest F1 on the documents."""
    search = Search(NAME, start, documents, tools)
    for name in tools.task.prompts:
        if name == start.variant:
            continue
        if not search.can_continue():
            break
        search.try_candidate(replace(start, variant=name), f"prompt {name}")
    return search.result()
