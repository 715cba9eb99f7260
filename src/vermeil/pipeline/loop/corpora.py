"""Gold, dev and silver of a round, and its configuration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from vermeil.blending.config import RegimenName
from vermeil.config import Config
from vermeil.corpora import read_corpus, write_corpus
from vermeil.corpora.analysis.join import join_corpora
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.pipeline.documents import silver_corpus, uses_silver
from vermeil.pipeline.loop.folder import LoopFolder
from vermeil.tasks import make_task


@dataclass(frozen=True, slots=True)
class RoundCorpora:
    """Numbers of annotated documents of a round, and the configuration that names them.

    Args:
        config: the configuration with gold, dev and silver of the round.
        gold: gold documents to train on.
        dev: documents of dev.
        dev_drawn: those of them that were drawn from the reviewed documents.
        silver: annotated silver documents.
    """

    config: Config
    gold: int
    dev: int
    dev_drawn: int
    silver: int

    @property
    def regimen(self) -> RegimenName | None:
        """Regimen that the corpora permit; None: there is nothing to train on."""
        if self.gold and self.silver:
            return self.config.blending.regimen
        if self.gold:
            return "gold_only"
        return "silver_only" if self.silver else None


def corpora_of(config: Config, folder: LoopFolder) -> RoundCorpora:
    """Write gold of all reviews that have ended, a drawn dev, and silver without its texts.

    Args:
        config: the configuration of the loop.
        folder: the files of the loop.

    Raises:
        DataError: a corpus is not valid, or gold and a reviewed document have one id and different
            texts.
    """
    check = make_task(config.task).check
    ended = [one for one in folder.rounds if one.ended.exists() and one.gold.exists()]
    reviewed = [document for one in ended for document in read_corpus(one.gold)]
    share = 0.0 if config.corpora.dev is not None else config.loop.dev_share
    drawn = [document for document in reviewed if is_drawn(document, share)]
    kept = [document for document in reviewed if not is_drawn(document, share)]
    known = [] if config.corpora.gold is None else list(read_corpus(config.corpora.gold, check))
    gold, _ = join_corpora({"corpora.gold": known, "the reviewed documents": kept})
    corpora: dict[str, Any] = {"gold": _written(gold, folder.gold) if gold else None}
    dev = [] if config.corpora.dev is None else _annotated(read_corpus(config.corpora.dev, check))
    if drawn:
        dev = drawn
        corpora["dev"] = _written(drawn, folder.dev)
    silver = silver_of(config)
    if drawn and silver:
        held_out = {document.text for document in drawn}
        silver = [document for document in silver if document.text not in held_out]
        corpora["silver"] = _written(silver, folder.silver)
    changed = config.model_copy(update={"corpora": config.corpora.model_copy(update=corpora)})
    counts = len(_annotated(gold)), len(dev), len(drawn), len(_annotated(silver))
    return RoundCorpora(changed, *counts)


def is_drawn(document: Document, share: float) -> bool:
    """Return whether a reviewed document belongs to dev; the same for all of its group.

    The choice depends on the name of the group alone, so that no document moves later.

    Args:
        document: the document.
        share: expected share of the groups.
    """
    digest = sha256(f"dev\0{document.group_or_id}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def silver_of(config: Config) -> list[Document]:
    """Return silver; empty without silver, or if the regimen does not use it."""
    corpus = silver_corpus(config)
    is_used = uses_silver(config) and (config.corpora.silver is not None or corpus.path.exists())
    return list(read_corpus(corpus)) if is_used else []


def config_of_teacher(config: Config, folder: LoopFolder, dollars: float | None) -> Config:
    """Return the configuration of annotate and locate.

    It does not depend on the gold of later rounds: demonstrations that change would change every
    prompt, and all documents would be requested again.

    Args:
        config: the configuration of the loop.
        folder: the files of the loop.
        dollars: limit on cost; None: that of ``teacher.max_cost_usd``.
    """
    update: dict[str, Any] = {}
    limits = [one for one in (config.teacher.max_cost_usd, dollars) if one is not None]
    if limits:
        update["teacher"] = config.teacher.model_copy(update={"max_cost_usd": min(limits)})
    if config.loop.pool_documents is not None:
        update["rank"] = config.rank.model_copy(update={"order": folder.order})
    first = folder.round(1).gold
    if config.corpora.gold is None and first.exists():
        gold = CorpusConfig(path=first, format="jsonl")
        update["corpora"] = config.corpora.model_copy(update={"gold": gold})
    return config.model_copy(update=update)


def _annotated(documents: Iterable[Document]) -> list[Document]:
    return [document for document in documents if not document.annotation.is_empty]


def _written(documents: Iterable[Document], path: Any) -> CorpusConfig:
    write_corpus(documents, path, "jsonl", overwrite=True)
    return CorpusConfig(path=path, format="jsonl")
