"""The paper's second corpus: BBC articles, which here have no teacher's labels, as long plain text.

A student that learnt 1,000 gold and 4,000 ChatGPT-annotated sentences of CoNLL-2003 by Simple Mix
annotates the articles, whole; then students learn from what it said (self-training): from it alone
or together with the ChatGPT-annotated sentences, in place of these, gold last, all with the same
budget. F1 is that on CoNLL-2003: nobody has annotated the articles, so how right the predictions on
them are cannot be measured.

    VERMEIL_DATA=… python benchmarks/bbc.py --seeds 0 1 2

Cells are files in docs/results/paper/bbc/, so that what was stopped goes on; the last lines are a
table.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.conll import TASK, corpus

from vermeil.blending.config import BlendingConfig
from vermeil.data.atomic import write_json
from vermeil.data.document import UNANNOTATED, Document
from vermeil.evaluation.documents import evaluate
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.studies.cells.sampling import sample_documents
from vermeil.training.fit import train_student

DATA = Path(os.environ["VERMEIL_DATA"])
GOLD, SILVER, GOLD_PASSES, SILVER_PASSES = 1000, 4000, 4.0, 3.0
OUTPUT = Path("docs/results/paper/bbc")
ARMS = {
    "silver": "ChatGPT-annotated sentences, then gold",
    "bbc": "self-annotated BBC articles, then gold",
    "both": "both, then gold",
}


def bbc() -> list[Document]:
    """Read the articles; their topics are left out."""
    with gzip.open(DATA / "bbc.jsonl.gz", "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    return [Document(article["id"], article["text"]) for article in found]


def learn(
    gold: Sequence[Document], silver: Sequence[Document], wordpieces: int, seed: int, threads: int
) -> Student:
    """Train a student: three quarters of its budget on silver, as often as that comes to."""
    student = Student.create(TASK, StudentConfig(threads=threads), seed)
    encoded = student.encode(gold, "gold"), student.encode(silver, "silver")
    of_gold, of_silver = (sum(e.size for e in one.examples) for one in encoded)
    passes = {"gold_epochs": GOLD_PASSES, "silver_epochs": wordpieces / of_silver}
    total = round(wordpieces + GOLD_PASSES * of_gold)
    budget = {"name": "equal", "wordpieces": total, **passes}
    blending = BlendingConfig.model_validate({"regimen": "simple_mix", "budget": budget})
    train_student(student, *encoded, blending, seed)
    return student


def scores(student: Student) -> dict[str, float]:
    """Return F1 on dev and test of CoNLL-2003."""
    found = {}
    for split in ("dev", "test"):
        documents = corpus(split)
        asked = [d.with_annotation(UNANNOTATED) for d in documents]
        found[split] = evaluate(student.predictor().predict(asked), documents, TASK).overall.f1
    return found


def read_articles(
    student: Student, articles: Sequence[Document]
) -> tuple[list[Document], dict[str, Any]]:
    """Annotate the articles; return them, and what was seen."""
    began = time.perf_counter()
    said = list(student.predictor().predict(articles))
    seconds = time.perf_counter() - began
    spans = [(d, s) for d in said for s in d.spans or ()]
    words = sum(len(d.text.split()) for d in said)
    by_label = Counter(s.label for _, s in spans)
    surfaces = Counter((s.label, d.text[s.start : s.end]) for d, s in spans)
    return said, {
        "articles": len(said),
        "words": words,
        "longest": max(len(d.text.split()) for d in said),
        "words_not_seen_whole": sum(int(str(d.meta.get("truncated", 0))) for d in said),
        "seconds": round(seconds, 1),
        "words_per_second": round(words / seconds),
        "entities": dict(by_label),
        "surfaces": {name: len({s for label, s in surfaces if label == name}) for name in by_label},
        "mean_score": round(statistics.mean(s.score or 0.0 for _, s in spans), 3),
    }


def some(articles: Sequence[Document], wordpieces: int, student: Student) -> list[Document]:
    """Return articles from the first on, as many as have so many wordpieces."""
    found: list[Document] = []
    for article in articles:
        wordpieces -= sum(e.size for e in student.encode([article], "silver").examples)
        if wordpieces < 0:
            break
        found.append(article)
    return found


def run(seed: int, threads: int) -> dict[str, Any]:
    """Train and score the three students of a seed."""
    draw = sample_documents(corpus("train"), corpus("train", "chatgpt"), GOLD, SILVER, seed)
    first = Student.create(TASK, StudentConfig(threads=threads), seed)
    once = sum(e.size for e in first.encode(draw.silver, "silver").examples)
    budget = round(SILVER_PASSES * once)
    first = learn(draw.gold, draw.silver, budget, seed, threads)
    articles = bbc()
    random.Random(seed).shuffle(articles)  # they are in the order of their topics
    said, reading = read_articles(first, articles)
    own = [replace(d, id=f"bbc {d.id}") for d in some(said, once, first)]
    cell = {"seed": seed, "reading": reading, "learnt_articles": len(own), "silver": scores(first)}
    for arm, silver in {"bbc": own, "both": [*draw.silver, *own]}.items():
        cell[arm] = scores(learn(draw.gold, silver, budget, seed, threads))
    return cell


def table(cells: Sequence[dict[str, Any]]) -> None:
    """Print the mean of the seeds."""
    print("silver first                                  dev    test   by seed")
    for arm, what in ARMS.items():
        dev, test = ([c[arm][split] for c in cells] for split in ("dev", "test"))
        each = " ".join(f"{one:.3f}" for one in test)
        print(f"{what:44} {statistics.mean(dev):.3f}  {statistics.mean(test):.3f}  {each}")


def main() -> None:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    for seed in options.seeds:
        path = OUTPUT / f"{seed}.json"
        if not path.exists():
            write_json(path, run(seed, options.threads))
    cells = [json.loads((OUTPUT / f"{seed}.json").read_text("utf-8")) for seed in options.seeds]
    print(json.dumps(cells[0]["reading"]))
    table(cells)


if __name__ == "__main__":
    main()
