"""Checks before a loop: what would stop a later stage is raised before any work."""

from __future__ import annotations

from collections.abc import Iterator

from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.errors import ConfigError
from vermeil.jobs.requirements import require_teachers
from vermeil.optional import require
from vermeil.pipeline.documents import uses_gold, uses_silver
from vermeil.pipeline.loop.folder import LoopFolder
from vermeil.pipeline.loop.limits import LoopLimits
from vermeil.pipeline.loop.queues import check_ids
from vermeil.selection.ranking.strategies import STRATEGIES
from vermeil.serving.review.address import ReviewAccess
from vermeil.student.network.encoder import find_encoder
from vermeil.tasks import make_task
from vermeil.teacher.limits.prices import price_of
from vermeil.teacher.requests import check_prompt
from vermeil.training.requirements import require_training


def check_loop(
    config: Config, limits: LoopLimits, review: ReviewAccess | None, folder: LoopFolder
) -> None:
    """Raise what would stop a later stage of the loop.

    Args:
        config: the whole configuration.
        limits: the values at which the loop ends.
        review: address of the review page; None: no review.
        folder: the files of the loop.

    Raises:
        ConfigError: a key or package is missing, or a price is unknown.
        DataError: a corpus is not valid.
    """
    if problems := [*_problems(config, limits, review, folder)]:
        raise ConfigError(*problems)
    task, corpora = make_task(config.task), config.corpora
    if asks_teacher(config):
        check_prompt(task, config.teacher)
        require_teachers(config.teacher)
        if limits.dollars is not None:
            price_of(config.teacher.model_copy(update={"max_cost_usd": limits.dollars}))
    if review is not None:
        require("vermeil run --until", "serve")
    require_training("vermeil run --until", config.student)
    find_encoder(config.student.encoder)
    for corpus in (corpora.gold, corpora.silver, corpora.dev, corpora.test):
        if corpus is not None:
            for _ in read_corpus(corpus, task.check):
                pass
    check_ids(config)


def asks_teacher(config: Config) -> bool:
    """Return whether the loop requests silver."""
    return uses_silver(config) and config.corpora.silver is None


def _problems(
    config: Config, limits: LoopLimits, review: ReviewAccess | None, folder: LoopFolder
) -> Iterator[str]:
    corpora = config.corpora
    if all(value is None for value in limits.as_dict().values()):
        yield "--until: names no limit; expected for example --until minutes=60,dollars=5"
    if corpora.pool is None and (corpora.silver is None or asks_teacher(config)):
        yield "corpora.pool: missing; name the text to annotate"
    if config.rank.order is not None and config.loop.pool_documents is not None:
        yield "rank.order: the loop chooses the documents; omit it, or set loop.pool_documents none"
    if "silver" in STRATEGIES[config.loop.teacher_strategy].needs:
        yield (
            f"loop.teacher_strategy: {config.loop.teacher_strategy} ranks documents that the "
            "teacher has annotated already; choose another strategy"
        )
    if review is not None:
        return
    # After a killed review, the log alone holds what was finished.
    has_reviewed = any(own.gold.exists() or own.has_decisions for own in folder.rounds)
    if corpora.gold is None and not has_reviewed and not uses_silver(config) and uses_gold(config):
        yield (
            "corpora.gold: missing, and without a review there is nothing to train on; run the "
            "command in a terminal, or with --review"
        )
    if limits.f1 is not None and corpora.dev is None and not has_reviewed:
        yield "corpora.dev: missing; --until f1 is judged on it"
