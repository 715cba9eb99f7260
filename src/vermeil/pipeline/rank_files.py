"""`rank` over the files of a configuration."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from vermeil.config import Config
from vermeil.corpora import read_corpus, require_readable
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.source import STDIN
from vermeil.data.atomic import atomic_file
from vermeil.data.document import Document
from vermeil.data.leftovers import remove_leftovers
from vermeil.data.lock import lock_folder
from vermeil.data.progress import Progress, silent
from vermeil.data.results_folder import check_results, record_results
from vermeil.data.written import check_file
from vermeil.errors import ConfigError
from vermeil.jobs.ranking.rank import check_strategy, rank, require_sources
from vermeil.jobs.ranking.report import RankReport
from vermeil.jobs.ranking.sources import RankSources
from vermeil.jobs.run_folder import RunFolder
from vermeil.optional import missing_modules
from vermeil.pipeline.demonstration_files import demonstrations_for
from vermeil.pipeline.documents import required_corpus, silver_corpus
from vermeil.pipeline.pool import read_parts
from vermeil.refinement.judging import JudgeResult
from vermeil.refinement.select import select
from vermeil.selection.ranking.config import StrategyName
from vermeil.selection.ranking.strategies import chosen_strategy, sources_of
from vermeil.student.network.encoder import require_encoder
from vermeil.tasks import make_task
from vermeil.tasks.added_labels import with_unknown_labels
from vermeil.tasks.protocol import Task
from vermeil.training.job import TrainJob
from vermeil.training.requirements import require_judging


def rank_files(
    config: Config,
    progress: Progress = silent,
    output: Path | None = None,
    *,
    overwrite: bool = False,
    without: Collection[str] = (),
    on_judge: Callable[[TrainJob], None] = lambda _: None,
) -> dict[str, Any]:
    """Rank the documents of a configuration and write the order, one JSON object per line.

    Args:
        config: the whole configuration.
        progress: called with stage, done, total and details.
        output: the file to write; None: ``for-teacher.jsonl`` or ``for-person.jsonl`` in the run's
            folder, which replaces that of an earlier call.
        overwrite: replace an existing ``output``.
        without: ids of documents that are not ranked.
        on_judge: called before the first student of a judge is trained, if the strategy needs one.

    Returns:
        The report, with the path of the file.

    Raises:
        ConfigError: a corpus or a signal that the strategy needs is not configured.
        NothingToRankError: nothing is left to rank.
        DataError: the file exists, or a corpus is invalid.
        LockedError: another process writes the folder of the run.
    """
    check_strategy(config.rank)
    with lock_folder(config.run.output):
        return _rank_files(config, progress, output, overwrite, without, on_judge)


def _rank_files(
    config: Config,
    progress: Progress,
    output: Path | None,
    overwrite: bool,
    without: Collection[str],
    on_judge: Callable[[TrainJob], None],
) -> dict[str, Any]:
    run_folder = RunFolder(config.run.output)
    path = run_folder.order(config.rank.annotator) if output is None else output
    if output is None:
        check_results(run_folder.path, [path])
        remove_leftovers(path)
    else:
        check_file(path, overwrite=overwrite)
    corpus = _ranked_corpus(config)
    others = {name: own for name, own in _other_corpora(config).items() if own.path != corpus.path}
    require_readable(corpus, *others.values())
    if "encoder" in _needs(config):  # before the work of a judge
        require_encoder("vermeil rank", config.rank.encoder or config.student.encoder)
    task = make_task(config.task)
    sources = RankSources(
        annotated=[d for name in ("gold", "silver") for d in _annotated(others.get(name))],
        held_out=[d for name in ("dev", "test") for d in _annotated(others.get(name))],
        model=_model(config),
        encoder=config.rank.encoder or config.student.encoder,
        judge_result=_judge(config, task, progress, on_judge),
        teacher=config.teacher,
        store=run_folder.replies,
        demonstrations=demonstrations_for(config),
    )
    require_sources(config.rank, sources)
    documents = (one for one in _documents(config, corpus) if one.id not in without)
    report = rank(documents, task, config.rank, sources, progress, config.run.seed)
    if output is None:
        record_results(run_folder.path, [path])
    _write(report, path)
    return {**report.as_dict(), "output": str(path)}


def _write(report: RankReport, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        for place, entry in enumerate(report.entries, 1):
            file.write(json.dumps(entry.as_dict(place), ensure_ascii=False) + "\n")


def _documents(config: Config, corpus: CorpusConfig) -> Iterable[Document]:
    """Return the documents of the ranked corpus; of the pool, those of all its parts."""
    if corpus != config.corpora.pool:
        return read_corpus(corpus)
    return read_parts(config.corpora.pools)


def _ranked_corpus(config: Config) -> CorpusConfig:
    """Return the corpus to rank: for a person silver, if there is any; else the pool."""
    if config.rank.annotator == "person":
        silver = silver_corpus(config)
        if silver.path.exists() or "silver" in _needs(config):
            return silver
    pool = required_corpus(config, "pool", "name the text to rank")
    if any(part.path == STDIN for part in config.corpora.pools):
        raise ConfigError(
            "corpora.pool: vermeil rank reads it from a file, not from standard input"
        )
    return pool


def _other_corpora(config: Config) -> dict[str, CorpusConfig]:
    """Return the corpora whose texts are left out, by name."""
    found: dict[str, CorpusConfig] = {}
    for name in config.rank.leave_out:
        corpus: CorpusConfig | None = getattr(config.corpora, name)
        if name == "silver":
            silver = silver_corpus(config)
            corpus = silver if config.rank.annotator == "teacher" and silver.path.exists() else None
        if corpus is not None:
            found[name] = corpus
    return found


def _annotated(corpus: CorpusConfig | None) -> Iterator[Document]:
    if corpus is not None:
        yield from (one for one in read_corpus(corpus) if not one.annotation.is_empty)


def _needs(config: Config) -> frozenset[str]:
    return sources_of(_strategy(config), config.rank.batch)


def _strategy(config: Config) -> StrategyName:
    """Return the strategy; without packages for training, that of a run without a student."""
    has_student = has_model(config) and not missing_modules("train")
    return chosen_strategy(config.rank, has_student=has_student)


def has_model(config: Config) -> bool:
    """Return whether there is a student for a ranking."""
    return _model_folder(config).exists()


def _model_folder(config: Config) -> Path:
    return config.rank.model or RunFolder(config.run.output).model


def _model(config: Config) -> Path | None:
    """Return the model folder of the student, if the strategy needs one."""
    if "student" not in _needs(config):
        return None
    model = _model_folder(config)
    if not model.exists():
        raise ConfigError(
            f"rank.strategy: {_strategy(config)} needs a student, and there is none in {model}; "
            "run vermeil train first, or name a model folder in rank.model"
        )
    return model


def _judge(
    config: Config, task: Task, progress: Progress, on_judge: Callable[[TrainJob], None]
) -> JudgeResult | None:
    """Return the judgements of silver, if the strategy needs them."""
    if "judge" not in _needs(config):
        return None
    gold = required_corpus(config, "gold", "name the annotated file that silver is judged by")
    require_judging("vermeil rank", config.selection, config.student)
    require_readable(gold, silver_corpus(config))
    job = TrainJob(
        gold=with_unknown_labels(read_corpus(gold, task.check), task),
        silver=with_unknown_labels(read_corpus(silver_corpus(config), task.check), task),
        task=task,
        student=config.student,
        blending=config.blending,
        selection=config.selection,
        seed=config.run.seed,
    )
    on_judge(job)
    return select(job, RunFolder(config.run.output).scorer_cache, progress).judge_result
