"""Keys of cells: digests of everything that determines a cell's result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import numpy as np

from vermeil.data.document import Document
from vermeil.data.example import BatchPlan
from vermeil.renamed import with_old_keys
from vermeil.student.config import RESULT_INDEPENDENT_KEYS
from vermeil.studies.cells.job import CellJob

VERSION = 1
"""Increase when the same inputs give other results (a new default, another algorithm): old cells
are then not reused."""

OBSERVATION_VERSION = 1
"""The same for the observation of training."""

REFINEMENT_VERSION = 2
"""The same for the correction of silver."""


def cell_key(job: CellJob, plan: BatchPlan) -> str:
    """Return the digest of all inputs that determine a cell's result.

    Names and the number of threads are left out: two cells with the same plan over the same
    documents share their key, whatever their regimens and budgets are called.
    """
    digest = hashlib.sha256()
    digest.update(f"cell:{VERSION}:{job.seed}:".encode())
    student = job.student.model_dump_json(exclude_defaults=True, exclude=RESULT_INDEPENDENT_KEYS)
    digest.update(student.encode())
    task = with_old_keys("task", job.task.config.model_dump(mode="json", exclude_defaults=True))
    digest.update(json.dumps(task, ensure_ascii=False, separators=(",", ":")).encode())
    for documents in (job.documents.gold, job.documents.silver, job.dev, job.test):
        digest.update(_digest(documents))
    digest.update(_plan_bytes(plan))
    if job.refinement is not None:
        selection = job.refinement.selection.model_dump_json(exclude_defaults=True)
        digest.update(f"auto:{REFINEMENT_VERSION}:{selection}".encode())
        digest.update(_digest(job.refinement.teacher_labels))
        digest.update(_digest(job.refinement.plain))
    if job.observation_set is not None:
        observed = job.observation_set
        shape = observed.config.model_dump_json(exclude={"regimens"})
        digest.update(f"mechanism:{OBSERVATION_VERSION}:{shape}".encode())
        for documents in (observed.dev, observed.silver, observed.truth):
            digest.update(_digest(documents))
    return digest.hexdigest()[:24]


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
    """Return the digest of everything in documents that affects training and scoring."""
    digest = hashlib.sha256()
    for d in documents:
        spans = None
        if d.spans is not None:
            spans = [[s.start, s.end, s.label, s.weight, s.soft and dict(s.soft)] for s in d.spans]
        content = [d.id, d.group, d.text, d.tokens, spans, d.labels, d.annotation.abstain, d.weight]
        digest.update(json.dumps(content, ensure_ascii=False).encode())
    return digest.digest()
