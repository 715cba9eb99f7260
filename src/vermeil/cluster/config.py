"""The ``[cluster]`` section."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from vermeil.section import Section


class ClusterConfig(Section):
    """Settings of jobs on a Ray cluster: its address, and the resources of each worker."""

    address: str | None = None
    """Address of the cluster: local (start one on this machine for the job), auto (use the one that
    runs on this machine), or an address (ray://HOST:10001). Default: no cluster, unless --on ray is
    given."""
    workers: int | None = Field(default=None, ge=1)
    """Maximum number of parallel workers. Default: as many as the cluster can run, including
    machines that join later."""
    cpus: float = Field(default=1.0, gt=0)
    """CPUs of a worker; also its number of compute threads."""
    gpus: float = Field(default=0.0, ge=0)
    """GPUs of a worker."""
    memory_gb: float | None = Field(default=None, gt=0)
    """Free memory in GB that a machine needs to run a worker. Default: no requirement."""
    resources: dict[str, float] = Field(default={})
    """Custom resources of a worker, with the names of `ray start --resources`."""
    retries: int = Field(default=3, ge=0)
    """Maximum number of times that the work of a dead worker is repeated before the job fails."""
    chunk_documents: int = Field(default=200, ge=1)
    """annotate: requests in one work unit of a worker. At most this many are sent again after the
    loss of a machine."""
    scratch: Path | None = None
    """annotate: folder on each machine's local disk for replies that are not merged yet. Default:
    the system's temporary folder."""
    storage: str | None = None
    """train and tune: folder or URI (s3://…) for checkpoints that all machines can access. Default:
    a folder in run.output."""

    def resolve(self, on: Literal["here", "ray"] | None) -> ClusterConfig | None:
        """Return the cluster to run on, or None to run in this process.

        Args:
            on: value of ``--on``; None: not given, so that the address decides.
        """
        if on == "here" or (on is None and self.address is None):
            return None
        return self if self.address else self.model_copy(update={"address": "local"})

    @property
    def is_remote(self) -> bool:
        """True if this process is only a client of the cluster."""
        return (self.address or "").startswith("ray://")

    @property
    def threads(self) -> int:
        """Number of compute threads of a worker."""
        return max(1, int(self.cpus))
