"""Jobs of a client outside the cluster, through ray:// and the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.cluster.conftest import write_project
from tests.toys import sentences

from vermeil.corpora import write_corpus
from vermeil.data.document import UNANNOTATED

pytestmark = pytest.mark.cluster

REST = """
corpora.pool = "text.jsonl"
corpora.test = "dev.jsonl"
blending.budget.gold_epochs = 6
study.regimens = ["gold_only"]
study.seeds = [0]
tune.trials = 2
cluster.workers = 2
cluster.address = "{address}"
"""


def test_train_predict_tune_and_study(client_address: str, encoder: Path, tmp_path: Path) -> None:
    write_project(tmp_path, encoder, REST.format(address=client_address))
    plain = [d.with_annotation(UNANNOTATED) for d in sentences(60)]
    for name in ("text", *(f"in/part{i}" for i in range(3))):
        write_corpus(plain, tmp_path / f"{name}.jsonl", "jsonl")

    def vermeil(*arguments: str, rc: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vermeil", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == rc, done.stderr
        return done

    refused = vermeil("train", rc=2)
    assert "cluster.storage" in refused.stderr
    storage = ("--set", f"cluster.storage={tmp_path / 'states'}")
    trained = json.loads(vermeil("train", "--json", *storage).stdout)
    model = Path(trained["model"])
    assert (tmp_path / model / "model.safetensors").exists()
    assert not list((tmp_path / "states").glob("train-*"))
    vermeil("predict", str(model), "in", "-o", "out", "--on", "ray")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        f"part{i}.jsonl" for i in range(3)
    ]
    tuned = json.loads(vermeil("tune", "--json", *storage).stdout)
    assert len(tuned["trials"]) == 2
    assert vermeil("study", "--json").stdout
    refused = vermeil("annotate", rc=2)
    assert "has to be started on a machine of the cluster" in refused.stderr
