"""Batches and stored replies from the command line, with a key that must stand nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.batch_server import BatchServer, Item

KEY = "sk-very-secret-0123456789"
TOML = """\
[task.labels.LOC]
[corpora]
pool = "pool.txt"
[teacher]
base_url = "URL"
model = "m"
retries = 1
batch_poll = 0.1
batch_requests = 2
"""


@pytest.fixture
def api() -> Iterator[BatchServer]:
    server = BatchServer()
    yield server
    server.stop()


@pytest.fixture
def said(vermeil: Any, api: BatchServer, tmp_path: Path) -> Iterator[Any]:
    """Run ``vermeil`` and return what it wrote; in the end nothing may hold the key."""
    (tmp_path / "pool.txt").write_text("Oslo is nice.\nNothing here.\nOdd.\n")
    (tmp_path / "vermeil.toml").write_text(TOML.replace("URL", api.url))
    everything: list[str] = []

    def run(*arguments: str, code: int = 0) -> Any:
        done = vermeil(*arguments, environment={"OPENAI_API_KEY": KEY})
        everything.extend((done.stdout, done.stderr))
        assert done.returncode == code, done.stderr
        return done

    yield run
    assert any(KEY in str(headers) for headers in api.headers)
    assert not any(KEY in text for text in everything)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes(), path


def test_batches_replies_and_the_way_out_and_back(
    said: Any, api: BatchServer, tmp_path: Path
) -> None:
    done = '{"entities": [{"text": "Oslo", "label": "LOC"}]}'
    api.faults.script = lambda text: {
        "Oslo is nice.": Item(content=done),
        "Odd.": Item("error", f"your key {KEY} is odd"),
    }.get(text, Item())
    report = json.loads(said("annotate", "--batch", "--json", "-q").stdout)
    assert report["states"] == {"done": 1, "empty": 1, "failed": 1}
    batches = json.loads(said("replies", "batches", "--json").stdout)
    assert [(b["phase"], b["replied"], b["failed"]) for b in batches] == [
        ("harvested", 2, 0),
        ("harvested", 0, 1),
    ]
    counts = json.loads(said("replies", "count", "--json").stdout)
    assert {c["state"]: c["requests"] for c in counts} == report["states"]
    listed = said("replies", "list", "--state", "failed").stdout
    assert "your key [key] is odd" in listed
    assert "Oslo" not in listed
    assert "wrote 2 replies" in said("replies", "export", "out.jsonl").stderr
    elsewhere = ("--set", "run.output=other")
    again = json.loads(said("replies", "import", "out.jsonl", "--json", *elsewhere).stdout)
    assert (again["records"], again["imported"]) == (2, 2)
    located = json.loads(said("locate", "--json", "-q", *elsewhere).stdout)
    assert located["states"] == {"pending": 1, "done": 1, "empty": 1}


def test_a_batch_goes_on_online(said: Any, api: BatchServer) -> None:
    api.faults.looking = [500] * 9
    assert "continue at the server" in said("annotate", "--batch", "-q", code=4).stderr
    api.faults.looking = []
    api.faults.looks = 10_000
    api.faults.script = lambda text: Item("late") if text == "Odd." else Item()
    report = json.loads(said("annotate", "--json", "-q").stdout)
    assert report["states"] == {"empty": 3}
    assert api.online == ["Odd."]


def test_what_cannot_be_is_told(said: Any) -> None:
    assert "run vermeil annotate first" in said("replies", "count", code=3).stderr
    said("annotate", "--batch", "-q")
    wrong = said("replies", "list", "--state", "odd", code=2)
    assert "--state odd: expected one of" in wrong.stderr
    none = said("replies", "batches", "--abandon", "x", code=3)
    assert "no open batch 'x'" in none.stderr
