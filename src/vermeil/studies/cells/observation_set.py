"""Documents and steps at which training is observed, the same for every regimen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vermeil.data.document import Document
from vermeil.data.example import BatchPlan, TrainingExample
from vermeil.errors import ConfigError
from vermeil.studies.cells.sampling import CellDocuments
from vermeil.studies.config import MechanismConfig
from vermeil.studies.inputs import StudyCorpora, report_labels

SHARE_JUMP = 0.5
"""Smallest change of the planned gold share between two steps that starts a new phase."""


@dataclass(frozen=True, slots=True)
class ObservationSet:
    """Documents on which a student is measured during training; training itself is unchanged.

    Args:
        dev: gold documents on which no student is trained.
        silver: silver documents of the cell that contain an error of the teacher.
        truth: the same documents with their gold labels.
        config: number of measurements and size of the gradient batches.
    """

    dev: tuple[Document, ...]
    silver: tuple[Document, ...]
    truth: tuple[Document, ...]
    config: MechanismConfig


def is_observed(regimen: str, config: MechanismConfig) -> bool:
    """Return whether a regimen's cells are observed."""
    return regimen in config.regimens or "all" in config.regimens


def sample_observation_set(
    documents: CellDocuments, corpora: StudyCorpora, config: MechanismConfig, seed: int
) -> ObservationSet:
    """Draw the documents with the cell's seed, so that several seeds cover more of them.

    Args:
        documents: the cell's documents.
        corpora: the study's corpora; its gold holds the gold labels of silver documents.
        config: number of documents.
        seed: the cell's seed.

    Raises:
        ConfigError: there is no dev document.
    """
    if not corpora.dev:
        raise ConfigError(
            "study.mechanism.regimens: needs corpora.dev to score students during training; set "
            "corpora.dev, or leave study.mechanism.regimens empty"
        )
    dev = sample_dev(corpora.dev, config.documents, seed)
    labelled = {d.id: d for d in corpora.gold}
    wrong = [d for d in documents.silver if _differs(d, labelled.get(d.id))]
    silver = _sample(wrong, config.documents, f"silver:{seed}")
    return ObservationSet(dev, silver, tuple(labelled[d.id] for d in silver), config)


def sample_dev(dev: Sequence[Document], count: int, seed: int) -> tuple[Document, ...]:
    """Return at most ``count`` random dev documents, in their order, drawn with a cell's seed."""
    return _sample(dev, count, f"dev:{seed}")


def observation_steps(plan: BatchPlan, points: int) -> list[int]:
    """Return the steps, counted from 1, after which the student is measured.

    These are evenly spread steps, with the last step of training, and the last step before each
    jump of the planned gold share. A jump replaces the even steps that are near it.
    """
    jumps = np.flatnonzero(np.abs(np.diff(plan.planned_share)) >= SHARE_JUMP) + 1
    even = np.unique(np.ceil(plan.steps * np.arange(1, points + 1) / points).astype(int))
    near = plan.steps / points / 4
    kept = [s for s in even if s == plan.steps or not (np.abs(jumps - s) <= near).any()]
    return sorted({*map(int, jumps), *map(int, kept)})


def gradient_batch(
    examples: Sequence[TrainingExample], wordpieces: int, seed: int
) -> tuple[TrainingExample, ...]:
    """Return a random batch of about ``wordpieces`` wordpieces, or all examples if fewer."""
    batch: list[TrainingExample] = []
    for number in _generator(f"batch:{seed}").permutation(len(examples)):
        if sum(e.size for e in batch) >= wordpieces:
            break
        batch.append(examples[number])
    return tuple(batch)


def _differs(silver: Document, gold: Document | None) -> bool:
    return (
        gold is not None
        and gold.text == silver.text
        and report_labels(gold) != report_labels(silver)
    )


def _sample(documents: Sequence[Document], count: int, purpose: str) -> tuple[Document, ...]:
    order: NDArray[np.int64] = _generator(purpose).permutation(len(documents))
    return tuple(documents[i] for i in sorted(order[:count]))


def _generator(purpose: str) -> np.random.Generator:
    digest = hashlib.sha256(f"probes:{purpose}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
