"""A student over directories, by Ray Data: an actor pool, a partition at a time."""

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
from vermeil.data.progress import Progress, silent
from vermeil.errors import ConfigError, TrainingError, VermeilError
from vermeil.student.inference.model_settings import read_settings
from vermeil.student.load import require_model

if TYPE_CHECKING:
    from vermeil.student.inference.model_settings import Precision

_WORKERS_DIED = (
    "{}: every worker that began this file died, most likely for want of memory; what is done is "
    "kept: split the file, or give workers more memory (cluster.memory_gb), and run the same again"
)
_MAX_ACTORS = 10_000
"""Actors that a pool may grow to where ``cluster.workers`` does not say."""


@dataclass(frozen=True, slots=True)
class PartitionsReport:
    """What `predict_folder` did.

    Args:
        partitions: files in the input.
        resumed: how many of them had been done before.
        documents: predictions made now.
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
    """Annotate every file below a folder into a file of the same name below another.

    A file is written whole or not at all, and one that is there is not made again: the same call
    goes on after an interruption. Workers read and write themselves, block by block, so that no
    machine ever holds a whole file; both folders have to be where all of them reach them. Text
    becomes JSONL; Parquet keeps its columns and gets ``spans`` and ``labels``.

    Args:
        model: a folder that `train` or `export` wrote; it is sent to the workers.
        source: folder of .jsonl, .txt (.gz too) and .parquet files (columns ``text``, or ``tokens``
            for words; ``id`` and ``group`` where there are): a path, or what pyarrow opens.
        output: the other folder; not below ``source``.
        config: which cluster, and what a worker gets of it.
        progress: told after every file.
        precision: as for `vermeil.predict`.

    Raises:
        ConfigError: Ray is not installed, the cluster is not there, or a folder cannot be opened.
        DataError: a file is not what it should be, or the model folder is no student.
    """
    require_ray()
    read_settings(model)
    if config.address == "local":
        require_model("vermeil predict", model)
    places = StorageUri.resolve(source), StorageUri.resolve(output)
    job = partial(_predict, create_archive(model), *places, config, precision)
    return run_on_driver(config, job, progress)


def _predict(
    model: bytes,
    source: StorageUri,
    output: StorageUri,
    config: ClusterConfig,
    precision: Precision,
    progress: Progress,
) -> PartitionsReport:
    files, done = list_partitions(source), set(output.list_files())
    products = {output_name(name) for name in files}
    if len(products) < len(files):
        raise ConfigError(
            f"{source.uri}: two files would be written to the same one (.txt, .jsonl)"
        )
    missing = [name for name in files if output_name(name) not in done]
    finished, documents = len(files) - len(missing), 0
    if missing:
        progress("predict", finished, len(files), {})
        with connected(config):
            for number in _predict_files(model, missing, source, output, config, precision):
                finished, documents = finished + 1, documents + number
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
    """Yield how many documents each file had, as they are done."""
    ray = require_ray()
    from ray import data

    data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # progress is ours to show
    options = worker_options(config)
    parcel = ray.put(model)
    starts = ray.remote(_StartCounter).options(**local_actor_options()).remote(config.retries)
    most = min(config.workers or _MAX_ACTORS, len(files))
    work = data.from_items([{"name": name} for name in files], override_num_blocks=len(files))
    work = work.map_batches(
        _PredictWorker,
        fn_constructor_args=(parcel, starts, source, output, precision, config.threads),
        batch_size=1,
        compute=data.ActorPoolStrategy(
            min_size=1,
            max_size=most,
            initial_size=min(most, worker_slots(config)),
            max_tasks_in_flight_per_actor=2,
        ),
        **options,
    )
    for row in work.iter_rows():
        if row["error"]:
            raise pickle.loads(row["error"])
        yield int(row["documents"])


class _StartCounter:
    """An actor: counts how often each partition was begun, which Ray Data does without end."""

    def __init__(self, retries: int) -> None:
        self._retries, self._starts = retries, Counter[str]()

    def begin(self, name: str) -> bool:
        """Count a start; False: too many workers died over this partition."""
        self._starts[name] += 1
        return self._starts[name] <= self._retries + 1


class _PredictWorker:
    """An actor: a student, ready to predict whole partitions."""

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
        self._predictor = load_predictor(Path(self._folder.name), precision, threads)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Predict a batch of one partition."""
        documents, problem, name = 0, b"", str(batch["name"][0])
        partition = Partition(name, self._source, self._output)
        try:
            if not require_ray().get(self._start_counter.begin.remote(name)):
                raise TrainingError(_WORKERS_DIED.format(name))
            documents = partition.convert(self._predictor.predict)
        except VermeilError as error:
            problem = pickle.dumps(error)  # Ray Data would wrap it in exceptions of its own
        return {"documents": [documents], "error": [problem]}
