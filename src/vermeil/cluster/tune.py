"""Search for the training settings with the best F1 on dev, with Ray Tune."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import connected, worker_options
from vermeil.cluster.driver import job_name, run_on_driver, storage_for
from vermeil.data.lock import lock_folder
from vermeil.data.progress import Progress, silent
from vermeil.errors import TrainingError
from vermeil.optional import require
from vermeil.student.config import StudentConfig
from vermeil.student.network.encoder import require_encoder
from vermeil.training.job import TrainJob
from vermeil.tuning.config import DimensionConfig, TuneConfig
from vermeil.tuning.report import ScoredTrial, TuneReport, check_report, write_report
from vermeil.tuning.trial import check_search, train_trial

_METRIC, _BEST = "dev_f1", "best_dev_f1"


def tune(
    job: TrainJob,
    config: TuneConfig,
    cluster: ClusterConfig,
    output: Path,
    progress: Progress = silent,
) -> TuneReport:
    """Search for the settings with the best F1 on dev, with many short trainings on a cluster.

    Points are drawn at random with ``tune.seed``. ASHA ends trials with low scores early. The
    choice of those trials depends on their relative speed. Each trial is one training on
    ``cluster.cpus`` processors. The same call continues an interrupted search. A trial whose worker
    died restarts, at most ``cluster.retries`` times.

    Args:
        job: documents, and settings that the space does not name.
        config: search space and length of the search.
        cluster: address, and resources of a trial.
        output: folder of the search.
        progress: called after every scoring with the number of finished trials and the best F1.

    Raises:
        ConfigError: a key of the space is unknown, its values are invalid, dev is missing, or
            Ray is not installed.
        TrainingError: every trial failed.
        DataError: Vermeil did not write a file that is to be replaced; raised before the search.
    """
    require_tuning(cluster, job.student)
    check_search(job, config)
    check_report(output)
    states = storage_for(cluster, output / "ray"), job_name("tune", output)
    with lock_folder(output):
        trials, failed = run_on_driver(
            cluster, partial(_search, job, config, cluster, states), progress
        )
        return write_report(trials, failed, job, output)


def require_tuning(cluster: ClusterConfig, student: StudentConfig) -> None:
    """Raise `ConfigError` if Ray is missing, or torch and the encoder for local workers."""
    if cluster.address == "local":
        require_encoder("vermeil tune", student.encoder, "ray")
    else:
        require("vermeil tune", "ray")


def _search(
    job: TrainJob,
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
    shared = {"job": job, "evaluations": config.evaluations, "threads": cluster.threads}
    storage, name = states
    with connected(cluster), _relaying(progress, config.trials) as relay:
        trial = search.with_resources(search.with_parameters(_trial, **shared), bundle)
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
        raise TrainingError(f"every trial failed; first error: {next(iter(results)).error}")
    return trials, results.num_errors


def _tuner(trial: Any, config: TuneConfig, cluster: ClusterConfig, run: Any) -> Any:
    """Return a new search, or the stored state of an interrupted one."""
    from ray import tune as search
    from ray.tune.schedulers import ASHAScheduler
    from ray.tune.search.basic_variant import BasicVariantGenerator

    folder = f"{run.storage_path}/{run.name}"
    if search.Tuner.can_restore(folder):
        return search.Tuner.restore(folder, trial, resume_errored=True)
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
    """Return the values of a trial with the best F1 of its scorings."""
    metrics = result.metrics
    return ScoredTrial(
        dict(result.config), float(metrics[_BEST]), int(metrics["training_iteration"])
    )


def _trial(values: dict[str, Any], job: TrainJob, evaluations: int, threads: int) -> None:
    """Train once, in a worker, and report every scoring on dev to Ray Tune."""
    from ray import tune as search

    scores: list[float] = []

    def on_score(f1: float) -> None:
        scores.append(f1)
        search.report({_METRIC: f1, _BEST: max(scores)})

    train_trial(values, job, evaluations, on_score, threads)


def _search_domain(dimension: DimensionConfig) -> Any:
    """Return Ray Tune's search domain for a dimension."""
    from ray import tune as search

    if dimension.values is not None:
        return search.choice(list(dimension.values))
    low, high = dimension.bounds()
    name = ("log" if dimension.log else "") + ("randint" if dimension.whole else "uniform")
    return getattr(search, name)(low, high + 1 if dimension.whole else high)  # randint: exclusive


_CALLBACKS: dict[int, Progress] = {}
"""Progress callbacks of the searches in this process. Ray Tune copies and stores its callbacks, so
they hold only the key of an entry."""


def _report_progress(key: int, ended: int, trials: int, best: float) -> None:
    _CALLBACKS[key]("tune", ended, trials, {_METRIC: best})


@contextmanager
def _relaying(progress: Progress, trials: int) -> Iterator[Any]:
    """Yield a callback for Ray Tune that reports the number of ended trials and the best F1."""
    from ray.tune import Callback

    class Relay(Callback):  # type: ignore[misc]
        def __init__(self, key: int, trials: int) -> None:
            self._key, self._trials = key, trials
            self._ended, self._best = 0, 0.0

        def on_trial_result(self, **info: Any) -> None:
            self._best = max(self._best, info["result"].get(_METRIC, 0.0))
            self._report()

        def on_trial_complete(self, **_info: Any) -> None:
            self._ended += 1
            self._report()

        def _report(self) -> None:
            ended = min(self._ended, self._trials)
            _report_progress(self._key, ended, self._trials, self._best)

    key = id(progress)
    _CALLBACKS[key] = progress
    try:
        yield Relay(key, trials)
    finally:
        del _CALLBACKS[key]
