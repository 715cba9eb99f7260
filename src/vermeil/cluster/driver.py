"""Run the driver of a distributed job in this process or on the cluster."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import connected, local_actor_options, require_ray, task_error
from vermeil.cluster.progress_relay import open_progress_relay, relay_progress
from vermeil.cluster.storage import StorageUri
from vermeil.data.progress import Progress
from vermeil.errors import ConfigError

Result = TypeVar("Result")


def run_on_driver(
    config: ClusterConfig, job: Callable[[Progress], Result], progress: Progress
) -> Result:
    """Run a job in this process, or on the cluster if this process is only a client of it.

    Ray Data does not work through ``ray://``. Ray Train and Ray Tune would search their files on
    this machine. With such an address the job runs in an actor on the machine that the address
    names. Its progress is forwarded to this process. The actor ends with this process.

    Args:
        config: address of the cluster.
        job: function that connects to the cluster itself; must be picklable, like its result.
        progress: called with every progress report of the job.

    Raises:
        VermeilError: any error of the job.
    """
    if not config.is_remote:
        return job(progress)
    ray = require_ray()
    with connected(config), open_progress_relay(progress) as relay:
        actor = ray.remote(_Driver).options(**local_actor_options()).remote()
        try:
            result: Result = ray.get(actor.run.remote(job, relay))
        except ray.exceptions.RayTaskError as error:
            raise task_error(error) from None
        finally:
            ray.kill(actor)
    return result


def storage_for(config: ClusterConfig, folder: Path) -> str:
    """Return the URI of Ray's storage: ``cluster.storage``, or a folder of this machine.

    Raises:
        ConfigError: it is not set, and this machine is not part of the cluster.
    """
    if config.storage is None and config.is_remote:
        raise ConfigError(
            f"cluster.storage: must be set with the address {config.address}; set it to a folder "
            "or URI (s3://…) that all machines of the cluster can access"
        )
    return StorageUri.resolve(config.storage or str(folder)).uri


def job_name(job: str, output: Path) -> str:
    """Return the name of a job in Ray's storage; the same output gives the same name."""
    return f"{job}-{hashlib.sha256(str(output.absolute()).encode()).hexdigest()[:16]}"


class _Driver:
    """An actor that runs a job on the cluster's head."""

    def run(self, job: Callable[[Progress], Any], relay: Any) -> Any:
        """Run a job and publish its progress to a relay."""
        return job(relay_progress(relay))
