"""A teacher that Vermeil starts itself is no teacher of a cluster."""

from pathlib import Path

import pytest
from tests.gguf_files import SMALL, gguf_head

from vermeil.cluster.annotate.job import request_sender_for
from vermeil.cluster.config import ClusterConfig
from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.jobs.annotate import AnnotateJob, annotate_job
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig


def test_backend_of_one_machine_is_an_error_before_the_cluster_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "llama-server"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.gguf").write_bytes(gguf_head(SMALL))
    with pytest.raises(ConfigError, match="runs on one machine"):
        annotate_job(
            AnnotateJob(
                [Document("a", "Ann left.")],
                make_task(TaskConfig.model_validate({"labels": {"PER": {}}})),
                TeacherConfig(backend="local", model=str(tmp_path / "a.gguf")),
                tmp_path / "replies.sqlite",
            ),
            sender=request_sender_for(ClusterConfig(address="local")),
        )
