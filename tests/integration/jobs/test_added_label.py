"""A label is added to an annotated project: only its requests are sent, and older text abstains."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from vermeil.config import load_config
from vermeil.corpora import read_corpus, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.progress import silent
from vermeil.errors import ConfigError
from vermeil.jobs.executor import LOCAL
from vermeil.pipeline.actions import has_no_failures, locate_pool, request_replies
from vermeil.pipeline.documents import training_job
from vermeil.pipeline.estimate import estimate_groups

LABELS = '[task.labels.PER]\ndescription = "people"\n'
ADDED = '[task.labels.DAY]\ndescription = "weekdays"\nadded = true\n'
KNOWN = {"Ann": "PER", "Bo": "PER", "Monday": "DAY", "Friday": "DAY"}


class Teacher(BaseHTTPRequestHandler):
    """It finds names of the labels in its prompt; it thinks that Friday is a person, too."""

    prompts: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt, question = body["messages"][0]["content"], body["messages"][-1]["content"]
        self.prompts.append(prompt)
        text = question.rpartition("Text:\n")[2]
        found = [
            {"text": name, "label": label}
            for name, label in (*KNOWN.items(), ("Friday", "PER"))
            if name in text and f"- {label}" in prompt
        ]
        content = json.dumps({"entities": found})
        choice = {"message": {"content": content}, "finish_reason": "stop"}
        reply = {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 9}}
        sent = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Teacher.prompts.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Teacher) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


@pytest.fixture
def project(tmp_path: Path, address: str, encoder: Path) -> Path:
    texts = ["Ann came on Monday", "Bo left on Friday", "nothing here"]
    write_corpus([Document(str(n), text) for n, text in enumerate(texts)], tmp_path / "pool.jsonl")
    gold = Document("g", "Bo sat", annotation=Annotation(spans=(Span(0, 2, "PER"),)))
    write_corpus([gold], tmp_path / "gold.jsonl")
    settings = f"""
[corpora]
pool = "pool.jsonl"
gold = "gold.jsonl"
[teacher]
base_url = "{address}"
model = "m"
[student]
encoder = {json.dumps(str(encoder))}
"""
    (tmp_path / "before.toml").write_text(LABELS + settings, encoding="utf-8")
    (tmp_path / "after.toml").write_text(LABELS + ADDED + settings, encoding="utf-8")
    return tmp_path


def silver(project: Path) -> list[Document]:
    return list(read_corpus(CorpusConfig(path=project / "vermeil-run/silver.jsonl")))


def test_only_the_new_label_is_requested_and_merged_into_silver(project: Path) -> None:
    before, after = (load_config(project / f"{name}.toml") for name in ("before", "after"))
    assert request_replies(before, silent, LOCAL)["asked"] == 3
    locate_pool(before, silent, LOCAL)
    old = [one.annotation for one in silver(project)]
    first = set(Teacher.prompts)

    # The label is known, but not requested yet: silver abstains from it.
    report = locate_pool(after, silent, LOCAL)
    assert report["added_labels"]["DAY"]["documents_without_an_answer"] == 3
    waiting = [one.annotation for one in silver(project)]
    assert [one.spans for one in waiting] == [one.spans for one in old]
    assert all(one.unknown_labels == {"DAY"} for one in waiting)

    estimate, _ = estimate_groups(after, labels=["DAY"])
    assert (estimate["limited_to"], estimate["to_send"]["requests"]) == (["DAY"], 3)
    report = request_replies(after, silent, LOCAL, labels=["DAY"])
    assert (report["asked"], report["limited_to"]) == (3, ["DAY"])
    assert not has_no_failures(report)  # the other labels are not part of it
    (prompt,) = set(Teacher.prompts) - first
    assert "- DAY: weekdays" in prompt
    assert "PER" not in prompt

    # Without a limit nothing is left to request: the prompt of the first labels did not change.
    report = request_replies(after, silent, LOCAL)
    assert (report["asked"], report["already_stored"]) == (0, 3)
    assert report["added_labels"]["DAY"]["asked"] == 0
    assert has_no_failures(report)

    report = locate_pool(after, silent, LOCAL)
    assert report["added_labels"]["DAY"]["disputed_ranges"] == 1
    merged = [one.annotation for one in silver(project)]
    assert [s.key for s in merged[0].spans or ()] == [(0, 3, "PER"), (12, 18, "DAY")]
    assert [s.key for s in merged[1].spans or ()] == [(0, 2, "PER")]
    assert merged[1].abstain == ((11, 17),)  # a person, or a day
    assert merged[2].spans == ()
    assert all(not one.unknown_labels for one in merged)


def test_gold_from_before_abstains_from_the_new_label(project: Path) -> None:
    after = load_config(project / "after.toml", ["blending.regimen=gold_only"])
    (document,) = training_job(after).gold
    assert document.annotation.unknown_labels == {"DAY"}
    gold = Document("n", "on Monday", annotation=Annotation(spans=(Span(3, 9, "DAY"),)))
    write_corpus([document, gold], project / "gold.jsonl", overwrite=True)
    unknown = [one.annotation.unknown_labels for one in training_job(after).gold]
    assert unknown == [{"DAY"}, set()]  # as the file states it


def test_labels_that_were_not_added_are_refused(project: Path) -> None:
    after = load_config(project / "after.toml")
    with pytest.raises(ConfigError, match=r"--labels PER: is not marked as added; set added"):
        request_replies(after, silent, LOCAL, labels=["PER"])
    with pytest.raises(ConfigError, match=r"--labels ORG: is not in task\.labels"):
        request_replies(after, silent, LOCAL, labels=["ORG"])
