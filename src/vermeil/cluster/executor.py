"""The stages of a run whose work a cluster does."""

from __future__ import annotations

from vermeil.cluster.annotate.job import request_sender_for
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.train import trainer_for
from vermeil.jobs.config import RunConfig
from vermeil.jobs.executor import Executor


def executor_for(cluster: ClusterConfig, run: RunConfig) -> Executor:
    """Return a cluster as who does the work of stages."""
    return Executor(request_sender_for(cluster), trainer_for(cluster, run.output / "ray"))
