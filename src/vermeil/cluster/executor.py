"""The stages of a run whose work a cluster does."""

from __future__ import annotations

from vermeil.cluster.annotate.job import ask_on
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.train import train_on
from vermeil.jobs.config import RunConfig
from vermeil.jobs.executor import Means


def means_of(cluster: ClusterConfig, run: RunConfig) -> Means:
    """Return a cluster as who does the work of stages."""
    return Means(ask_on(cluster), train_on(cluster, run.output / "ray"))
