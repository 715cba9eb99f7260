"""Settings that do best on dev, by Ray Tune."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from vermeil.blending.config import BlendingConfig
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import connected, worker_options
from vermeil.cluster.driver import drive, name_of, storage_of
from vermeil.cluster.tuning import MIN_SCORE, DimensionConfig, TuneConfig, applied, check_space
from vermeil.corpora import write_corpus
from vermeil.data.atomic import write_json
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.errors import ConfigError, TrainingError
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task

_METRIC, _BEST = "dev_f1", "best_dev_f1"


@dataclass(frozen=True, slots=True)
class TuneReport:
    """What a search found.

    Args:
        folder: holds ``tune.json`` and, where silver.min_score was searched, ``silver.jsonl``.
        trials: values, best dev F1 and number of scorings of each trial, the best one first.
        overrides: the best trial's values, as ``--set`` takes them.
        failed: trials that ended with an error.
    """

    folder: Path
    trials: list[dict[str, Any]]
    overrides: list[str]
    failed: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "trials": self.trials,
            "overrides": self.overrides,
            "failed": self.failed,
            "folder": str(self.folder),
        }


@dataclass(frozen=True, slots=True)
class Work:
    """What every trial is about.

    Args:
        gold: documents that people annotated.
        silver: documents that the teacher annotated.
        dev: documents to choose by.
        task: what the student does.
        student: settings, where the space does not say.
        blending: the same.
        seed: of every training.
    """

    gold: Sequence[Document]
    silver: Sequence[Document]
    dev: Sequence[Document]
    task: Task
    student: StudentConfig
    blending: BlendingConfig
    seed: int


def tune(
    work: Work,
    config: TuneConfig,
    cluster: ClusterConfig,
    output: Path,
    progress: Progress = silent,
) -> TuneReport:
    """Search settings, on dev only: many short trainings, of which the better ones go on (ASHA).

    Each trial is one training on ``cluster.cpus`` processors. A search that was stopped goes on; a
    trial whose worker died starts anew, ``cluster.retries`` times. The points are drawn with
    ``tune.seed``; which of them are ended early depends on how fast they are beside each other.

    Args:
        work: documents, and settings where the space does not say.
        config: the space, and how long is searched.
        cluster: which cluster, and what a trial gets of it.
        output: the search's folder.
        progress: told after every scoring.

    Raises:
        ConfigError: a key of the space is unknown or its values are impossible, or dev is missing.
        TrainingError: every trial failed.
    """
    if not work.dev:
        raise ConfigError("corpora.dev: missing; name the annotated file to choose settings by")
    check_space(config, work.student, work.blending)
    states = storage_of(cluster, output / "ray"), name_of("tune", output)
    trials, failed = drive(cluster, partial(_search, work, config, cluster, states), progress)
    overrides = [f"{name}={_toml(value)}" for name, value in trials[0]["values"].items()]
    if MIN_SCORE in trials[0]["values"]:
        place = output / "silver.jsonl"
        write_corpus(_sure(work.silver, trials[0]["values"][MIN_SCORE]), place, "jsonl")
        overrides = [o for o in overrides if not o.startswith(MIN_SCORE)]
        overrides.append(f"corpora.silver={_toml(str(place.absolute()))}")
    report = TuneReport(output, trials, overrides, failed)
    write_json(output / "tune.json", report.as_dict())
    return report


def _search(
    work: Work,
    config: TuneConfig,
    cluster: ClusterConfig,
    states: tuple[str, str],
    progress: Progress,
) -> tuple[list[dict[str, Any]], int]:
    from ray import tune as search

    options = worker_options(cluster)
    bundle = {"cpu": options["num_cpus"], "gpu": cluster.gpus, **options.get("resources", {})}
    if "memory" in options:
        bundle["memory"] = options["memory"]
    held = {"work": work, "evaluations": config.evaluations, "threads": cluster.threads}
    storage, name = states
    with connected(cluster), _telling(progress, config.trials) as telling:
        trial = search.with_resources(search.with_parameters(_trial, **held), bundle)
        run = search.RunConfig(
            name=name,
            storage_path=storage,
            failure_config=search.FailureConfig(max_failures=cluster.retries),
            callbacks=[telling],
            verbose=0,
        )
        results = _tuner(trial, config, cluster, run).fit()
    trials = [_described(result) for result in results if _METRIC in (result.metrics or {})]
    if not trials:
        raise TrainingError(f"every trial failed; the first one: {next(iter(results)).error}")
    trials.sort(key=lambda one: (-one[_METRIC], str(one["values"])))
    return trials, results.num_errors


def _tuner(trial: Any, config: TuneConfig, cluster: ClusterConfig, run: Any) -> Any:
    """Return a search, or what was left of one that was stopped."""
    from ray import tune as search
    from ray.tune.schedulers import ASHAScheduler
    from ray.tune.search.basic_variant import BasicVariantGenerator

    place = f"{run.storage_path}/{run.name}"
    if search.Tuner.can_restore(place):
        return search.Tuner.restore(place, trial, resume_errored=True)
    return search.Tuner(
        trial,
        param_space={n: _domain(d) for n, d in config.dimensions().items()},
        tune_config=search.TuneConfig(
            metric=_METRIC,
            mode="max",
            num_samples=config.trials,
            scheduler=ASHAScheduler(
                max_t=config.evaluations,
                grace_period=config.grace,
                reduction_factor=config.reduction,
            ),
            search_alg=BasicVariantGenerator(
                random_state=config.seed, max_concurrent=cluster.workers or 0
            ),
        ),
        run_config=run,
    )


def _described(result: Any) -> dict[str, Any]:
    """Return a trial: its values, the best F1 of its scorings, and how many there were."""
    return {
        "values": dict(result.config),
        _METRIC: float(result.metrics[_BEST]),
        "evaluations": int(result.metrics["training_iteration"]),
    }


def _trial(values: dict[str, Any], work: Work, evaluations: int, threads: int) -> None:
    """Train once, in a worker, and report every scoring on dev."""
    from ray import tune as search

    from vermeil.jobs.train import dev_f1, train_student
    from vermeil.student.student import Student
    from vermeil.student.training import Surroundings

    student, blending = applied(values, work.student, work.blending)
    choosing = {"select": "best_dev", "evaluations": evaluations, "patience": None}
    student = student.model_copy(update={**choosing, "threads": threads})
    fresh = Student.create(work.task, student, work.seed)
    silver = _sure(work.silver, values.get(MIN_SCORE, 0.0))
    encoded = (fresh.encode(work.gold, "gold"), fresh.encode(silver, "silver"))

    scores: list[float] = []

    def score() -> float:
        f1 = dev_f1(fresh, work.dev)
        scores.append(f1)
        search.report({_METRIC: f1, _BEST: max(scores)})
        return f1

    train_student(fresh, *encoded, blending, work.seed, Surroundings(score=score))


def _sure(documents: Sequence[Document], least: float) -> list[Document]:
    """Return documents in which spans with a lower score have become abstentions."""
    return [_without_doubtful(document, least) for document in documents]


def _without_doubtful(document: Document, least: float) -> Document:
    spans = document.spans or ()
    doubtful = [s for s in spans if s.score is not None and s.score < least]
    if not doubtful:
        return document
    annotation = document.annotation
    abstain = sorted({*annotation.abstain, *((s.start, s.end) for s in doubtful)})
    kept = tuple(s for s in spans if s not in doubtful)
    return document.with_annotation(replace(annotation, spans=kept, abstain=tuple(abstain)))


def _domain(dimension: DimensionConfig) -> Any:
    """Return a dimension as Ray Tune names it."""
    from ray import tune as search

    if dimension.values is not None:
        return search.choice(list(dimension.values))
    low, high = dimension.low or 0.0, dimension.high or 0.0
    name = ("log" if dimension.log else "") + ("randint" if dimension.whole else "uniform")
    end = round(high) + 1 if dimension.whole else high  # randint leaves its end out
    return getattr(search, name)(round(low) if dimension.whole else low, end)


_LISTENERS: dict[int, Progress] = {}
"""Who is told of a search in this process; Ray Tune copies and stores what it is given itself."""


def _tell(listener: int, ended: int, trials: int, best: float) -> None:
    _LISTENERS[listener]("tune", ended, trials, {_METRIC: best})


@contextmanager
def _telling(progress: Progress, trials: int) -> Iterator[Any]:
    """Give something that tells how many trials have ended, and the best F1 so far."""
    from ray.tune import Callback

    class Telling(Callback):  # type: ignore[misc]
        def __init__(self, listener: int, trials: int) -> None:
            self._listener, self._trials = listener, trials
            self._ended, self._best = 0, 0.0

        def on_trial_result(self, **info: Any) -> None:
            self._best = max(self._best, info["result"].get(_METRIC, 0.0))
            self._tell()

        def on_trial_complete(self, **_info: Any) -> None:
            self._ended += 1
            self._tell()

        def _tell(self) -> None:
            ended = min(self._ended, self._trials)
            _tell(self._listener, ended, self._trials, self._best)

    number = id(progress)
    _LISTENERS[number] = progress
    try:
        yield Telling(number, trials)
    finally:
        del _LISTENERS[number]


def _toml(value: Any) -> str:
    import tomlkit

    return str(tomlkit.item(value).as_string())
