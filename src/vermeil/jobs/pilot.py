"""Ways of asking compared on a sample of gold, before the pool is paid for."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from vermeil.data.counts import Counts, sum_counts
from vermeil.data.document import Document
from vermeil.data.mention import Status
from vermeil.data.progress import Progress, silent
from vermeil.data.reply import Reply, Usage
from vermeil.errors import ConfigError, DataError
from vermeil.evaluation.bootstrap import paired_bootstrap, score_intervals
from vermeil.evaluation.documents import score_documents
from vermeil.jobs.annotate import annotate
from vermeil.jobs.appraise import with_empty_annotation
from vermeil.jobs.config import PilotConfig
from vermeil.jobs.demonstrations import choose_demonstrations
from vermeil.jobs.locate import LocateReport, locate
from vermeil.jobs.pilot_report import CostFunction, Interval, PilotReport, Trial, Variant, recommend
from vermeil.jobs.requirements import require_demonstrations, require_teachers
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import LEAKED, Demonstrations
from vermeil.teacher.requests import check_prompt, make_requests
from vermeil.teacher.store.store import ReplyStore


def pilot(
    gold: Iterable[Document],
    task: Task,
    teacher: TeacherConfig,
    config: PilotConfig,
    store: Path,
    progress: Progress = silent,
    *,
    excluded: Iterable[Document] = (),
    cost_of: CostFunction | None = None,
) -> PilotReport:
    """Ask about a sample of gold in every way that the configuration names, and score the answers.

    Models × prompts × reply formats × demonstrations; each document is asked once per way, by one
    teacher, without checks. Replies are stored with all others: going on after an interruption, or
    asking in one more way, pays for what is missing only.

    Args:
        gold: annotated documents; the sample is drawn from them, demonstrations from the rest.
        task: what is annotated.
        teacher: how to ask, apart from what is compared.
        config: what is compared.
        store: the file of replies.
        progress: told where the work stands.
        excluded: documents (dev, test) that must not be shown as demonstrations either.
        cost_of: gives the money that tokens of a model cost.

    Raises:
        ConfigError: a prompt, format or demonstration is not to be had, or nobody agreed to send
            text to the teacher; told before anything is asked.
        DataError: gold holds no annotated document, or the store cannot be used.
        TeacherError: the teacher cannot be used. What had arrived is stored.
    """
    require_teachers(teacher)
    for kind in config.demonstrations:
        require_demonstrations(teacher.demonstrations.model_copy(update={"kind": kind}))
    gold = [document for document in gold if not document.annotation.is_empty]
    variants = _variants(task, teacher, config)
    sample = _sample(gold, teacher, config)
    shown = _demonstrations(teacher, config, gold, [*sample, *excluded])
    ways = [_setup(variant, task, teacher, shown) for variant in variants]
    trials = [
        _run_trial(variant, way, sample, config, Path(store), progress, cost_of)
        for variant, way in zip(variants, ways, strict=True)
    ]
    trials.sort(key=lambda found: -found[0].f1)
    best = trials[0][1]
    behind = [
        paired_bootstrap(items[None], best[None], config.resamples, config.seed) if i else None
        for i, (_, items) in enumerate(trials)
    ]
    found = tuple(trial for trial, _ in trials)
    return PilotReport(len(sample), found, tuple(behind), recommend(found, behind))


_Setup = tuple[Task, TeacherConfig, Demonstrations]


def _variants(task: Task, teacher: TeacherConfig, config: PilotConfig) -> list[Variant]:
    choices = product(
        config.models or (teacher.model,),
        config.prompts or task.prompts,
        config.reply_formats or (None,),
        config.demonstrations,
    )
    count = teacher.demonstrations.count
    return [Variant(*choice, count) for choice in dict.fromkeys(choices)]


def _demonstrations(
    teacher: TeacherConfig,
    config: PilotConfig,
    gold: Sequence[Document],
    excluded: Sequence[Document],
) -> dict[str, Demonstrations]:
    """Return the demonstrations of every kind."""
    chosen: dict[str, Demonstrations] = {}
    for kind in config.demonstrations:
        settings = teacher.demonstrations.model_copy(update={"kind": kind})
        chosen[kind] = choose_demonstrations(settings, gold, excluded)
    return chosen


def _setup(
    variant: Variant,
    task: Task,
    teacher: TeacherConfig,
    demonstrations: Mapping[str, Demonstrations],
) -> _Setup:
    """Return task, teacher and demonstrations of one way of asking."""
    kind = variant.demonstrations
    one = teacher.model_copy(
        update={
            "model": variant.model,
            "prompt": variant.prompt,
            "demonstrations": teacher.demonstrations.model_copy(update={"kind": kind}),
            "samples": 1,
            "additional": (),
            "verify": False,
        }
    )
    asking = task if variant.reply_format is None else _with_format(task, variant.reply_format)
    check_prompt(asking, one)
    return asking, one, demonstrations[kind]


def _with_format(task: Task, name: str) -> Task:
    settings = {**task.config.model_dump(), "reply_format": name}
    try:
        return make_task(TaskConfig.model_validate(settings))
    except ValidationError as error:
        raise ConfigError(f"pilot.reply_formats: {name!r}: {error.errors()[0]['msg']}") from None


def _sample(
    gold: Sequence[Document], teacher: TeacherConfig, config: PilotConfig
) -> list[Document]:
    """Draw whole groups, none with a demonstration that the configuration names."""
    fixed = set(teacher.demonstrations.ids)
    held = {d.group_or_id for d in gold if d.id in fixed}
    by_group: dict[str, list[Document]] = {}
    for document in gold:
        if document.group_or_id not in held:
            by_group.setdefault(document.group_or_id, []).append(document)
    if not by_group:
        raise DataError("corpora.gold holds no annotated document to try the teacher on")
    groups = sorted(by_group)
    random.Random(config.seed).shuffle(groups)
    wanted = config.documents
    if set(config.demonstrations) != {"none"}:
        wanted = min(wanted, max(1, len(gold) * 2 // 3))
    drawn = [document for group in groups for document in by_group[group]]
    return drawn[:wanted]


def _run_trial(
    variant: Variant,
    setup: _Setup,
    sample: Sequence[Document],
    config: PilotConfig,
    store: Path,
    progress: Progress,
    cost_of: CostFunction | None,
) -> tuple[Trial, NDArray[np.int64]]:
    """Ask in one way; return the trial, and correct, predicted and gold items per group."""
    task, teacher, demonstrations = setup
    annotate(sample, task, teacher, store, progress, demonstrations)
    located = locate(sample, task, teacher, store, progress, demonstrations)
    said = [with_empty_annotation(document, task) for document in located.documents]
    scores = [counts for _, counts in score_documents(said, sample, task)]
    items = _items(sample, scores)
    replies = list(_replies(sample, setup, store))
    usage = sum((reply.usage for reply in replies), Usage())
    trial = Trial(
        variant,
        located.states,
        sum_counts(scores),
        _intervals(items, config),
        _unlocatable(located),
        located.notes.get(LEAKED, 0),
        usage,
        None if cost_of is None else cost_of(variant.model, usage),
        _latency(replies),
    )
    return trial, items


def _replies(sample: Sequence[Document], setup: _Setup, store: Path) -> Iterator[Reply]:
    task, teacher, demonstrations = setup
    with ReplyStore(store) as replies:
        for request in make_requests(sample, task, teacher, demonstrations=demonstrations):
            reply = replies.get(request.key)
            if reply is not None:
                yield reply


def _items(sample: Sequence[Document], scores: Sequence[Counts]) -> NDArray[np.int64]:
    groups: dict[str, list[int]] = {}
    for document, counts in zip(sample, scores, strict=True):
        items = groups.setdefault(document.group_or_id, [0, 0, 0])
        overall = counts.overall
        for i, number in enumerate((overall.correct, overall.predicted, overall.gold)):
            items[i] += number
    return np.array(list(groups.values()), dtype=np.int64)


def _intervals(items: NDArray[np.int64], config: PilotConfig) -> Mapping[str, Interval]:
    found = score_intervals(items[:, None, :], config.resamples, config.seed)[0].tolist()
    names = ("precision", "recall", "f1")
    return {name: (low, high) for name, (low, high) in zip(names, found, strict=True)}


def _unlocatable(located: LocateReport) -> float:
    mentions = sum(located.mentions.values())
    return located.mentions.get(Status.NOT_FOUND, 0) / mentions if mentions else 0.0


def _latency(replies: Sequence[Reply]) -> tuple[float, float] | None:
    if not replies:
        return None
    median, high = np.quantile([reply.latency for reply in replies], (0.5, 0.95))
    return float(median), float(high)
