"""Relations on the command line, with recorded replies from a teacher on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vermeil.teacher.replay.server import ReplayServer

SENTENCES = {
    "Ann works for IBM in Rome .": [("Ann", "works_for", "IBM")],
    "Bob left Siemens for Oslo .": [],
    "Cleo of Nokia met Ann of IBM .": [("Cleo", "works_for", "Nokia"), ("Ann", "works_for", "IBM")],
}
NAMES = {
    "PER": ("Ann", "Bob", "Cleo"),
    "ORG": ("IBM", "Siemens", "Nokia"),
    "LOC": ("Rome", "Oslo"),
}
CONFIGURATION = """
[task]
name = "relations"
[task.labels.PER]
[task.labels.ORG]
[task.labels.LOC]
[task.relations.works_for]
description = "is employed by"
head = ["PER"]
tail = ["ORG"]
[corpora]
gold = "gold.jsonl"
pool = "pool.jsonl"
test = "gold.jsonl"
[teacher]
model = "recorded"
[pilot]
documents = 3
prompts = ["standard"]
demonstrations = ["none"]
"""


def entities(text: str) -> list[tuple[int, str, str]]:
    """Return start, surface and label of the names in a text."""
    found = [(text.find(n), n, label) for label, names in NAMES.items() for n in names]
    return sorted(one for one in found if one[0] >= 0)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write gold, texts, and the teacher's replies: the third one misses a relation."""
    gold, pool, replies = [], [], []
    for number, (text, related) in enumerate(SENTENCES.items()):
        found = entities(text)
        index = {name: place for place, (_, name, _) in enumerate(found)}
        spans = [{"start": at, "end": at + len(n), "label": label} for at, n, label in found]
        relations = [{"head": index[h], "tail": index[t], "label": r} for h, r, t in related]
        gold.append({"id": f"d{number}", "text": text, "spans": spans, "relations": relations})
        pool.append({"id": f"d{number}", "text": text})
        answer = {
            "entities": [{"text": name, "label": label} for _, name, label in found],
            "relations": [{"head": h, "label": r, "tail": t} for h, r, t in related[:1]],
        }
        replies.append({"text": text, "reply": json.dumps(answer)})
    for name, records in (("gold", gold), ("pool", pool), ("replies", replies)):
        lines = "".join(json.dumps(record) + "\n" for record in records)
        (tmp_path / f"{name}.jsonl").write_text(lines, "utf-8")
    (tmp_path / "vermeil.toml").write_text(CONFIGURATION, "utf-8")
    return tmp_path


@pytest.fixture
def teacher(project: Path) -> Iterator[tuple[str, str]]:
    with ReplayServer({"recorded": project / "replies.jsonl"}) as server:
        yield "--set", f"teacher.base_url={server.base_url}"


def test_texts_become_silver_with_relations(
    vermeil: Any, project: Path, teacher: tuple[str, str]
) -> None:
    done = vermeil("check", "--json", *teacher)
    assert "works_for 3" in done.stdout, done.stderr
    done = vermeil("annotate", "--quiet", *teacher)
    assert done.returncode == 0, done.stderr
    done = vermeil("locate", "--json", *teacher)
    assert json.loads(done.stdout)["usable"] == 3, done.stderr
    silver = project / "vermeil-run" / "silver.jsonl"
    records = [json.loads(line) for line in silver.read_text("utf-8").splitlines()]
    assert [len(record["relations"]) for record in records] == [1, 0, 1]

    done = vermeil("evaluate", silver, "gold.jsonl", "--json")
    scores = json.loads(done.stdout)
    assert (scores["overall"]["precision"], scores["overall"]["recall"]) == (1.0, 2 / 3)
    assert scores["parts"]["entities"]["overall"]["f1"] == 1.0
    assert scores["errors"]["works_for"]["missing"] == 1
    done = vermeil("evaluate", silver, "gold.jsonl")
    assert "Entities alone" in done.stdout

    done = vermeil("show", "d2", *teacher)
    assert "relation: Cleo — works_for → Nokia" in done.stdout, done.stderr
    done = vermeil("show", "d0", "--json", *teacher)
    (attempt,) = json.loads(done.stdout)["attempts"]
    assert [one["label"] for one in attempt["relations"]] == ["works_for"]
    done = vermeil("replies", "count", "--json", *teacher)
    (row,) = json.loads(done.stdout)
    assert (row["state"], row["requests"]) == ("done", 3)


def test_recorded_replies_are_imported(vermeil: Any, project: Path) -> None:
    done = vermeil("replies", "import", "replies.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    done = vermeil("locate", "--json")
    assert json.loads(done.stdout)["usable"] == 3, done.stderr


def test_a_pilot_scores_relations(vermeil: Any, project: Path, teacher: tuple[str, str]) -> None:
    done = vermeil("pilot", "--json", *teacher)
    assert done.returncode == 0, done.stderr
    (trial,) = json.loads(done.stdout)["trials"]
    assert trial["f1"] == pytest.approx(0.8)


def test_a_wrong_end_names_the_key(vermeil: Any, project: Path) -> None:
    path = project / "vermeil.toml"
    path.write_text(path.read_text("utf-8").replace('["PER"]', '["PRE"]'), "utf-8")
    done = vermeil("check")
    assert done.returncode == 2
    assert "task.relations.works_for.head: unknown label 'PRE'; did you mean PER?" in (
        done.stdout + done.stderr
    )


def test_relations_are_converted_between_formats(vermeil: Any, project: Path) -> None:
    for target in ("brat:standoff", "label-studio:tasks.json", "conll04:sentences.json"):
        done = vermeil("corpus", "convert", "gold.jsonl", target, "--json")
        assert done.returncode == 0, done.stderr
        done = vermeil("corpus", "stats", target, "--json")
        assert json.loads(done.stdout)["relations"] == {"works_for": 3}, done.stdout + done.stderr
