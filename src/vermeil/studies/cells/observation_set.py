"""What an observation looks at: documents and moments, the same for every regimen."""

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
"""A change of the planned gold share from one step to the next that begins another phase."""


@dataclass(frozen=True, slots=True)
class ObservationSet:
    """Documents that an observation looks at. Training does not see them for that.

    Args:
        dev: documents that people annotated and no student is trained on.
        silver: silver documents of the cell in which the teacher was wrong about something.
        truth: the same documents with their gold labels.
        config: how many moments, and how large the batches of gradients.
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
    """Draw the documents by the cell's seed, so that several seeds see more of them.

    Args:
        documents: the cell's documents.
        corpora: those of the study; gold labels of silver documents are looked up in its gold.
        config: how many.
        seed: the cell's seed.

    Raises:
        ConfigError: there is no dev document.
    """
    if not corpora.dev:
        raise ConfigError(
            "study.mechanism.regimens: the observation scores students on corpora.dev, which is "
            "missing; name it, or observe nothing"
        )
    dev = _sample(corpora.dev, config.documents, f"dev:{seed}")
    labelled = {d.id: d for d in corpora.gold}
    wrong = [d for d in documents.silver if _differs(d, labelled.get(d.id))]
    silver = _sample(wrong, config.documents, f"silver:{seed}")
    return ObservationSet(dev, silver, tuple(labelled[d.id] for d in silver), config)


def observation_steps(plan: BatchPlan, points: int) -> list[int]:
    """Return the steps, counted from 1, after which an observation looks.

    Evenly spread ones, the last step among them; and the last before each jump of the planned gold
    share, in place of an even one that is near.
    """
    jumps = np.flatnonzero(np.abs(np.diff(plan.planned_share)) >= SHARE_JUMP) + 1
    even = np.unique(np.ceil(plan.steps * np.arange(1, points + 1) / points).astype(int))
    near = plan.steps / points / 4
    kept = [s for s in even if s == plan.steps or not (np.abs(jumps - s) <= near).any()]
    return sorted({*map(int, jumps), *map(int, kept)})


def gradient_batch(
    examples: Sequence[TrainingExample], wordpieces: int, seed: int
) -> tuple[TrainingExample, ...]:
    """Return examples of about ``wordpieces`` together, or all that there are."""
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
