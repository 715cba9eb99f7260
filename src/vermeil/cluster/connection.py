"""Connection to a Ray cluster, and resource options of its workers."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vermeil.cluster.config import ClusterConfig
from vermeil.errors import ConfigError, VermeilError
from vermeil.optional import require
from vermeil.telemetry import switch_off

_STORE_BYTES = 200 * 2**20
"""Shared memory of a local cluster; Ray's default is a third of all memory."""
_LOOPBACK = "127.0.0.2"
"""Loopback address, so that no other machine can access the cluster. Ray would replace 127.0.0.1 by
a public address."""
_ENVIRONMENT = {
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "RAY_AIR_NEW_OUTPUT": "0",
}
"""Environment variables of Ray. Vermeil shows progress and handles Ctrl-C itself."""


def require_ray() -> Any:
    """Return the module ray.

    Raises:
        ConfigError: Ray is not installed.
    """
    require("a Ray cluster", "ray")
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    switch_off("ray")
    import ray

    return ray


@contextmanager
def connected(config: ClusterConfig) -> Iterator[None]:
    """Connect to the cluster, and disconnect at the end.

    An existing connection (`ray.init`) is used and stays open.

    Raises:
        ConfigError: Ray is not installed, or no cluster runs at the address.
    """
    ray = require_ray()
    if ray.is_initialized():
        yield
        return
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if config.address == "local":
        workers = config.workers or max(1, int((os.cpu_count() or 1) / config.cpus))
        options |= {
            "num_cpus": max(1, round(workers * config.cpus)),
            "resources": {name: share * workers for name, share in config.resources.items()},
            "include_dashboard": False,
            "object_store_memory": _STORE_BYTES,
        }
        if sys.platform == "linux":
            options["_node_ip_address"] = _LOOPBACK
    handler = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=config.address, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"cluster.address: no Ray cluster at {config.address!r} ({error}); start one with "
            '`ray start --head`, or set it to "local"'
        ) from error
    if callable(handler) and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)  # Ray has replaced it by one that exits at once
    try:
        yield
    finally:
        ray.shutdown()


def worker_options(config: ClusterConfig) -> dict[str, Any]:
    """Return Ray's resource options for a task or actor."""
    options: dict[str, Any] = {"num_cpus": config.cpus}
    if config.gpus:
        options["num_gpus"] = config.gpus
    if config.memory_gb is not None:
        options["memory"] = int(config.memory_gb * 2**30)
    if config.resources:
        options["resources"] = dict(config.resources)
    return options


def task_error(error: Any) -> BaseException:
    """Return the Vermeil error that caused a RayTaskError, or the RayTaskError itself."""
    return error.cause if isinstance(error.cause, VermeilError) else error


def local_actor_options() -> dict[str, Any]:
    """Return options that pin an actor to this machine and reserve no processor for it."""
    ray = require_ray()
    node = ray.get_runtime_context().get_node_id()
    strategy = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
    return {"num_cpus": 0, "scheduling_strategy": strategy}


def worker_slots(config: ClusterConfig) -> int:
    """Return the number of workers that fit into the cluster at this moment; at least one."""
    if config.workers is not None:
        return config.workers
    available = require_ray().cluster_resources()
    needed = {"CPU": config.cpus, "GPU": config.gpus, **config.resources}
    return max(1, int(min(available.get(name, 0) / n for name, n in needed.items() if n)))
