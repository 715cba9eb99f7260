"""The demonstrations of a run, chosen from its gold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.jobs.demonstrations import choose_demonstrations
from vermeil.jobs.requirements import require_demonstrations
from vermeil.tasks import make_task
from vermeil.tasks.added_labels import for_prompt, with_unknown_labels
from vermeil.teacher.demonstrations import (
    NO_DEMONSTRATIONS,
    Demonstrations,
)


def demonstrations_for(config: Config, labels: Sequence[str] = ()) -> Demonstrations:
    """Return the demonstrations of a run: gold documents that are not like any of dev or test.

    Args:
        config: the whole configuration.
        labels: the labels of the prompt; empty: all labels.

    Raises:
        ConfigError: corpora.gold is missing, no document in it may be shown, or the encoder is
            missing.
    """
    settings = config.teacher.demonstrations
    if settings.kind == "none":
        return NO_DEMONSTRATIONS
    require_demonstrations(settings)
    if config.corpora.gold is None:
        raise ConfigError("corpora.gold: missing; demonstrations are taken from it")
    task = make_task(config.task)
    gold = with_unknown_labels(read_corpus(config.corpora.gold, task.check), task)
    if labels and len(labels) < len(task.labels):
        gold = for_prompt(gold, labels)
    scored = (config.corpora.dev, config.corpora.test)
    excluded = [d for corpus in scored for d in _documents(corpus)]
    return choose_demonstrations(settings, gold, excluded)


def _documents(corpus: CorpusConfig | None) -> Iterable[Document]:
    return () if corpus is None else read_corpus(corpus)
