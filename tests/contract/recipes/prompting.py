"""Recipes of the optimisation of prompts."""

from tests.contract.recipes.recipe import Edit, Recipe

OPTIMISER = Recipe(
    heading="Add an optimiser of prompts",
    files={
        "prompting/shortest.py": '''"""The optimiser shortest: empty guidelines."""

from collections.abc import Sequence
from dataclasses import replace

from vermeil.data.document import Document
from vermeil.prompting.optimiser import Optimised, OptimiserTools
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.score import is_better


def optimise_shortest(
    start: Prompt, documents: Sequence[Document], tools: OptimiserTools
) -> Optimised:
    """Drop the guidelines if that improves F1."""
    shorter = replace(start, guidelines="")
    before, after = tools.score(start, documents), tools.score(shorter, documents)
    if is_better(after, before):
        return Optimised(shorter, after.f1 - before.f1)
    return Optimised(start, 0.0)
''',
    },
    edits=(
        Edit(
            "prompting/optimisers.py",
            "from vermeil.prompting.variants import",
            "from vermeil.prompting.shortest import optimise_shortest\n",
        ),
        Edit(
            "prompting/optimisers.py",
            '    "variants": OptimiserSpec(',
            '    "shortest": OptimiserSpec(optimise_shortest, uses_coach=False),\n',
        ),
        Edit("prompting/config.py", '"variants", "reflective"]', '"shortest", '),
    ),
    script="""
import json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import vermeil
from vermeil import Annotation, Document


class Teacher(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        confusing = "Odd rule" in body["messages"][0]["content"]
        sunny = "sunny" in body["messages"][-1]["content"].rpartition("Text:")[2]
        reply = json.dumps({"label": "glad" if sunny and not confusing else "sad"})
        message = {"message": {"content": reply}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 20, "completion_tokens": 4}
        content = json.dumps({"choices": [message], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Teacher)
threading.Thread(target=server.serve_forever, daemon=True).start()
words = (("sunny", "glad"), ("rainy", "sad"))
gold = [
    Document(f"d{n}", f"A {word} day {n}", annotation=Annotation(labels=(label,)))
    for n in range(20)
    for word, label in words[n % 2 : n % 2 + 1]
]
labels = {"glad": vermeil.LabelConfig(), "sad": vermeil.LabelConfig()}
config = vermeil.TaskConfig(name="classification", labels=labels, guidelines="Odd rule.")
address = f"http://127.0.0.1:{server.server_port}/v1"
report = vermeil.optimize(
    gold,
    vermeil.make_task(config),
    vermeil.TeacherConfig(base_url=address, model="m"),
    vermeil.OptimizeConfig(optimisers=("shortest",), folds=2),
    Path("replies.sqlite"),
)
assert report.is_improved and report.prompt.guidelines == "", report.recommendation
""",
)

RECIPES = (OPTIMISER,)
