"""The ``[cluster]`` section."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from vermeil.section import Section


class ClusterConfig(Section):
    """Whether jobs run on Ray, and what each of their workers gets."""

    address: str | None = None
    """local (a cluster of this machine, for the time of the job), auto (the one that runs here), or
    the address of one, such as ray://HOST:10001; none: no cluster, unless --on ray is given."""
    workers: int | None = Field(default=None, ge=1)
    """Most workers at once; none: as many as the cluster has room for, those that join included."""
    cpus: float = Field(default=1.0, gt=0)
    """Processors of a worker, and threads that it computes with."""
    gpus: float = Field(default=0.0, ge=0)
    """Graphics cards of a worker."""
    memory_gb: float | None = Field(default=None, gt=0)
    """Memory that a machine must have free for a worker, in GB; none: whatever it has."""
    resources: dict[str, float] = Field(default={})
    """Further resources of a worker, as `ray start --resources` names them."""
    retries: int = Field(default=3, ge=0)
    """How often work is taken over from workers that died, before the job gives up."""
    chunk_documents: int = Field(default=200, ge=1)
    """annotate: requests that a worker takes over at once, and the most that is asked again where a
    whole machine is lost."""
    scratch: Path | None = None
    """annotate: folder on every machine's own disk for replies that are not collected yet; none:
    the system's folder for temporary files."""
    storage: str | None = None
    """train and tune: folder or address (s3://…) that all machines reach, for checkpoints; none: a
    folder in run.output."""

    def resolve(self, on: Literal["here", "ray"] | None) -> ClusterConfig | None:
        """Return the cluster to run on, or None to run here.

        Args:
            on: what ``--on`` says; None: nothing, so that the address decides.
        """
        if on == "here" or (on is None and self.address is None):
            return None
        return self if self.address else self.model_copy(update={"address": "local"})

    @property
    def is_remote(self) -> bool:
        """Whether this process is none of the cluster's, only a client of it."""
        return (self.address or "").startswith("ray://")

    @property
    def threads(self) -> int:
        """Threads that a worker computes with."""
        return max(1, int(self.cpus))
