"""Where a job that spreads its own work over a cluster is run itself."""

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
    """Run a job in this process or, where only a client of the cluster is here, on the cluster.

    Through ``ray://`` Ray Data does not work, and what Ray Train and Tune write would be looked for
    on this machine. There the job runs in an actor on the machine that the address names; what it
    tells is told here, and it ends with this process.

    Args:
        config: which cluster.
        job: connects by itself; its arguments and result travel where it does.
        progress: told what the job tells.

    Raises:
        VermeilError: whatever the job raises.
    """
    if not config.is_remote:
        return job(progress)
    ray = require_ray()
    with connected(config), open_progress_relay(progress) as board:
        actor = ray.remote(_Driver).options(**local_actor_options()).remote()
        try:
            result: Result = ray.get(actor.run.remote(job, board))
        except ray.exceptions.RayTaskError as error:
            raise task_error(error) from None
        finally:
            ray.kill(actor)
    return result


def storage_for(config: ClusterConfig, folder: Path) -> str:
    """Return where Ray keeps states: ``cluster.storage``, else a folder of this machine.

    Raises:
        ConfigError: it is not set, and this machine is none of the cluster's.
    """
    if config.storage is None and config.is_remote:
        raise ConfigError(
            f"cluster.storage: with the address {config.address} it has to be set, to a folder or "
            "an address (s3://…) that all machines of the cluster reach"
        )
    return StorageUri.resolve(config.storage or str(folder)).uri


def job_name(job: str, output: Path) -> str:
    """Return a name for what Ray keeps of a job: the same for the same output, so it can go on."""
    return f"{job}-{hashlib.sha256(str(output.absolute()).encode()).hexdigest()[:16]}"


class _Driver:
    """An actor: somebody else's process."""

    def run(self, job: Callable[[Progress], Any], relay: Any) -> Any:
        """Run a job."""
        return job(relay_progress(relay))
