"""Toy documents that a tiny encoder learns in seconds."""

from __future__ import annotations

import numpy as np

from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.data.document import Annotation, Document, Span

NAMES, PLACES = ["Bo", "Al", "Cy", "Di"], ["Rome", "Oslo", "Lima", "Bonn"]


def sentences(number: int, per_group: int | None = None) -> list[Document]:
    """Sentences about a person and a place; ``per_group`` neighbours share a group."""
    rng, found = np.random.default_rng(0), []
    for i in range(number):
        name, place = NAMES[rng.integers(4)], PLACES[rng.integers(4)]
        text = f"{name} went to {place} today"
        start = text.index(place)
        spans = (Span(0, len(name), "PER"), Span(start, start + len(place), "LOC"))
        group = None if per_group is None else f"g{i // per_group}"
        found.append(Document(f"d{i}", text, group, annotation=Annotation(spans=spans)))
    return found


def blending(regimen: str = "gold_only", epochs: float = 20) -> BlendingConfig:
    """A regimen of so many passes, in small steps."""
    budget = BudgetConfig(gold_epochs=epochs, silver_epochs=epochs, batch_wordpieces=128)
    return BlendingConfig.model_validate({"regimen": regimen, "budget": budget})
