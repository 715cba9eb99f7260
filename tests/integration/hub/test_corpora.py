"""Corpora as data sets on a Hub and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.hub.conftest import Run
from tests.integration.hub.fake_hub import FakeHub

REPO = "ann/silver"
LINES: list[dict[str, Any]] = [
    {"id": "a", "text": "Ann left Rome", "spans": [{"start": 0, "end": 3, "label": "PER"}]},
    {"id": "b", "text": "Nothing here", "spans": []},
]


def write(folder: Path) -> Path:
    path = folder / "silver.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), "utf-8")
    return path


def test_silver_goes_there_and_back(hub: FakeHub, run: Run, tmp_path: Path) -> None:
    write(tmp_path)
    done = run("-m", "vermeil", "push", "silver.jsonl", REPO, "--data", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    repo = hub.repos["dataset", REPO]
    assert repo.private
    assert set(repo.commits[-1]) == {"train.jsonl", "README.md"}
    card = repo.commits[-1]["README.md"].decode()
    assert "2 documents, 2 of them annotated" in card
    assert "| `PER` | 1 |" in card

    done = run("-m", "vermeil", "pull", REPO, "back.jsonl", "--data", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["documents"] == 2
    back = [json.loads(line) for line in (tmp_path / "back.jsonl").read_text().splitlines()]
    assert [(d["id"], d["text"], d["spans"]) for d in back] == [
        (d["id"], d["text"], d["spans"]) for d in LINES
    ]


def test_a_further_split_keeps_the_card(hub: FakeHub, run: Run, tmp_path: Path) -> None:
    write(tmp_path)
    push = ("-m", "vermeil", "push", "silver.jsonl", REPO, "--data", "--yes")
    assert run(*push).returncode == 0
    hub.repos["dataset", REPO].commits[-1]["README.md"] = b"edited"
    done = run(*push, "--split", "dev", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kept"] == ["README.md"]
    files = hub.repos["dataset", REPO].commits[-1]
    assert set(files) == {"train.jsonl", "dev.jsonl", "README.md"}
    assert files["README.md"] == b"edited"


def test_an_unknown_split_and_an_existing_file_are_errors(
    hub: FakeHub, run: Run, tmp_path: Path
) -> None:
    write(tmp_path)
    assert run("-m", "vermeil", "push", "silver.jsonl", REPO, "--data", "--yes").returncode == 0
    done = run("-m", "vermeil", "pull", REPO, "new.jsonl", "--data", "--split", "test")
    assert done.returncode == 7
    assert "has no split 'test' (there are: train)" in done.stderr
    done = run("-m", "vermeil", "pull", REPO, "silver.jsonl", "--data")
    assert done.returncode == 3
    assert "exists already" in done.stderr
