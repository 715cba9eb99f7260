"""Checks that the optional packages of each stage are installed."""

from __future__ import annotations

from vermeil.config import Config
from vermeil.corpora import require_readable
from vermeil.jobs.executor import Executor
from vermeil.jobs.requirements import require_demonstrations, require_teachers
from vermeil.pipeline.documents import scored_corpus, selects_on_dev, uses_gold, uses_silver
from vermeil.training.requirements import require_prediction, require_training


def require_annotate(config: Config, executor: Executor) -> None:
    """Raise `ConfigError` unless teachers, demonstrations and corpora can be used."""
    require_teachers(config.teacher)
    require_locate(config, executor)


def require_locate(config: Config, _executor: Executor) -> None:
    """Raise `ConfigError` unless demonstrations can be chosen and the corpora can be read."""
    demonstrations, corpora = config.teacher.demonstrations, config.corpora
    require_demonstrations(demonstrations)
    shown = () if demonstrations.kind == "none" else (corpora.gold, corpora.dev, corpora.test)
    annotated = (corpora.gold,) if config.teacher.annotate_gold else ()
    require_readable(*(corpora.pools or (None,)), *annotated, *shown)


def require_train(config: Config, executor: Executor) -> None:
    """Raise `ConfigError` unless training works here (or elsewhere) and corpora can be read."""
    if executor.train is None:
        require_training("vermeil train", config.student)
    corpora = config.corpora
    require_readable(
        corpora.gold if uses_gold(config) else None,
        corpora.silver if uses_silver(config) else None,
        corpora.dev if selects_on_dev(config) else None,
    )


def require_evaluate(config: Config, _executor: Executor) -> None:
    """Raise `ConfigError` unless a student can predict and the scored corpus can be read."""
    require_prediction("vermeil evaluate")
    require_readable(scored_corpus(config)[1])
