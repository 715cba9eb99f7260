"""Jobs of a machine that is none of the cluster's: through ray://, by the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.cluster.conftest import Nodes
from tests.toys import sentences

from vermeil.corpora import write_corpus
from vermeil.data.document import UNANNOTATED

pytestmark = pytest.mark.cluster

TOML = """
[task]
name = "ner"
labels = {{ PER = {{}}, LOC = {{}} }}
[corpora]
pool = "text.jsonl"
gold = "gold.jsonl"
dev = "dev.jsonl"
test = "dev.jsonl"
[student]
encoder = "{encoder}"
[blending]
regimen = "gold_only"
budget = {{ gold_epochs = 6, batch_wordpieces = 128 }}
[study]
regimens = ["gold_only"]
seeds = [0]
[tune]
trials = 2
space = {{ "student.learning_rate" = [1e-3, 1e-2] }}
[cluster]
address = "{address}"
workers = 2
"""


def test_train_predict_tune_and_study(nodes: Nodes, encoder: Path, tmp_path: Path) -> None:
    config = tmp_path / "vermeil.toml"
    config.write_text(TOML.format(encoder=encoder, address=nodes.client_address), "utf-8")
    documents = sentences(60)
    write_corpus(documents[:40], tmp_path / "gold.jsonl", "jsonl")
    write_corpus(documents[40:], tmp_path / "dev.jsonl", "jsonl")
    plain = [d.with_annotation(UNANNOTATED) for d in documents]
    write_corpus(plain, tmp_path / "text.jsonl", "jsonl")
    for i in range(3):
        write_corpus(plain, tmp_path / f"in/part{i}.jsonl", "jsonl")

    def vermeil(*arguments: str, rc: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vermeil", *arguments, "--config", str(config)]
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
