"""Training with data parallel, by Ray Train."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vermeil.blending.config import BlendingConfig
from vermeil.blending.schedules import Schedule
from vermeil.cluster.archive import create_archive, extract_archive
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import connected, require_ray, worker_options
from vermeil.cluster.driver import job_name, run_on_driver, storage_for
from vermeil.cluster.progress_relay import open_progress_relay, relay_progress
from vermeil.cluster.storage import StorageUri
from vermeil.data.atomic import atomic_folder
from vermeil.data.document import Document
from vermeil.data.progress import Progress, silent
from vermeil.data.written import MODEL, check_folder
from vermeil.errors import ConfigError, TrainingError, VermeilError
from vermeil.jobs.train import ONE_PROCESS_ERROR, TrainReport, checkpoint_folder
from vermeil.optional import require
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task

_MODEL, _STATE = "model", "state"
"""Folders in one of Ray's checkpoints: the whole model, or the state to go on from."""


def trainer_for(cluster: ClusterConfig, folder: Path) -> Callable[..., TrainReport]:
    """Return what trains on a cluster, in place of `vermeil.train`, with the same arguments.

    ``cluster.workers`` processes share every batch: the plan is that of one process, so is the
    result, apart from dropout, which each process draws for itself. They talk through NCCL where
    each has a GPU, else through gloo. States go to Ray's storage as often as
    ``student.checkpoint_seconds`` says: when a machine dies the training goes on from the last one,
    ``cluster.retries`` times; when it was stopped, the same call goes on.

    Args:
        cluster: which cluster, how many workers, and what each gets.
        folder: where Ray's storage is, where ``cluster.storage`` does not say; all machines have
            to reach it.
    """
    require("vermeil train", "ray", *(("train",) if cluster.address == "local" else ()))

    def train_there(
        gold: Sequence[Document],
        silver: Sequence[Document],
        task: Task,
        student: StudentConfig,
        blending: BlendingConfig,
        seed: int,
        output: Path,
        progress: Progress = silent,
        dev: Sequence[Document] = (),
        schedule: Schedule | None = None,
        selection: SelectionConfig = SelectionConfig(),  # noqa: ARG001, B008
        overwrite: bool = False,
    ) -> TrainReport:
        check_folder(output, MODEL, overwrite=overwrite)
        if blending.regimen == "auto":
            raise ConfigError(ONE_PROCESS_ERROR)
        student = student.model_copy(update={"threads": cluster.threads})
        work = (list(gold), list(silver), task, student, blending, seed, list(dev), schedule)
        states = storage_for(cluster, folder), job_name("train", output)
        parcel, record, case = run_on_driver(
            cluster, partial(_fit, work, cluster, *states), progress
        )
        with atomic_folder(output, MODEL, overwrite=overwrite) as whole:
            extract_archive(parcel, whole)
        return TrainReport(output, record, case)

    return train_there


def _fit(
    work: tuple[Any, ...], cluster: ClusterConfig, storage: str, name: str, progress: Progress
) -> tuple[bytes, dict[str, Any], bool]:
    """Train; return the model as a parcel, its record, and whether it reads case."""
    ray = require_ray()
    from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    with connected(cluster), open_progress_relay(progress) as board:
        trainer = TorchTrainer(
            _train_worker,
            train_loop_config={"work": ray.put(work), "board": board},
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
            result = _in_thread(trainer.fit)
        except ray.train.TrainingFailedError as error:
            raise _root_cause(error) from None
    if result.checkpoint is None or "record" not in (result.metrics or {}):
        raise TrainingError("Ray Train ended without a model; its own words are in its log folder")
    with result.checkpoint.as_directory() as place:
        parcel = create_archive(Path(place) / _MODEL)
    _delete_checkpoints(storage, name)
    return parcel, result.metrics["record"], result.metrics["uses_letter_case"]


def _in_thread(work: Callable[[], Any]) -> Any:
    """Do something in another thread; there Ray Train leaves Ctrl-C to this one."""
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
    """Be one of the processes."""
    ray = require_ray()
    from vermeil.jobs.train import train

    gold, silver, task, student, blending, seed, dev, schedule = ray.get(config["work"])
    first = ray.train.get_context().get_world_rank() == 0
    progress = relay_progress(config["board"]) if first else silent
    with TemporaryDirectory(prefix="vermeil-") as folder:
        output = Path(folder) / "model"
        before = ray.train.get_checkpoint()
        if before is not None:
            with before.as_directory() as place:
                if (Path(place) / _MODEL).exists():
                    return  # it was whole, and only its report got lost
                shutil.copytree(Path(place) / _STATE, checkpoint_folder(output))

        def written(state: Path) -> None:
            _report_checkpoint({}, state, _STATE, first)

        report = train(
            gold,
            silver,
            task,
            student,
            blending,
            seed,
            output,
            progress,
            dev,
            schedule,
            on_checkpoint=written,
        )
        record = {"record": report.record, "uses_letter_case": report.uses_letter_case}
        _report_checkpoint(record, output, _MODEL, first)


def _report_checkpoint(
    metrics: dict[str, Any], folder: Path, name: str, is_rank_zero: bool
) -> None:
    """Let Ray have a checkpoint: the folder, under a name; every process has to report."""
    ray = require_ray()
    from ray.train import Checkpoint

    if not is_rank_zero:
        ray.train.report(metrics)
        return
    with TemporaryDirectory(prefix="vermeil-") as place:
        shutil.copytree(folder, Path(place) / name)
        ray.train.report(metrics, checkpoint=Checkpoint.from_directory(place))


def _delete_checkpoints(storage: str, name: str) -> None:
    """Delete what Ray keeps of a training that is done."""
    system, path = StorageUri(storage).open()
    system.delete_dir(f"{path}/{name}")


def _root_cause(error: Any) -> BaseException:
    """Return what stopped a worker, where it is one of ours; else Ray's words."""
    failures = getattr(error, "worker_failures", {})
    for failure in failures.values():
        cause = getattr(failure, "cause", None) or failure
        if isinstance(cause, VermeilError):
            return cause
    return TrainingError(
        f"Ray Train gave up: {str(error).splitlines()[-1]}\n"
        "what is done is kept: run the same again to go on"
    )
