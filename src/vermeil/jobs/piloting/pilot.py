"""Comparison of prompt variants on a sample of gold, before the pool is annotated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import sum_counts
from vermeil.data.document import Document
from vermeil.data.lock import lock_path
from vermeil.data.mention import Status
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Reply, Usage
from vermeil.errors import TeacherError, TeacherStoppedError
from vermeil.evaluation.bootstrap import paired_bootstrap, score_intervals
from vermeil.evaluation.documents import items_by_group, score_documents
from vermeil.jobs.annotate import annotate
from vermeil.jobs.appraise import with_empty_annotation
from vermeil.jobs.config import PilotConfig
from vermeil.jobs.locate import LocateReport, locate
from vermeil.jobs.piloting.report import Interval, PilotReport, Trial, recommend
from vermeil.jobs.piloting.variants import VariantSetup, set_up
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.registry import keep_servers
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import LEAKED
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.usability import Usability


def pilot(
    gold: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    config: PilotConfig,
    store: Path | str,
    progress: Progress = silent,
    *,
    excluded: Iterable[Document] = (),
) -> PilotReport:
    """Annotate a sample of gold with every variant of the prompt, and score the replies.

    The variants are models × prompts × reply formats × demonstrations. Each variant sends one
    request per document to one teacher, without verification. Replies are stored with all others,
    so a resumed or extended pilot requests only the missing ones.

    Args:
        gold: annotated documents; the sample is drawn from them, demonstrations from the rest.
        task: the task of the annotation.
        teacher: the settings that all variants share, and the prices of the models.
        config: the variants, sample size and seed.
        store: the file of replies.
        progress: called with stage, done, total and details.
        excluded: documents (dev, test) that must not be shown as demonstrations.

    Raises:
        ConfigError: a prompt, format or demonstration is not available; raised before the first
            request.
        ConsentError: text would leave this machine and ``allow_remote`` is not set.
        DataError: gold holds no annotated document, or the store cannot be used.
        TeacherError: the teacher cannot be used, or no variant has a usable reply. Replies received
            so far are stored. A variant whose first requests all fail in the same way is not sent
            further; the other variants are.
    """
    store = Path(store)
    sample, setups = set_up(gold, task, teacher, config, excluded)
    with lock_path(store), keep_servers():
        results = [_run_trial(setup, sample, config, store, progress) for setup in setups]
    _require_usable([trial for trial, _ in results])
    results.sort(key=lambda result: -result[0].f1)
    best = results[0][1]
    differences = [
        paired_bootstrap(items[None], best[None], config.resamples, config.seed) if i else None
        for i, (_, items) in enumerate(results)
    ]
    trials = tuple(trial for trial, _ in results)
    return PilotReport(len(sample), trials, tuple(differences), recommend(trials, differences))


def _run_trial(
    setup: VariantSetup,
    sample: Sequence[Document],
    config: PilotConfig,
    store: Path,
    progress: Progress,
) -> tuple[Trial, NDArray[np.int64]]:
    """Run one variant; return the trial, and correct, predicted and gold items per group."""
    task, teacher, demonstrations = setup.task, setup.teacher, setup.demonstrations
    with suppress(TeacherStoppedError):  # the failures are read from the store
        annotate(sample, task, teacher, store, progress, demonstrations)
    located = locate(sample, task, teacher, store, progress, demonstrations)
    annotated = [with_empty_annotation(document, task) for document in located.documents]
    scores = [counts for _, counts in score_documents(annotated, sample, task)]
    items = np.stack(list(items_by_group(sample, scores).values()))
    replies = list(_replies(sample, setup, store))
    usage = sum((reply.usage for reply in replies), Usage())
    trial = Trial(
        setup.variant,
        located.states,
        sum_counts(scores),
        _intervals(items, config),
        _unlocatable(located),
        located.notes.get(LEAKED, 0),
        usage,
        _cost(teacher, usage),
        _latency(replies),
        located.usability,
    )
    return trial, items


def _require_usable(trials: Sequence[Trial]) -> None:
    """Raise `TeacherError` if no variant has a usable reply."""
    usability = sum((trial.usability for trial in trials), Usability())
    if usability.is_nothing_usable:
        raise TeacherError(
            f"no variant of the pilot has a usable reply\n{usability.describe('requests')}"
        )


def _cost(teacher: TeacherConfig, usage: Usage) -> float | None:
    """Return the price of tokens in US dollars; None if the price of the model is not known."""
    price = price_of(teacher)
    return None if price is None else price.cost(usage) / PER_DOLLAR


def _replies(sample: Sequence[Document], setup: VariantSetup, store: Path) -> Iterator[Reply]:
    wanted = make_requests(sample, setup.task, setup.teacher, demonstrations=setup.demonstrations)
    with ReplyStore(store) as replies:
        for request in wanted:
            reply = replies.get(request.key)
            if reply is not None:
                yield reply


def _intervals(items: NDArray[np.int64], config: PilotConfig) -> Mapping[str, Interval]:
    bounds = score_intervals(items[:, None, :], config.resamples, config.seed)[0].tolist()
    names = ("precision", "recall", "f1")
    return {name: (low, high) for name, (low, high) in zip(names, bounds, strict=True)}


def _unlocatable(located: LocateReport) -> float:
    mentions = sum(located.mentions.values())
    return located.mentions.get(Status.NOT_FOUND, 0) / mentions if mentions else 0.0


def _latency(replies: Sequence[Reply]) -> tuple[float, float] | None:
    if not replies:
        return None
    median, high = np.quantile([reply.latency for reply in replies], (0.5, 0.95))
    return float(median), float(high)
