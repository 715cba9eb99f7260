"""A teacher without usable replies: exit codes, summaries and warnings of the verbs."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.batch_server import BatchServer, Item
from tests.integration.teacher.conftest import Answer, FaultServer
from tests.integration.teacher.conftest import api as api  # noqa: PLC0414
from tests.integration.teacher.conftest import server as server  # noqa: PLC0414

TEXTS = [f"Ada went to town {number}." for number in range(30)]
GOOD = Answer('{"entities": [{"text": "Ada", "label": "PER"}]}')
USELESS = {
    "failed": Answer("out of order", status=503),
    "unparsable": Answer("What a fine sentence."),
    "truncated": Answer("First I consider", finish_reason="length"),
    "off_schema": Answer('{"entities": [{"text": "Ada", "label": "HUMAN"}]}'),
}
TOML = """\
[task.labels.PER]
[corpora]
pool = "pool.txt"
gold = "gold.jsonl"
[teacher]
base_url = "URL"
model = "m"
retries = 0
concurrency = 4
batch_poll = 0.1
[pilot]
documents = 3
prompts = ["standard", "chain_of_thought"]
demonstrations = ["none"]
"""


@pytest.fixture
def project(tmp_path: Path, server: FaultServer) -> Path:
    """A configuration with six documents, fewer than the limit of failures."""
    (tmp_path / "vermeil.toml").write_text(TOML.replace("URL", server.base_url))
    (tmp_path / "pool.txt").write_text("".join(f"{text}\n" for text in TEXTS[:6]))
    gold = ({"id": str(n), "text": f"Bo {n}.", "spans": []} for n in range(5))
    (tmp_path / "gold.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in gold))
    return tmp_path


def test_a_teacher_that_answers_some_documents_is_reported_with_a_warning(
    vermeil: Any, project: Path, server: FaultServer
) -> None:
    server.script = lambda number, seen: Answer("Hello.") if seen.last_line in TEXTS[:2] else GOOD
    for verb, units in (("annotate", "requests"), ("locate", "documents")):
        done = vermeil(verb, "--quiet", "--json")
        assert done.returncode == 0, done.stderr
        assert f"{verb}: warning: 2 of 6 {units} have no usable reply: 2 unpars" in done.stderr
        assert "vermeil replies list --limit 1 --json --state unparsable" in done.stderr
        shown = json.loads(done.stdout)
        assert (shown["usable"], shown["unusable"]) == (4, {"unparsable": 2})


def test_without_a_failure_there_is_no_warning(
    vermeil: Any, project: Path, server: FaultServer
) -> None:
    server.script = lambda number, seen: GOOD if number % 2 else Answer()
    for verb in ("annotate", "locate"):
        done = vermeil(verb, "--quiet")
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("kind", USELESS)
def test_verbs_fail_when_no_reply_is_usable(
    vermeil: Any, project: Path, server: FaultServer, kind: str
) -> None:
    server.script = lambda number, seen: USELESS[kind]
    for verb, code, units in (("annotate", 4, "requests"), ("locate", 3, "documents")):
        done = vermeil(verb, "--quiet", "--json")
        assert done.returncode == code, done.stderr
        assert json.loads(done.stdout)["usable"] == 0
        assert f"6 of 6 {units} have no usable reply: 6 {kind}" in done.stderr
        for part in ("most frequent problem (6 times): ", "what to do: ", "stay stored"):
            assert part in done.stderr
        assert "Traceback" not in done.stderr
    listed = json.loads(vermeil("replies", "list", "--json").stdout)
    assert len(listed) == 6
    if kind == "unparsable":
        assert listed[0]["reply"] == "What a fine sentence."


@pytest.mark.parametrize("kind", USELESS)
def test_a_run_ends_before_training_and_again_until_something_is_usable(
    vermeil: Any, project: Path, server: FaultServer, kind: str
) -> None:
    server.script = lambda number, seen: USELESS[kind]
    for _ in range(3):
        done = vermeil("run", "--quiet")
        assert done.returncode == 4, done.stderr
        assert f"6 {kind}" in done.stderr
        assert not (project / "vermeil-run" / "model").exists()


def test_a_run_stops_early_and_continues_later(
    vermeil: Any, project: Path, server: FaultServer
) -> None:
    (project / "pool.txt").write_text("".join(f"{text}\n" for text in TEXTS))
    server.script = lambda number, seen: Answer("Hello.")
    few = ("--quiet", "--set", "teacher.stop_after_failures=5")
    for verb in ("annotate", "run"):
        before = len(server.seen)
        done = vermeil(verb, *few)
        assert done.returncode == 4, done.stderr
        assert done.stdout == ""
        assert len(server.seen) - before == 5
        assert "teacher.stop_after_failures = 5" in done.stderr
        assert "unparsable" in done.stderr
    before = len(server.seen)
    server.script = lambda number, seen: GOOD
    done = vermeil("annotate", "--json", *few)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["states"] == {"done": 30 - before, "unparsable": before}


def test_a_pilot_without_a_usable_reply_fails(
    vermeil: Any, project: Path, server: FaultServer
) -> None:
    server.script = lambda number, seen: Answer("Hello.")
    done = vermeil("pilot", "--quiet")
    assert (done.returncode, done.stdout) == (4, "")
    assert "no variant of the pilot has a usable reply" in done.stderr
    assert "6 of 6 requests have no usable reply: 6 unparsable" in done.stderr


def test_a_pilot_gives_up_a_variant_and_compares_the_others(
    vermeil: Any, project: Path, server: FaultServer
) -> None:
    def thinks(body: dict[str, Any]) -> bool:
        return "step" in json.dumps(body["messages"]).lower()

    server.script = lambda number, seen: Answer("Hm." if thinks(seen.body) else Answer().content)
    one_by_one = ("--set", "teacher.stop_after_failures=1", "--set", "teacher.concurrency=1")
    done = vermeil("pilot", "--quiet", "--json", *one_by_one)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    usable = {trial["prompt"]: trial["usable"] for trial in report["trials"]}
    assert usable == {"standard": 3, "chain_of_thought": 0}
    assert report["trials"][report["recommended"]]["prompt"] == "standard"
    assert "warning: m, chain_of_thought" in done.stderr
    assert len(server.seen) == 4


def _same(item: Item, _text: str) -> Item:
    return item


def test_batches_without_a_usable_reply_fail(vermeil: Any, project: Path, api: BatchServer) -> None:
    toml = (project / "vermeil.toml").read_text()
    lines = [f'base_url = "{api.url}"' if "base_url" in one else one for one in toml.split("\n")]
    (project / "vermeil.toml").write_text("\n".join(lines))
    key = {"OPENAI_API_KEY": "key"}
    for item, kind in ((Item("error", "bad request"), "failed"), (Item(content="Hm."), "unpars")):
        api.faults.script = partial(_same, item)
        done = vermeil("annotate", "--batch", "--quiet", environment=key)
        assert done.returncode == 4, done.stderr
        assert f"6 of 6 requests have no usable reply: 6 {kind}" in done.stderr
