"""A pilot whose prompts show the nearest neighbours, found by the embedded encoder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer, Seen

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.jobs.config import PilotConfig
from vermeil.jobs.piloting.pilot import pilot
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import DemonstrationsConfig, TeacherConfig

COUNT = 3
NUMBER = 12


@pytest.fixture
def server(newswire: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """Answers from the recording, and keeps what it was asked."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    lines = (newswire / "replies.standard.jsonl").read_text("utf-8").splitlines()
    replies = {one["text"]: one["reply"] for one in map(json.loads, lines)}

    def answer(number: int, seen: Seen) -> Answer:
        return Answer(replies[seen.body["messages"][-1]["content"].splitlines()[-1]])

    server = FaultServer()
    server.script = answer
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
def test_each_document_is_shown_its_own_nearest_neighbours_and_never_itself(
    newswire: Path, server: FaultServer, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    from vermeil.student.network.embedding import TextIndex

    gold = list(read_corpus(CorpusConfig(path=newswire / "train.jsonl")))
    group = {document.text: document.group_or_id for document in gold}
    labels: dict[str, Any] = {name: {} for name in ("PER", "ORG", "LOC", "MISC")}
    task = make_task(TaskConfig.model_validate({"labels": labels}))
    demonstrations = DemonstrationsConfig(count=COUNT)
    teacher = TeacherConfig(base_url=server.base_url, model="m", demonstrations=demonstrations)
    kinds = ("none", "fixed", "nearest")
    config = PilotConfig(
        documents=NUMBER, prompts=("standard",), demonstrations=kinds, resamples=100
    )
    report = pilot(gold, task, teacher, config, tmp_path / "replies.sqlite")
    assert report.documents == NUMBER
    assert sorted(trial.variant.demonstrations for trial in report.trials) == sorted(kinds)
    assert all(trial.f1 > 0.7 for trial in report.trials)
    # Every way of asking is another question, though the recorded answer is the same.
    parts = [server.seen[i : i + NUMBER] for i in range(0, 3 * NUMBER, NUMBER)]
    assert len(server.seen) == 3 * NUMBER
    bare, fixed, nearest = ({one.last_line: shown(one) for one in part} for part in parts)
    assert bare.keys() == fixed.keys() == nearest.keys()
    sample = {group[text] for text in bare}
    assert set(bare.values()) == {()}
    assert len(set(fixed.values())) == 1
    assert len(set(nearest.values())) > NUMBER // 2
    assert not sample & {group[text] for texts in nearest.values() for text in texts}
    embed = TextIndex(["any"], demonstrations.encoder).embed

    def likeness(texts: dict[str, tuple[str, ...]]) -> float:
        return sum(
            float(embed(text) @ embed(other)) for text, few in texts.items() for other in few
        )

    assert likeness(nearest) > likeness(fixed) + 0.1 * COUNT * NUMBER
    for text, few in nearest.items():
        near = [float(embed(text) @ embed(other)) for other in few]
        assert near == sorted(near), "the nearest comes last"


def shown(seen: Seen) -> tuple[str, ...]:
    """Return the texts of the demonstrations in a prompt."""
    questions = [m["content"] for m in seen.body["messages"] if m["role"] == "user"]
    return tuple(question.splitlines()[-1] for question in questions[:-1])
