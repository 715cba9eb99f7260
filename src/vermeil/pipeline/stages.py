"""The stages of a run: what each is made from, what it makes, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vermeil.corpora import read_corpus, require_readable, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.source import STDIN
from vermeil.data.atomic import atomic_file, write_json
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.data.results_folder import check_results, record_results
from vermeil.data.written import MODEL, check_folder
from vermeil.errors import ConfigError
from vermeil.jobs.executor import LOCAL, Executor
from vermeil.jobs.fingerprints import Inputs, StageLog, digest_file, digest_section
from vermeil.jobs.requirements import require_demonstrations, require_teachers
from vermeil.jobs.run_folder import RunFolder
from vermeil.jobs.sections import Sections
from vermeil.pipeline.demonstration_files import demonstrations_for
from vermeil.tasks import make_task
from vermeil.tasks.protocol import Task
from vermeil.training.requirements import require_prediction, require_training

if TYPE_CHECKING:
    pass

Report = dict[str, Any]
"""What a job reports, as ``as_dict()`` gives it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run.

    Args:
        inputs: what its output is made from.
        outputs: what it makes.
        run: does it; raises `ConfigError` when something that it needs is not configured.
        skip_reason: why a run can do without it, in words; None if it cannot.
        is_complete: whether its report says that nothing is left to do.
        require: raises `ConfigError` when a package that it needs is not installed.
    """

    inputs: Callable[[Sections], Inputs]
    outputs: Callable[[RunFolder], tuple[Path, ...]]
    run: Callable[[Sections, Progress, Executor], Report]
    skip_reason: Callable[[Sections], str | None] = lambda _: None
    is_complete: Callable[[Report], bool] = lambda _: True
    require: Callable[[Sections, Executor], None] = lambda _config, _means: None


def run_stage(
    name: str, config: Sections, progress: Progress = silent, executor: Executor = LOCAL
) -> Report:
    """Do one stage now, whether or not its output stands, and return its report.

    Raises:
        ConfigError: something that the stage needs is not configured or not installed.
    """
    stage, places = STAGES[name], RunFolder(config.run.output)
    stage.require(config, executor)
    check_stage(name, config)
    record_results(places.path, (places.config, places.stages, *_files_of(stage, places)))
    with atomic_file(places.config) as file:
        file.write(config.as_toml())
    inputs, log = stage.inputs(config), StageLog(places.path)
    log.forget(name)
    report = stage.run(config, progress, executor)
    if stage.is_complete(report):
        log.record(name, inputs)
    return report


def check_stage(name: str, config: Sections) -> None:
    """Check that what a stage writes replaces nothing but what an earlier run wrote.

    Raises:
        DataError: a file of another origin is in the way.
    """
    stage, places = STAGES[name], RunFolder(config.run.output)
    check_results(places.path, (places.config, places.stages, *_files_of(stage, places)))
    if places.model in stage.outputs(places):
        check_folder(places.model, MODEL)


def _files_of(stage: Stage, places: RunFolder) -> list[Path]:
    """Return the files that a stage replaces: not the store, which only grows, nor the model."""
    return [one for one in stage.outputs(places) if one not in (places.replies, places.model)]


def why_stale(name: str, config: Sections) -> str | None:
    """Return why a stage has to run, in words; None if its output stands."""
    stage, places = STAGES[name], RunFolder(config.run.output)
    log = StageLog(places.path)
    return log.why_stale(name, stage.inputs(config), stage.outputs(places))


def required_corpus(config: Sections, name: str, hint: str) -> CorpusConfig:
    """Return a corpus of the configuration.

    Raises:
        ConfigError: it is not configured.
    """
    corpus: CorpusConfig | None = getattr(config.corpora, name)
    if corpus is None:
        raise ConfigError(f"corpora.{name}: missing; {hint}")
    return corpus


def silver_corpus(config: Sections) -> CorpusConfig:
    """Return where the silver is: the configured file, or the one that `locate` writes."""
    places = RunFolder(config.run.output)
    return config.corpora.silver or CorpusConfig(path=places.silver, format="jsonl")


def scored_corpus(config: Sections) -> tuple[str, CorpusConfig]:
    """Return name and place of the corpus that the student is scored on: test, or else dev."""
    if config.corpora.test is None and config.corpora.dev is not None:
        return "dev", config.corpora.dev
    return "test", required_corpus(config, "test", "name the gold file to score the student on")


# What goes in


def _corpus_inputs(name: str, corpus: CorpusConfig | None) -> Iterator[tuple[str, str]]:
    if corpus is not None:
        how = digest_section(corpus.model_copy(update={"path": Path()}))
        yield f"corpora.{name}", how + digest_file(corpus.path)


def _section_inputs(config: Sections, *names: str) -> Mapping[str, str]:
    digests = {f"[{name}]": digest_section(getattr(config, name)) for name in names}
    return {"version of vermeil": version("vermeil"), **digests}


def _annotate_inputs(config: Sections) -> Inputs:
    pool = _corpus_inputs("pool", config.corpora.pool)
    inputs = {**_section_inputs(config, "task", "teacher"), **dict(pool)}
    if config.teacher.demonstrations.kind != "none":
        for name in ("gold", "dev", "test"):
            inputs.update(_corpus_inputs(name, getattr(config.corpora, name)))
    return inputs


def _locate_inputs(config: Sections) -> Inputs:
    replies = digest_file(RunFolder(config.run.output).replies)
    return {**_annotate_inputs(config), "replies": replies}


def _train_inputs(config: Sections) -> Inputs:
    inputs = {
        **_section_inputs(config, "task", "student", "blending"),
        "run.seed": str(config.run.seed),
        **dict(_corpus_inputs("gold", config.corpora.gold)),
    }
    if config.blending.regimen == "auto":
        inputs.update(_section_inputs(config, "selection"))
    if selects_on_dev(config):
        inputs.update(_corpus_inputs("dev", config.corpora.dev))
    if uses_silver(config):
        inputs.update(_corpus_inputs("silver", silver_corpus(config)))
    return inputs


def _evaluate_inputs(config: Sections) -> Inputs:
    return {
        **_section_inputs(config, "task"),
        "model": digest_file(RunFolder(config.run.output).model),
        **dict(_corpus_inputs(*scored_corpus(config))),
    }


# What is done


def uses_silver(config: Sections) -> bool:
    """Whether the regimen trains on silver."""
    return config.blending.regimen != "gold_only"


def uses_gold(config: Sections) -> bool:
    """Whether the regimen trains on gold."""
    return config.blending.regimen != "silver_only"


def selects_on_dev(config: Sections) -> bool:
    """Whether the best state of training is chosen on dev."""
    return config.student.select == "best_dev"


def _silver_skip_reason(config: Sections) -> str | None:
    if config.corpora.silver is not None:
        return f"corpora.silver is given: {config.corpora.silver.path}"
    if not uses_silver(config):
        return f"the regimen {config.blending.regimen} uses no silver"
    return None


def _evaluate_skip_reason(config: Sections) -> str | None:
    if config.corpora.test is None and config.corpora.dev is None:
        return "neither corpora.test nor corpora.dev is given"
    return None


@dataclass(frozen=True, slots=True)
class _StreamedCorpus:
    """The documents of a file, read anew, one at a time, whenever they are gone through."""

    config: CorpusConfig

    def __iter__(self) -> Iterator[Document]:
        return read_corpus(self.config)


def pool_documents(config: Sections) -> Iterable[Document]:
    """Return the documents of the pool; from a file they are never all in memory."""
    pool = required_corpus(config, "pool", "name the text that the teacher is to annotate")
    return list(read_corpus(pool)) if pool.path == STDIN else _StreamedCorpus(pool)


def _annotate(config: Sections, progress: Progress, executor: Executor) -> Report:
    from vermeil.jobs.annotate import annotate
    from vermeil.teacher.engine import send_requests

    report = annotate(
        pool_documents(config),
        make_task(config.task),
        config.teacher,
        RunFolder(config.run.output).replies,
        progress,
        demonstrations_for(config),
        executor.send_requests or send_requests,
    )
    return report.as_dict()


def _failures(report: Report) -> int:
    asked = (report, report.get("verify", {"states": {}}))
    left = ("failed", "over_budget", "pending")
    return sum(one["states"].get(name, 0) for one in asked for name in left)


def _locate(config: Sections, progress: Progress, _executor: Executor) -> Report:
    from vermeil.jobs.locate import locate

    pool = required_corpus(config, "pool", "name the text that the teacher was asked about")
    places = RunFolder(config.run.output)
    task = make_task(config.task)
    located = locate(
        list(read_corpus(pool)),
        task,
        config.teacher,
        places.replies,
        progress,
        demonstrations_for(config),
    )
    write_corpus(located.documents, places.silver, "jsonl", overwrite=True)
    report = located.as_dict()
    write_json(places.locate_report, report)
    return report


def training_documents(
    config: Sections, task: Task
) -> tuple[list[Document], list[Document], list[Document]]:
    """Return what `train` needs of gold, silver and dev; empty where the regimen needs none.

    Raises:
        ConfigError: a corpus that is needed is not configured.
    """
    gold: list[Document] = []
    silver: list[Document] = []
    dev: list[Document] = []
    if uses_gold(config):
        corpus = required_corpus(config, "gold", "name the annotated file to train on")
        gold = list(read_corpus(corpus, task.check))
    if uses_silver(config):
        silver = list(read_corpus(silver_corpus(config), task.check))
    if selects_on_dev(config):
        corpus = required_corpus(
            config, "dev", "name the annotated file to choose the best state by"
        )
        dev = list(read_corpus(corpus, task.check))
    return gold, silver, dev


def _train(config: Sections, progress: Progress, executor: Executor) -> Report:
    from vermeil.jobs.train import train

    task = make_task(config.task)
    gold, silver, dev = training_documents(config, task)
    report = (executor.train or train)(
        gold,
        silver,
        task,
        config.student,
        config.blending,
        config.run.seed,
        RunFolder(config.run.output).model,
        progress,
        dev,
        selection=config.selection,
    )
    return report.as_dict()


def _evaluate(config: Sections, progress: Progress, _executor: Executor) -> Report:
    from vermeil.jobs.evaluate_files import evaluate_files

    places = RunFolder(config.run.output)
    name, corpus = scored_corpus(config)
    report = {"corpus": name, **evaluate_files(places.model, corpus, progress).as_dict()}
    write_json(places.evaluation, report)
    return report


def _require_annotate(config: Sections, _means: Executor) -> None:
    require_teachers(config.teacher)
    _require_locate(config, _means)


def _require_locate(config: Sections, _means: Executor) -> None:
    wanted, corpora = config.teacher.demonstrations, config.corpora
    require_demonstrations(wanted)
    shown = () if wanted.kind == "none" else (corpora.gold, corpora.dev, corpora.test)
    require_readable(corpora.pool, *shown)


def _require_train(config: Sections, means: Executor) -> None:
    if means.train is None:
        require_training("vermeil train", config.student)
    corpora = config.corpora
    require_readable(
        corpora.gold if uses_gold(config) else None,
        corpora.silver if uses_silver(config) else None,
        corpora.dev if selects_on_dev(config) else None,
    )


def _require_evaluate(config: Sections, _means: Executor) -> None:
    require_prediction("vermeil evaluate")
    require_readable(scored_corpus(config)[1])


STAGES: dict[str, Stage] = {
    "annotate": Stage(
        _annotate_inputs,
        lambda places: (places.replies,),
        _annotate,
        _silver_skip_reason,
        lambda report: not _failures(report),
        _require_annotate,
    ),
    "locate": Stage(
        _locate_inputs,
        lambda places: (places.silver, places.locate_report),
        _locate,
        _silver_skip_reason,
        require=_require_locate,
    ),
    "train": Stage(_train_inputs, lambda places: (places.model,), _train, require=_require_train),
    "evaluate": Stage(
        _evaluate_inputs,
        lambda places: (places.evaluation,),
        _evaluate,
        _evaluate_skip_reason,
        require=_require_evaluate,
    ),
}
"""Every stage, in the order in which a run does them."""
