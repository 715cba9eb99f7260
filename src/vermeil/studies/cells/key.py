"""Keys of cells: digests of everything that determines a cell's result."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vermeil.data.document import Document
from vermeil.data.example import BatchPlan
from vermeil.data.records import document_to_line
from vermeil.student.config import RELATIONS_VERSION, RESULT_INDEPENDENT_KEYS
from vermeil.studies.cells.job import CellJob

VERSION = 2
"""Version in every key. Increase it when the same inputs give other results (another algorithm).
Cells with a key of another version are read for pages and never reused as results."""

OBSERVATION_VERSION = 1
"""The same for the observation of training."""

REFINEMENT_VERSION = 2
"""The same for the correction of silver."""

SILVER_GAIN_VERSION = 1
"""The same for the decision whether silver is used."""


def cell_key(job: CellJob, plan: BatchPlan) -> str:
    """Return the digest of all inputs that determine a cell's result.

    The encoder counts by the digest of its files, not by its name. Names and the number of threads
    are left out: two cells with the same plan over the same documents share their key, whatever
    their regimens and budgets are called.

    Args:
        job: the cell, with the digest of its encoder.
        plan: its batch plan.
    """
    digest = hashlib.sha256()
    digest.update(f"cell:{VERSION}:{job.seed}:{job.encoder_digest}:".encode())
    digest.update(
        job.student.model_dump_json(exclude={*RESULT_INDEPENDENT_KEYS, "encoder"}).encode()
    )
    digest.update(job.task.config.model_dump_json().encode())
    for documents in (job.documents.gold, job.documents.silver, job.dev, job.test):
        digest.update(_digest(documents))
    digest.update(_plan_bytes(plan))
    if job.task.head == "pair":
        digest.update(f"relations:{RELATIONS_VERSION}".encode())
    if job.refinement is not None:
        own = job.refinement.selection
        selection = own.model_dump_json(exclude={"compare_gold_only"})
        blending = job.blending.model_dump_json()
        digest.update(f"auto:{REFINEMENT_VERSION}:{selection}:{blending}".encode())
        if job.blending.regimen == "auto" and own.compares_with_gold_only:
            digest.update(f"silver gain:{SILVER_GAIN_VERSION}".encode())
        digest.update(_digest(job.refinement.teacher_labels))
        digest.update(_digest(job.refinement.plain))
    if job.observation_set is not None:
        observed = job.observation_set
        shape = observed.config.model_dump_json(exclude={"regimens"})
        digest.update(f"mechanism:{OBSERVATION_VERSION}:{shape}".encode())
        for documents in (observed.dev, observed.silver, observed.truth):
            digest.update(_digest(documents))
    return f"v{VERSION}-{digest.hexdigest()[:24]}"


def is_current_key(key: str) -> bool:
    """Return whether a key has the current version, so that its cell may be reused."""
    return key.startswith(f"v{VERSION}-")


def _plan_bytes(plan: BatchPlan) -> bytes:
    parts = [np.sort(batch).tobytes() + b"|" for batch in plan.batches]
    if plan.restarts != (0,):
        parts.append(f"restarts:{plan.restarts}".encode())
    if plan.optimiser_restarts:
        parts.append(f"optimiser:{plan.optimiser_restarts}".encode())
    if plan.origin_weights is not None:
        parts.append(b"weights:" + plan.origin_weights.round(6).tobytes())
    return b"".join(parts)


def _digest(documents: Sequence[Document]) -> bytes:
    """Return the digest of the records of documents, without ``meta``, which training ignores."""
    digest = hashlib.sha256()
    for document in documents:
        line = document_to_line(replace(document, meta={}))
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return digest.digest()
