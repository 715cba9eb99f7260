"""The executor that runs the stages of a run on a cluster."""

from __future__ import annotations

from vermeil.cluster.annotate.job import request_sender_for
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.train import trainer_for
from vermeil.jobs.config import RunConfig
from vermeil.jobs.executor import Executor


def executor_for(cluster: ClusterConfig, run: RunConfig) -> Executor:
    """Return an executor that sends requests and trains on a cluster."""
    return Executor(request_sender_for(cluster), trainer_for(cluster, run.output / "ray"))
