"""Documents of a round: those that the teacher annotates, and those that a person reviews."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from vermeil.config import Config
from vermeil.corpora import read_corpus, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.review_log.events import SETTLEMENT, read_review_log
from vermeil.corpora.review_log.items import OPEN
from vermeil.data.atomic import atomic_file
from vermeil.data.progress import Progress
from vermeil.errors import DataError, NothingToRankError
from vermeil.jobs.review import read_ids
from vermeil.pipeline.documents import silver_corpus
from vermeil.pipeline.loop.folder import LoopFolder, RoundFolder
from vermeil.pipeline.pool import read_parts
from vermeil.pipeline.rank_files import has_model, rank_files
from vermeil.selection.ranking.config import StrategyName
from vermeil.selection.ranking.strategies import STRATEGIES, chosen_strategy

Log = Callable[[str], None]


def choose_for_teacher(
    config: Config, folder: LoopFolder, number: int, progress: Progress, log: Log
) -> None:
    """Choose further documents of the pool for the teacher; a finished choice stays.

    Args:
        config: the configuration of the round.
        folder: the files of the loop.
        number: number of the round.
        progress: called with stage, done, total and details.
        log: called with one line of text.
    """
    own = folder.round(number)
    if not own.for_teacher.exists():
        update = {
            "annotator": "teacher",
            "strategy": _possible(config, config.loop.teacher_strategy, log),
            "max_documents": config.loop.pool_documents,
            "order": None,
        }
        ranked = config.model_copy(update={"rank": config.rank.model_copy(update=update)})
        chosen = {name for one in folder.rounds for name in _ids(one)}
        try:
            rank_files(ranked, progress, own.for_teacher, overwrite=True, without=chosen)
        except NothingToRankError as error:
            log(f"no further document for the teacher: {error}")
            own.path.mkdir(parents=True, exist_ok=True)
            with atomic_file(own.for_teacher) as file:
                file.write("")
    ids = [name for one in folder.rounds for name in _ids(one)]
    with atomic_file(folder.order) as file:
        file.writelines(f"{json.dumps({'id': name}, ensure_ascii=False)}\n" for name in ids)


def make_queue(
    config: Config, folder: LoopFolder, number: int, progress: Progress, log: Log
) -> bool:
    """Rank the documents for a person and write the queue of a round; a finished queue stays.

    Args:
        config: the configuration of the round.
        folder: the files of the loop.
        number: number of the round.
        progress: called with stage, done, total and details.
        log: called with one line of text.

    Returns:
        Whether there is a document to review.
    """
    own = folder.round(number)
    if own.queue.exists():
        return True
    update = {
        "annotator": "person",
        "strategy": _possible(config, config.rank.strategy, log),
        "max_documents": config.loop.documents,
    }
    ranked = config.model_copy(update={"rank": config.rank.model_copy(update=update)})
    try:
        rank_files(
            ranked, progress, own.for_person, overwrite=True, without=reviewed_ids(folder.rounds)
        )
    except NothingToRankError as error:
        log(f"no further document to review: {error}")
        return False
    silver = silver_corpus(config)
    parts = (silver,) if silver.path.exists() else config.corpora.pools
    by_id = {document.id: document for document in read_parts(parts)}
    wanted = [by_id[name] for name in read_ids(own.for_person) if name in by_id]
    if not wanted:
        log("no document is within the limits of [rank]; raise rank.max_minutes")
        return False
    write_corpus(wanted, own.queue, "jsonl", overwrite=True)
    return True


def queue_corpus(own: RoundFolder) -> CorpusConfig:
    """Return the corpus of a round's queue."""
    return CorpusConfig(path=own.queue, format="jsonl")


def reviewed_ids(rounds: Iterable[RoundFolder]) -> set[str]:
    """Return the ids of documents that an annotator finished or skipped in these rounds."""
    found = set()
    for own in rounds:
        if own.has_decisions:
            for name, text in read_review_log(own.decisions).texts.items():
                sessions = (s for n, s in text.sessions.items() if n != SETTLEMENT)
                if any(session.state != OPEN for session in sessions):
                    found.add(name)
    return found


def pool_left(config: Config, folder: LoopFolder) -> int:
    """Return the number of documents of the pool that the teacher was not given."""
    if config.loop.pool_documents is None or not config.corpora.pools:
        return 0
    chosen = {name for one in folder.rounds for name in _ids(one)}
    return sum(document.id not in chosen for document in read_parts(config.corpora.pools))


def check_ids(config: Config) -> None:
    """Raise `DataError` if a document to review has the id of another text of gold."""
    if config.corpora.gold is None:
        return
    gold = {document.id: document.text for document in read_corpus(config.corpora.gold)}
    silver = silver_corpus(config)
    parts = [*config.corpora.pools, *([silver] if silver.path.exists() else [])]
    for part in parts:
        for document in read_corpus(part):
            if gold.get(document.id, document.text) != document.text:
                raise DataError(
                    f"document {document.id!r} has the id of another text in corpora.gold, so a "
                    "review of it cannot become gold; rename the ids of one file",
                    part.path,
                )


def _possible(config: Config, strategy: StrategyName | None, log: Log) -> StrategyName:
    """Return the strategy, or a random order while there is no student or silver for it.

    Without a strategy and without a corpus for dev, the order is random: the reviewed documents
    give dev, and uncertain ones are harder than others.
    """
    if strategy is None:
        has_student = has_model(config) and config.corpora.dev is not None
        return chosen_strategy(config.rank, has_student=has_student)
    needs = STRATEGIES[strategy].needs
    missing = []
    if "student" in needs and not has_model(config):
        missing.append("a student")
    if "silver" in needs and not silver_corpus(config).path.exists():
        missing.append("silver")
    if not missing:
        return strategy
    log(f"random order: {strategy} needs {' and '.join(missing)}, which this round has not")
    return "random"


def _ids(own: RoundFolder) -> list[str]:
    return read_ids(own.for_teacher) if own.for_teacher.exists() else []
