"""The spaCy project in examples/: it runs to its end, offline, on a toy encoder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from vermeil.corpora import read_corpus, write_corpus

PROJECT = Path(__file__).resolve().parents[2] / "examples" / "spacy_project"


@pytest.mark.slow
def test_the_project_trains_and_scores_a_pipeline(
    tmp_path: Path, encoder: Path, newswire: Path
) -> None:
    pytest.importorskip("weasel")
    folder = tmp_path / "project"
    shutil.copytree(PROJECT, folder)
    parts = {"gold": "train", "silver": "pool.gold", "dev": "dev", "test": "test"}
    for name, source in parts.items():
        documents = islice(read_corpus(newswire / f"{source}.jsonl"), 20)
        write_corpus(documents, folder / "assets" / f"{name}.jsonl")
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [
            *(sys.executable, "-m", "spacy", "project", "run", "all", "."),
            *("--vars.encoder", str(encoder), "--vars.wordpieces", "2000"),
        ],
        cwd=folder,
        env={**os.environ, "PATH": programs, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    assert {"ents_p", "ents_r", "ents_f"} <= metrics.keys()
    assert (folder / "project.lock").is_file()
