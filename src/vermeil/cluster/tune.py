"""The search for settings that do best on dev, by Ray Tune."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import connected, worker_options
from vermeil.cluster.driver import job_name, run_on_driver, storage_for
from vermeil.data.progress import Progress, silent
from vermeil.errors import TrainingError
from vermeil.optional import require
from vermeil.student.config import StudentConfig
from vermeil.student.network.encoder import require_encoder
from vermeil.tuning.config import DimensionConfig, TuneConfig
from vermeil.tuning.report import ScoredTrial, TuneReport, check_report, write_report
from vermeil.tuning.trial import TuneInputs, train_trial

_METRIC, _BEST = "dev_f1", "best_dev_f1"


def tune(
    inputs: TuneInputs,
    config: TuneConfig,
    cluster: ClusterConfig,
    output: Path,
    progress: Progress = silent,
) -> TuneReport:
    """Search the settings that do best on dev, with many short trainings on a cluster.

    Points are drawn at random with ``tune.seed``. ASHA ends trials early that lag behind. Which
    ones those are depends on how fast trials are beside each other. Each trial is one training on
    ``cluster.cpus`` processors. The same call continues a search that was stopped. A trial whose
    worker died starts anew, ``cluster.retries`` times.

    Args:
        inputs: documents, and settings where the space names none.
        config: the space, and how long is searched.
        cluster: which cluster, and the resources of a trial.
        output: the search's folder.
        progress: called after every scoring with the number of finished trials and the best F1.

    Raises:
        ConfigError: a key of the space is unknown or its values are impossible, dev is missing, or
            Ray is not installed.
        TrainingError: every trial failed.
        DataError: a file of another origin is in the way; raised before the search.
    """
    require_tuning(cluster, inputs.student)
    inputs.check(config)
    check_report(output)
    states = storage_for(cluster, output / "ray"), job_name("tune", output)
    trials, failed = run_on_driver(
        cluster, partial(_search, inputs, config, cluster, states), progress
    )
    return write_report(trials, failed, inputs, output)


def require_tuning(cluster: ClusterConfig, student: StudentConfig) -> None:
    """Raise `ConfigError` unless a search can be started here: Ray, and torch for local workers."""
    if cluster.address == "local":
        require_encoder("vermeil tune", student.encoder, "ray")
    else:
        require("vermeil tune", "ray")


def _search(
    inputs: TuneInputs,
    config: TuneConfig,
    cluster: ClusterConfig,
    states: tuple[str, str],
    progress: Progress,
) -> tuple[list[ScoredTrial], int]:
    from ray import tune as search

    options = worker_options(cluster)
    bundle = {"cpu": options["num_cpus"], "gpu": cluster.gpus, **options.get("resources", {})}
    if "memory" in options:
        bundle["memory"] = options["memory"]
    held = {"inputs": inputs, "evaluations": config.evaluations, "threads": cluster.threads}
    storage, name = states
    with connected(cluster), _relaying(progress, config.trials) as relay:
        trial = search.with_resources(search.with_parameters(_trial, **held), bundle)
        run = search.RunConfig(
            name=name,
            storage_path=storage,
            failure_config=search.FailureConfig(max_failures=cluster.retries),
            callbacks=[relay],
            verbose=0,
        )
        results = _tuner(trial, config, cluster, run).fit()
    trials = [_trial_record(result) for result in results if _METRIC in (result.metrics or {})]
    if not trials:
        raise TrainingError(f"every trial failed; the first one: {next(iter(results)).error}")
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
        param_space={n: _search_domain(d) for n, d in config.dimensions().items()},
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


def _trial_record(result: Any) -> ScoredTrial:
    """Return a trial with the best F1 of its scorings."""
    metrics = result.metrics
    return ScoredTrial(
        dict(result.config), float(metrics[_BEST]), int(metrics["training_iteration"])
    )


def _trial(values: dict[str, Any], inputs: TuneInputs, evaluations: int, threads: int) -> None:
    """Train once, in a worker, and report every scoring on dev to Ray Tune."""
    from ray import tune as search

    scores: list[float] = []

    def scored(f1: float) -> None:
        scores.append(f1)
        search.report({_METRIC: f1, _BEST: max(scores)})

    train_trial(values, inputs, evaluations, scored, threads)


def _search_domain(dimension: DimensionConfig) -> Any:
    """Return a dimension as Ray Tune names it."""
    from ray import tune as search

    if dimension.values is not None:
        return search.choice(list(dimension.values))
    low, high = dimension.bounds()
    name = ("log" if dimension.log else "") + ("randint" if dimension.whole else "uniform")
    return getattr(search, name)(low, high + 1 if dimension.whole else high)  # randint: exclusive


_CALLBACKS: dict[int, Progress] = {}
"""Progress callbacks of the searches in this process. Ray Tune copies and stores its callbacks, so
they hold only a number."""


def _notify(listener: int, ended: int, trials: int, best: float) -> None:
    _CALLBACKS[listener]("tune", ended, trials, {_METRIC: best})


@contextmanager
def _relaying(progress: Progress, trials: int) -> Iterator[Any]:
    """Give a callback of Ray Tune that reports the number of ended trials and the best F1."""
    from ray.tune import Callback

    class Relay(Callback):  # type: ignore[misc]
        def __init__(self, listener: int, trials: int) -> None:
            self._listener, self._trials = listener, trials
            self._ended, self._best = 0, 0.0

        def on_trial_result(self, **info: Any) -> None:
            self._best = max(self._best, info["result"].get(_METRIC, 0.0))
            self._report()

        def on_trial_complete(self, **_info: Any) -> None:
            self._ended += 1
            self._report()

        def _report(self) -> None:
            ended = min(self._ended, self._trials)
            _notify(self._listener, ended, self._trials, self._best)

    number = id(progress)
    _CALLBACKS[number] = progress
    try:
        yield Relay(number, trials)
    finally:
        del _CALLBACKS[number]
