"""Brings gold, the documents that are scored, and the encoder together: what prompts may show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.jobs.needed import require_demonstrations
from vermeil.jobs.sections import Sections
from vermeil.tasks import make_task
from vermeil.teacher.config import DemonstrationsConfig
from vermeil.teacher.demonstrations import (
    NO_DEMONSTRATIONS,
    Demonstrations,
    Neighbours,
    make_demonstrations,
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


def choose_demonstrations(
    config: DemonstrationsConfig, gold: Iterable[Document], scored: Iterable[Document]
) -> Demonstrations:
    """Return demonstrations from ``gold``, never like a document of ``scored``.

    Raises:
        ConfigError: nothing is left to show, or there is no encoder.
    """
    require_demonstrations(config)
    return make_demonstrations(config, gold, scored, _nearest_by_embedding)


def _nearest_by_embedding(texts: Sequence[str], encoder: str) -> Neighbours:
    """Return the search for the texts that are most like another one, by sentence embedding."""
    from vermeil.student.embedding import TextIndex

    return TextIndex(texts, encoder).nearest


def _documents(corpus: CorpusConfig | None) -> Iterable[Document]:
    return () if corpus is None else read_corpus(corpus)
