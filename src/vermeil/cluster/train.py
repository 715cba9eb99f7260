"""Data-parallel training of one student with Ray Train."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from vermeil.blending.regimens import REGIMENS
from vermeil.cluster.archive import create_archive, extract_archive
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import connected, require_ray, worker_options
from vermeil.cluster.driver import job_name, run_on_driver, storage_for
from vermeil.cluster.progress_relay import open_progress_relay, relay_progress
from vermeil.cluster.storage import StorageUri
from vermeil.data.atomic import atomic_folder
from vermeil.data.leftovers import remove_leftovers
from vermeil.data.lock import lock_path
from vermeil.data.progress import Progress, silent
from vermeil.data.written import MODEL, check_folder
from vermeil.errors import ConfigError, TrainingError, VermeilError
from vermeil.jobs.executor import TrainFunction
from vermeil.jobs.recommended import WITHOUT_MEASUREMENT, recommend, with_regimen
from vermeil.jobs.train import ONE_PROCESS_ERROR, TrainReport, checkpoint_folder
from vermeil.optional import require
from vermeil.training.job import TrainJob, takes_job
from vermeil.training.usable_silver import check_silver

if TYPE_CHECKING:
    from vermeil.student.loop.checkpoint import OnCheckpoint

_MODEL, _STATE = "model", "state"
"""Folders in a Ray checkpoint: the finished model, or a training state to resume from."""


def trainer_for(cluster: ClusterConfig, folder: Path) -> TrainFunction:
    """Return a function that trains on a cluster, with the parameters of `vermeil.train`.

    ``cluster.workers`` processes share every batch. The batch plan is that of one process. The
    result is the same, apart from dropout, which each process draws separately. Processes
    communicate through NCCL if each has a GPU, otherwise through gloo. Training states are written
    to Ray's storage every ``student.checkpoint_seconds``. After the loss of a machine, training
    resumes from the last state, at most ``cluster.retries`` times. After an interruption, the same
    call resumes it.

    Args:
        cluster: address, number of workers, and resources of each worker.
        folder: Ray's storage if ``cluster.storage`` is not set. All machines must be able to
            access it.
    """
    require("vermeil train", "ray", *(("train",) if cluster.address == "local" else ()))

    @takes_job
    def train(
        job: TrainJob,
        output: Path | str,
        progress: Progress = silent,
        *,
        on_checkpoint: OnCheckpoint | None = None,
        overwrite: bool = False,
    ) -> TrainReport:
        output = Path(output)
        check_folder(output, MODEL, overwrite=overwrite)
        if REGIMENS[job.blending.regimen].makes_silver:
            raise ConfigError(ONE_PROCESS_ERROR.format(regimen=job.blending.regimen))
        if on_checkpoint is not None:
            raise ConfigError(
                "on_checkpoint: a cluster keeps its checkpoints in Ray's storage and cannot call a "
                "function of this process; leave it out"
            )
        check_silver(job)
        if job.blending.regimen == "recommended":
            job = _with_recommended(job)
        student = job.student.model_copy(update={"threads": cluster.threads})
        states = storage_for(cluster, folder), job_name("train", output)
        with lock_path(output):
            remove_leftovers(output)
            archive, record, uses_letter_case = run_on_driver(
                cluster, partial(_fit, replace(job, student=student), cluster, *states), progress
            )
            with atomic_folder(output, MODEL, overwrite=overwrite) as model_folder:
                extract_archive(archive, model_folder)
        return TrainReport(output, record, uses_letter_case)

    return train


def _with_recommended(job: TrainJob) -> TrainJob:
    """Return the job with the recommended regimen, as far as several processes can train it."""
    regimen = recommend(job.gold, job.silver, job.task).regimen
    if REGIMENS[regimen].makes_silver:
        regimen = WITHOUT_MEASUREMENT
    return with_regimen(job, regimen)


def _fit(
    job: TrainJob, cluster: ClusterConfig, storage: str, name: str, progress: Progress
) -> tuple[bytes, dict[str, Any], bool]:
    """Train; return the model's archive, its training record, and whether it uses letter case."""
    ray = require_ray()
    from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    with connected(cluster), open_progress_relay(progress) as relay:
        trainer = TorchTrainer(
            _train_worker,
            train_loop_config={"job": ray.put(job), "relay": relay},
            torch_config=TorchConfig(backend="nccl" if cluster.gpus else "gloo"),
            scaling_config=ScalingConfig(
                num_workers=cluster.workers or 1,
                use_gpu=bool(cluster.gpus),
                resources_per_worker=_resource_bundle(cluster),
            ),
            run_config=RunConfig(
                name=name,
                storage_path=storage,
                failure_config=FailureConfig(max_failures=cluster.retries),
                checkpoint_config=CheckpointConfig(num_to_keep=2),
            ),
        )
        try:
            result = _run_in_thread(trainer.fit)
        except ray.train.TrainingFailedError as error:
            raise _root_cause(error) from None
    if result.checkpoint is None or "record" not in (result.metrics or {}):
        raise TrainingError(
            "Ray Train ended without a model; see its messages in Ray's log folder, then run the "
            "same command again"
        )
    with result.checkpoint.as_directory() as folder:
        archive = create_archive(Path(folder) / _MODEL)
    _delete_checkpoints(storage, name)
    return archive, result.metrics["record"], result.metrics["uses_letter_case"]


def _run_in_thread(work: Callable[[], Any]) -> Any:
    """Run a function in another thread, so that Ray Train does not handle Ctrl-C itself."""
    outcome: Future[Any] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="vermeil-train", daemon=True).start()
    return outcome.result()


def _resource_bundle(cluster: ClusterConfig) -> dict[str, float]:
    options = worker_options(cluster)
    bundle = {"CPU": options["num_cpus"], **options.get("resources", {})}
    if cluster.gpus:
        bundle["GPU"] = cluster.gpus
    if "memory" in options:
        bundle["memory"] = options["memory"]
    return bundle


def _train_worker(config: dict[str, Any]) -> None:
    """Train in one of the worker processes, and report checkpoints to Ray."""
    ray = require_ray()
    from vermeil.jobs.train import train

    job = ray.get(config["job"])
    is_rank_zero = ray.train.get_context().get_world_rank() == 0
    progress = relay_progress(config["relay"]) if is_rank_zero else silent
    with TemporaryDirectory(prefix="vermeil-") as folder:
        output = Path(folder) / "model"
        last_checkpoint = ray.train.get_checkpoint()
        if last_checkpoint is not None:
            with last_checkpoint.as_directory() as source:
                if (Path(source) / _MODEL).exists():
                    return  # the model was finished; only its report was lost
                shutil.copytree(Path(source) / _STATE, checkpoint_folder(output))

        def on_checkpoint(state: Path) -> None:
            _report_checkpoint({}, state, _STATE, is_rank_zero)

        report = train(job, output, progress, on_checkpoint=on_checkpoint)
        metrics = {"record": report.record, "uses_letter_case": report.uses_letter_case}
        _report_checkpoint(metrics, output, _MODEL, is_rank_zero)


def _report_checkpoint(
    metrics: dict[str, Any], folder: Path, name: str, is_rank_zero: bool
) -> None:
    """Report a folder to Ray as a checkpoint with one entry; every process must call this."""
    ray = require_ray()
    from ray.train import Checkpoint

    if not is_rank_zero:
        ray.train.report(metrics)
        return
    with TemporaryDirectory(prefix="vermeil-") as checkpoint:
        shutil.copytree(folder, Path(checkpoint) / name)
        ray.train.report(metrics, checkpoint=Checkpoint.from_directory(checkpoint))


def _delete_checkpoints(storage: str, name: str) -> None:
    """Delete the checkpoints of a finished training from Ray's storage."""
    system, path = StorageUri(storage).open()
    system.delete_dir(f"{path}/{name}")


def _root_cause(error: Any) -> BaseException:
    """Return the Vermeil error that stopped a worker, or a `TrainingError` with Ray's message."""
    failures = getattr(error, "worker_failures", {})
    for failure in failures.values():
        cause = getattr(failure, "cause", None) or failure
        if isinstance(cause, VermeilError):
            return cause
    return TrainingError(
        f"Ray Train stopped: {str(error).splitlines()[-1]}\n"
        "finished work is stored: run the same command again to resume"
    )
