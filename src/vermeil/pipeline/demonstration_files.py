"""Brings gold, the documents that are scored, and the encoder together: what prompts may show."""

from __future__ import annotations

from collections.abc import Iterable

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.jobs.demonstrations import choose_demonstrations
from vermeil.jobs.requirements import require_demonstrations
from vermeil.jobs.sections import Sections
from vermeil.tasks import make_task
from vermeil.teacher.demonstrations import (
    NO_DEMONSTRATIONS,
    Demonstrations,
)


def demonstrations_for(config: Sections) -> Demonstrations:
    """Return the demonstrations of a run: from corpora.gold, never of dev or test.

    Raises:
        ConfigError: corpora.gold is missing, nothing in it may be shown, or there is no encoder.
    """
    wanted = config.teacher.demonstrations
    if wanted.kind == "none":
        return NO_DEMONSTRATIONS
    require_demonstrations(wanted)
    if config.corpora.gold is None:
        raise ConfigError("corpora.gold: missing; demonstrations are taken from it")
    task = make_task(config.task)
    gold = list(read_corpus(config.corpora.gold, task.check))
    scored = (config.corpora.dev, config.corpora.test)
    barred = [d for corpus in scored for d in _documents(corpus)]
    return choose_demonstrations(wanted, gold, barred)


def _documents(corpus: CorpusConfig | None) -> Iterable[Document]:
    return () if corpus is None else read_corpus(corpus)
