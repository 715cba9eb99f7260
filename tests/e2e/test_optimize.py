"""``vermeil optimize`` and ``vermeil prompt`` as their users have them."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import command, environment_of
from tests.prompted_teacher import LABELS, PromptedTeacher, gold

from vermeil.corpora import write_corpus
from vermeil.teacher.store.store import ReplyStore


@pytest.fixture
def teacher() -> Iterator[PromptedTeacher]:
    with PromptedTeacher() as teacher:
        yield teacher


@pytest.fixture
def project(tmp_path: Path, teacher: PromptedTeacher) -> Path:
    write_corpus(gold(60), tmp_path / "gold.jsonl")
    labels = "".join(f'{name} = {{description = "{words}"}}\n' for name, words in LABELS.items())
    (tmp_path / "vermeil.toml").write_text(
        "# Our project.\n[task]\nguidelines = 'Label every name.' # short\n"
        f"[task.labels]\n{labels}[corpora]\ngold = 'gold.jsonl'\n"
        f"[teacher]\nbase_url = '{teacher.base_url}'\nmodel = 'm'\nmax_tokens = 200\nretries = 0\n"
        "concurrency = 2\n[optimize]\nfolds = 3\ndocuments = 30\nresamples = 500\n",
        "utf-8",
    )
    return tmp_path


def test_a_recommended_prompt_is_shown_as_a_diff_and_applied(
    vermeil: Any, project: Path, teacher: PromptedTeacher
) -> None:
    before = (project / "vermeil.toml").read_text("utf-8")
    done = vermeil("optimize", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "Use the optimised prompt: +" in done.stdout
    assert "winner's curse: " in done.stdout
    assert "+- ORG: The name of a country as a national team is ORG." in done.stdout
    assert (project / "vermeil.toml").read_text("utf-8") == before
    folder = project / "vermeil-run/optimize"
    assert json.loads((folder / "optimize.json").read_text("utf-8"))["improved"]
    sent = len(teacher.seen)
    done = vermeil("optimize", "--apply")
    assert done.returncode == 0, done.stderr
    assert "up to 5,000 requests (optimize.max_calls), cost: no limit" in done.stderr
    assert len(teacher.seen) == sent
    text = (project / "vermeil.toml").read_text("utf-8")
    assert text.startswith("# Our project.\n")
    task = tomllib.loads(text)["task"]
    assert task["guidelines_file"] == "guidelines.md"
    assert "guidelines" not in task
    guidelines = (project / "guidelines.md").read_text("utf-8")
    assert guidelines == (folder / "guidelines.md").read_text("utf-8")
    assert (project / "vermeil.toml.old").read_text("utf-8") == before
    done = vermeil("prompt", "diff", "vermeil.toml.old", "vermeil.toml")
    assert done.returncode == 0, done.stderr
    added = [line for line in done.stdout.splitlines() if line.startswith("+")][1:]
    assert added == [f"+{line}" for line in guidelines.splitlines()[1:]]


def test_applied_demonstrations_are_read_back(vermeil: Any, project: Path) -> None:
    only = ("--set", 'optimize.optimisers=["demonstrations"]')
    done = vermeil("optimize", "--quiet", "--apply", "--json", *only)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    settings = tomllib.loads((project / "vermeil.toml").read_text("utf-8"))["teacher"]
    shown = settings["demonstrations"]
    assert shown["ids"] == report["prompt"]["demonstrations"]
    assert (shown["kind"], shown["count"]) == ("fixed", len(shown["ids"]))
    assert vermeil("prompt", "show", "d0").stdout.count("assistant, about") == len(shown["ids"])


def test_nothing_is_applied_without_a_significant_gain(
    vermeil: Any, project: Path, teacher: PromptedTeacher
) -> None:
    teacher.obeys = False
    before = (project / "vermeil.toml").read_text("utf-8")
    done = vermeil("optimize", "--quiet", "--apply")
    assert done.returncode == 0, done.stderr
    assert "Keep the old prompt: no significant gain" in done.stdout
    assert "vermeil.toml is unchanged" in done.stderr
    assert (project / "vermeil.toml").read_text("utf-8") == before
    assert not (project / "vermeil.toml.old").exists()


def test_a_killed_run_is_resumed_without_sending_a_stored_request_again(
    vermeil: Any, project: Path, teacher: PromptedTeacher
) -> None:
    limited = ("optimize", "--quiet", "--json", "--set", "optimize.max_calls=600")
    with subprocess.Popen(
        command(*limited),
        cwd=project,
        env=environment_of(200),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as running:
        while len(teacher.seen) < 150:
            assert running.poll() is None
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    with ReplyStore(project / "vermeil-run/replies.sqlite") as store:
        stored = store.spent().replies
    seen = len(teacher.seen)
    assert 0 < stored <= seen
    done = vermeil(*limited)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["improved"]
    assert "weekday" not in report["prompt"]["guidelines"]
    # Only requests in flight at the kill are sent twice. Reserved ones count as sent.
    requests = [json.dumps(messages) for messages in teacher.seen]
    assert len(requests) - len(set(requests)) <= seen - stored <= 4
    assert 0 <= report["spent"]["calls"] - len(requests) <= 4
    assert report["spent"]["calls"] <= 600


def test_a_limit_that_is_too_small_exits_with_2_and_sends_nothing(
    vermeil: Any, project: Path, teacher: PromptedTeacher
) -> None:
    done = vermeil("optimize", "--quiet", "--set", "optimize.max_calls=100")
    assert done.returncode == 2
    assert "the limits are too small for one round" in done.stderr
    assert teacher.seen == []


def test_the_shown_prompt_is_the_one_that_is_sent(
    vermeil: Any, project: Path, teacher: PromptedTeacher
) -> None:
    done = vermeil("prompt", "show", "d7", "--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["counted_tokens"] is None
    assert teacher.seen == []
    assert vermeil("annotate", "--quiet", "--set", "corpora.pool=gold.jsonl").returncode == 0
    messages = [{key: m[key] for key in ("role", "content")} for m in shown["messages"]]
    assert messages in teacher.seen
    again = json.loads(vermeil("prompt", "show", "d7", "--json").stdout)
    sent = sum(len(message["content"]) for message in messages)
    assert again["counted_tokens"] == sent // 4
    assert abs(again["expected_tokens"] - sent // 4) <= 2
    assert again["max_tokens"] > sent // 4
    plain = vermeil("prompt", "show")
    assert "document d0, model m: about" in plain.stderr
    assert "Label every name." in plain.stdout
    done = vermeil("prompt", "show", "nowhere")
    assert done.returncode == 3
    assert "no document 'nowhere'" in done.stderr
