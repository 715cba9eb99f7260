"""Prediction over folders with Ray Data: a pool of actors, one partition per call."""

from __future__ import annotations

import logging
import pickle
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from vermeil.cluster.archive import create_archive, extract_archive
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import (
    connected,
    local_actor_options,
    require_ray,
    worker_options,
    worker_slots,
)
from vermeil.cluster.driver import run_on_driver
from vermeil.cluster.predict.partitions import Partition, list_partitions, output_name
from vermeil.cluster.storage import StorageUri
from vermeil.data.model_files import verify_files
from vermeil.data.progress import Progress, silent
from vermeil.errors import ConfigError, TrainingError, VermeilError
from vermeil.student.inference.model_settings import read_settings
from vermeil.student.load import require_model

if TYPE_CHECKING:
    from vermeil.student.inference.model_settings import Precision

_WORKERS_DIED = (
    "{}: every worker that began this file died, probably for lack of memory; finished files are "
    "stored: split the file, or give workers more memory (cluster.memory_gb), and run the same "
    "command again"
)
_MAX_ACTORS = 10_000
"""Maximum size of the actor pool if ``cluster.workers`` is not set."""


@dataclass(frozen=True, slots=True)
class PartitionsReport:
    """Result of `predict_folder`.

    Args:
        partitions: number of files in the input.
        resumed: number of files that an earlier call finished.
        documents: number of documents predicted by this call.
    """

    partitions: int
    resumed: int
    documents: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def predict_folder(
    model: Path,
    source: str,
    output: str,
    config: ClusterConfig,
    progress: Progress = silent,
    precision: Precision = "auto",
) -> PartitionsReport:
    """Annotate every file below a folder into a file of the same name below another folder.

    A file is written completely or not at all, and an existing output file is skipped. So the same
    call resumes an interrupted run. Workers read and write files block by block, so no machine
    holds a whole file in memory. All machines must be able to access both folders. Text becomes
    JSONL. Parquet keeps its columns and gets ``spans`` and ``labels``.

    Args:
        model: model folder written by `train` or `export`; it is sent to the workers.
        source: folder of .jsonl, .txt (.gz too) and .parquet files: a path or a URI for pyarrow.
            Parquet columns are ``text`` or ``tokens`` (words), optionally ``id`` and ``group``.
        output: output folder; not below ``source``.
        config: address of the cluster, and resources of a worker.
        progress: called after every file with the number of finished files and documents.
        precision: as for `vermeil.predict`.

    Raises:
        ConfigError: Ray is not installed, no cluster runs at the address, or a folder cannot be
            opened.
        DataError: a file cannot be parsed, or ``model`` is not a model folder.
    """
    require_ray()
    read_settings(model)
    verify_files(model)
    if config.address == "local":
        require_model("vermeil predict", model)
    folders = StorageUri.resolve(source), StorageUri.resolve(output)
    job = partial(_predict, create_archive(model), *folders, config, precision)
    return run_on_driver(config, job, progress)


def _predict(
    model: bytes,
    source: StorageUri,
    output: StorageUri,
    config: ClusterConfig,
    precision: Precision,
    progress: Progress,
) -> PartitionsReport:
    files, existing = list_partitions(source), set(output.list_files())
    output_names = {output_name(name) for name in files}
    if len(output_names) < len(files):
        raise ConfigError(
            f"{source.uri}: two files (.txt, .jsonl) would be written to the same output file; "
            "rename one of them"
        )
    missing = [name for name in files if output_name(name) not in existing]
    finished, documents = len(files) - len(missing), 0
    if missing:
        progress("predict", finished, len(files), {})
        with connected(config):
            for count in _predict_files(model, missing, source, output, config, precision):
                finished, documents = finished + 1, documents + count
                progress("predict", finished, len(files), {"documents": documents})
    return PartitionsReport(len(files), len(files) - len(missing), documents)


def _predict_files(
    model: bytes,
    files: list[str],
    source: StorageUri,
    output: StorageUri,
    config: ClusterConfig,
    precision: Precision,
) -> Iterator[int]:
    """Yield the number of documents of each file as it is finished."""
    ray = require_ray()
    from ray import data

    data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # Vermeil shows progress itself
    options = worker_options(config)
    model_ref = ray.put(model)
    counter = ray.remote(_StartCounter).options(**local_actor_options()).remote(config.retries)
    max_actors = min(config.workers or _MAX_ACTORS, len(files))
    rows = data.from_items([{"name": name} for name in files], override_num_blocks=len(files))
    results = rows.map_batches(
        _PredictWorker,
        fn_constructor_args=(model_ref, counter, source, output, precision, config.threads),
        batch_size=1,
        compute=data.ActorPoolStrategy(
            min_size=1,
            max_size=max_actors,
            initial_size=min(max_actors, worker_slots(config)),
            max_tasks_in_flight_per_actor=2,
        ),
        **options,
    )
    for row in results.iter_rows():
        if row["error"]:
            raise pickle.loads(row["error"])
        yield int(row["documents"])


class _StartCounter:
    """An actor that counts the starts of each partition. Ray Data alone would retry forever."""

    def __init__(self, retries: int) -> None:
        self._retries, self._starts = retries, Counter[str]()

    def begin(self, name: str) -> bool:
        """Count a start; return False if too many workers died on this partition."""
        self._starts[name] += 1
        return self._starts[name] <= self._retries + 1


class _PredictWorker:
    """An actor that holds a student and predicts whole partitions."""

    def __init__(
        self,
        model_ref: Any,
        start_counter: Any,
        source: StorageUri,
        output: StorageUri,
        precision: Precision,
        threads: int,
    ) -> None:
        from vermeil.student.load import load_predictor

        self._folder = TemporaryDirectory(prefix="vermeil-")
        extract_archive(require_ray().get(model_ref), Path(self._folder.name))
        self._start_counter, self._source, self._output = start_counter, source, output
        self._error: VermeilError | None = None
        try:
            self._predictor = load_predictor(Path(self._folder.name), precision, threads)
        except VermeilError as error:
            self._error = error  # Ray Data would wrap it, and start the actor again

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Predict a batch of one partition; return its number of documents or a pickled error."""
        documents, error_bytes, name = 0, b"", str(batch["name"][0])
        partition = Partition(name, self._source, self._output)
        try:
            if self._error is not None:
                raise self._error
            if not require_ray().get(self._start_counter.begin.remote(name)):
                raise TrainingError(_WORKERS_DIED.format(name))
            documents = partition.convert(self._predictor.predict)
        except VermeilError as error:
            error_bytes = pickle.dumps(error)  # Ray Data would wrap a raised exception
        return {"documents": [documents], "error": [error_bytes]}
