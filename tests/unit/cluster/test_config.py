from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from vermeil.blending.config import BlendingConfig
from vermeil.cluster.annotate.job import request_sender_for
from vermeil.cluster.config import ClusterConfig
from vermeil.cluster.connection import worker_options
from vermeil.cluster.driver import storage_for
from vermeil.cluster.train import trainer_for
from vermeil.config import load_config
from vermeil.data.reply import State
from vermeil.errors import ConfigError
from vermeil.jobs.train import train
from vermeil.tasks.protocol import ReplyResult, Task
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.store.store import ReplyStore
from vermeil.training.job import TrainJob

TOML = """
[task.labels.PER]
[cluster]
address = "auto"
cpus = 2
resources = {fast = 1}
[tune]
trials = 5
[tune.space]
"student.learning_rate" = {low = 1e-5, high = 1e-3, log = true}
"blending.budget.gold_epochs" = [2, 4]
"""


def test_sections_are_read_and_written_back(tmp_path: Path) -> None:
    path = tmp_path / "vermeil.toml"
    path.write_text(TOML, "utf-8")
    config = load_config(path)
    assert config.cluster.address == "auto"
    assert config.tune.space["blending.budget.gold_epochs"].values == (2, 4)
    path.write_text(config.as_toml(), "utf-8")
    assert load_config(path) == config


def test_on_and_address_choose_where_a_job_runs() -> None:
    none, set_ = ClusterConfig(), ClusterConfig(address="ray://host:10001")
    assert none.resolve(None) is None
    assert none.resolve("here") is None
    assert set_.resolve("here") is None
    assert set_.resolve(None) == set_.resolve("ray") == set_
    chosen = none.resolve("ray")
    assert chosen is not None
    assert chosen.address == "local"


def test_resource_options_of_a_worker() -> None:
    config = ClusterConfig(cpus=2, gpus=1, memory_gb=1.5, resources={"fast": 1})
    expected = {"num_cpus": 2, "num_gpus": 1, "memory": 1.5 * 2**30, "resources": {"fast": 1}}
    assert worker_options(config) == expected
    assert worker_options(ClusterConfig()) == {"num_cpus": 1}


def test_a_client_outside_the_cluster_needs_storage() -> None:
    remote = ClusterConfig(address="ray://host:10001")
    assert remote.is_remote
    with pytest.raises(ConfigError, match=r"cluster\.storage: must be set"):
        storage_for(remote, Path("out"))
    there = remote.model_copy(update={"storage": "s3://bucket/states"})
    assert storage_for(there, Path("out")) == "s3://bucket/states"
    shared = ClusterConfig(address="auto", storage="states")
    assert storage_for(shared, Path("out")) == str(Path("states").absolute())
    here = str(Path("out").absolute())
    for address in (None, "local", "auto"):
        assert storage_for(ClusterConfig(address=address), Path("out")) == here


def test_a_client_outside_the_cluster_cannot_annotate(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    asking = request_sender_for(ClusterConfig(address="ray://host:10001"))
    with (
        ReplyStore(tmp_path / "replies.sqlite") as store,
        pytest.raises(ConfigError, match="has to be started on a machine of the cluster"),
    ):
        asking([], TeacherConfig(), store, lambda _text, _reply: ReplyResult(State.EMPTY))


def test_training_on_a_cluster_has_the_parameters_of_train(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    on_cluster = trainer_for(ClusterConfig(), tmp_path)
    assert inspect.signature(on_cluster) == inspect.signature(train)


def test_a_cluster_refuses_what_it_cannot_do(tmp_path: Path, task: Task) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    on_cluster = trainer_for(ClusterConfig(), tmp_path)
    auto = TrainJob(task=task, blending=BlendingConfig(regimen="auto"))
    with pytest.raises(ConfigError, match="auto runs in one process only"):
        on_cluster(auto, tmp_path / "model")
    with pytest.raises(ConfigError, match="on_checkpoint: a cluster keeps its checkpoints in Ray"):
        on_cluster(TrainJob(task=task), tmp_path / "model", on_checkpoint=print)
    with pytest.raises(TypeError, match=r"vermeil\.train: the first argument .* not list"):
        on_cluster([], tmp_path / "model")  # type: ignore[arg-type]
