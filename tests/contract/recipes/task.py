"""Recipe of a task: one folder and one line, then every stage from plain text to a report."""

from tests.contract.recipes.recipe import Edit, Recipe

TASK = Recipe(
    heading="Add a task",
    files={
        "tasks/tone/__init__.py": '"""Tone of a text."""\n',
        "tasks/tone/task.py": '''"""The task tone: one label per text, in a reply of one word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vermeil.data.document import Annotation, Document
from vermeil.data.reply import Message, Reply, State
from vermeil.tasks.classification.task import ClassificationTask
from vermeil.tasks.messages import messages
from vermeil.tasks.protocol import ReplyResult
from vermeil.tasks.replies import unusable_result


class ToneTask(ClassificationTask):
    """Classification with prompts and replies of its own."""

    name = "tone"

    def render(
        self, prompt: str, text: str, demonstrations: Sequence[Document] = ()
    ) -> tuple[Message, ...]:
        """Return the chat messages that request the tone of ``text``."""
        instruction = f"Which tone? Answer TONE: and one of {self.label_set.quoted()}."
        pairs = [(d.text, f"TONE: {label}") for d in demonstrations for label in d.labels or ()]
        return messages([instruction], f"Prompt {prompt}.", text, pairs)

    def schema(self, prompt: str) -> Mapping[str, Any] | None:
        """Return None: the reply is not JSON."""

    def read(self, text: str, reply: Reply) -> ReplyResult:
        """Parse ``TONE: label``."""
        _, found, label = reply.text.rpartition("TONE:")
        known = self.label_set.normalise(label.strip()) if found else None
        if known is None:
            return unusable_result(reply, "no tone")
        return ReplyResult(State.DONE, Annotation(labels=(known,)))
''',
    },
    edits=(
        Edit(
            "tasks/__init__.py",
            "\n\nclass TaskKind(",
            "\nfrom vermeil.tasks.tone.task import ToneTask",
        ),
        Edit("tasks/__init__.py", '    "ner": NerTask,', '    "tone": ToneTask,\n'),
        Edit("tasks/config.py", '"ner", "classification", "relations"] = ', '"tone", '),
    ),
    script='''
import json, subprocess, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import vermeil
from vermeil import Annotation, Document

encoder, folder = sys.argv[1], Path("project")
folder.mkdir()


class Teacher(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = body["messages"][-1]["content"]
        tone = "glad" if "sunny" in text.rpartition("Text:")[2] else "sad"
        reply = {"choices": [{"message": {"content": f"TONE: {tone}"}, "finish_reason": "stop"}]}
        reply["usage"] = {"prompt_tokens": 20, "completion_tokens": 4}
        content = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def document(number, kind, annotated=True):
    word, tone = (("sunny", "glad"), ("rainy", "sad"))[number % 2]
    annotation = Annotation(labels=(tone,)) if annotated else Annotation()
    return Document(f"{kind}{number}", f"A {word} day, {kind} {number}", annotation=annotation)


for kind in ("gold", "dev", "test"):
    vermeil.write_corpus([document(n, kind) for n in range(12)], folder / f"{kind}.jsonl")
vermeil.write_corpus([document(n, "pool", False) for n in range(20)], folder / "pool.jsonl")
server = ThreadingHTTPServer(("127.0.0.1", 0), Teacher)
threading.Thread(target=server.serve_forever, daemon=True).start()
(folder / "vermeil.toml").write_text(f"""
[task]
name = "tone"
[task.labels.glad]
[task.labels.sad]
[corpora]
gold = "gold.jsonl"
dev = "dev.jsonl"
test = "test.jsonl"
pool = "pool.jsonl"
[teacher]
base_url = "http://127.0.0.1:{server.server_port}/v1"
model = "m"
[student]
encoder = "{encoder}"
[blending.budget]
gold_epochs = 2
silver_epochs = 1
batch_wordpieces = 64
[study]
regimens = ["gold_only", "simple_mix"]
seeds = [0, 1]
gold_documents = [8]
""")


def run(*command):
    done = subprocess.run(
        [sys.executable, "-m", "vermeil", *command],
        cwd=folder, capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


run("run")
run("study")
run("predict", "vermeil-run/model", "test.jsonl", "-o", "predicted.jsonl")
predicted = list(vermeil.read_corpus(folder / "predicted.jsonl"))
assert len(predicted) == 12 and all(len(d.labels) == 1 for d in predicted)
(page,) = folder.rglob("*.html")
assert "Simple Mix" in page.read_text()
silver = [json.loads(line) for line in next(folder.rglob("silver.jsonl")).open()]
assert len(silver) == 20
assert all(d["labels"] == ["glad" if "sunny" in d["text"] else "sad"] for d in silver)
''',
)

RECIPES = (TASK,)
