"""Prepare the corpora of the study of topics: BBC leads with a large model's topics.

    VERMEIL_DATA=<folder> python benchmarks/topics/prepare.py build/topics

Writes into the folder, each as ``NAME.gold.jsonl``, ``NAME.silver.jsonl``, ``NAME.dev.jsonl`` and
``NAME.test.jsonl``:

- ``strong``: the 800 leads that a large language model of 2026 labelled. Its verbatim replies are
  parsed by the task.
- ``weak``: the same leads. A simulated weaker teacher replaces the model's topic by the one in
  `CONFUSION`, with the probability there, drawn with seed 0.
- ``two``: two leads joined into one text, with the topics of both. Silver is the union of the
  replies, but the topic of the second lead is missing with the probability `MISSED`, drawn with
  seed 0. A text of two leads of one topic has one label.

``teachers.json`` holds precision, recall and F1 of each teacher. The texts may not be
redistributed, so the folder must stay outside the project (``build/`` is ignored by git).
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vermeil.corpora import write_corpus
from vermeil.data.counts import sum_counts
from vermeil.data.document import Annotation, Document
from vermeil.data.reply import Reply, State
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig

TOPICS = {
    "business": "companies, markets, the economy",
    "entertainment": "film, music, television, celebrities",
    "politics": "government, parties, elections",
    "sport": "athletes, teams, matches",
    "tech": "computers, telephones, the internet",
}
"""Topics and their descriptions."""
CONFUSION = {
    "business": ("politics", 0.4),
    "politics": ("business", 0.4),
    "tech": ("business", 0.4),
    "entertainment": ("tech", 0.3),
    "sport": ("entertainment", 0.1),
}
"""Topic of the model to the topic of the simulated weaker teacher, and its probability."""
MISSED = 0.4
"""Probability that the teacher of joined leads misses the topic of the second one."""
LABELLED, DEV, TEST = 800, 60, 150
"""Leads with a reply; further leads for dev and test."""


def task_of(*, several: bool) -> Any:
    """Return the task with one topic or several topics per text."""
    labels = {name: {"description": words} for name, words in TOPICS.items()}
    section = {"name": "classification", "labels": labels, "multi_label": several}
    return make_task(TaskConfig.model_validate(section))


def leads() -> list[Mapping[str, Any]]:
    """Return the rows of the research data."""
    path = Path(os.environ["VERMEIL_DATA"]) / "replies" / "llm2026_bbc_topics.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def document(row: Mapping[str, Any], labels: Sequence[str] | None) -> Document:
    """Return a lead with some topics; None: not annotated."""
    annotation = Annotation(labels=None if labels is None else tuple(labels))
    return Document(row["id"], row["text"], annotation=annotation)


def reply_labels(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the topic of the model's reply; None if the reply is unusable."""
    found = task_of(several=True).read(row["text"], Reply(row["standard"], finish_reason="stop"))
    usable = found.state is State.DONE and len(found.annotation.labels or ()) == 1
    return found.annotation.labels if usable else None


def confused(labels: tuple[str, ...] | None, draw: random.Random) -> tuple[str, ...] | None:
    """Return the topic of the simulated weaker teacher."""
    if labels is None:
        return None
    other, probability = CONFUSION[labels[0]]
    return (other,) if draw.random() < probability else labels


def joined(documents: Sequence[Document], draw: random.Random, missed: float = 0) -> list[Document]:
    """Return texts of two leads, each lead first in one text and second in another one.

    Args:
        documents: leads with one topic each; a text with an unannotated lead is not annotated.
        draw: draws the misses; the pairs depend on the order of the documents only.
        missed: probability that the topic of the second lead is missing.
    """
    order = list(range(len(documents)))
    random.Random(1).shuffle(order)
    texts = []
    for first, second in zip(order, [*order[1:], order[0]], strict=True):
        one, other = documents[first], documents[second]
        is_missed = draw.random() < missed
        labels = None
        if one.labels is not None and other.labels is not None:
            found = {*one.labels, *(() if is_missed else other.labels)}
            labels = tuple(sorted(found))
        texts.append(
            Document(
                f"{one.id}+{other.id}",
                f"{one.text} {other.text}",
                annotation=Annotation(labels=labels),
            )
        )
    return texts


def main() -> None:
    """Write all corpora, and the scores of the teachers."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rows = leads()
    known, rest = rows[:LABELLED], rows[LABELLED:]
    draw = random.Random(0)
    gold = [document(row, row["labels"]) for row in known]
    strong = [document(row, reply_labels(row)) for row in known]
    weak = [document(row, confused(reply_labels(row), draw)) for row in known]
    dev, test = rest[:DEV], rest[DEV : DEV + TEST]
    scored = [[document(row, row["labels"]) for row in part] for part in (dev, test)]
    pairs = [joined(part, draw) for part in scored]
    corpora = {
        "strong": (gold, strong, *scored),
        "weak": (gold, weak, *scored),
        "two": (joined(gold, draw), joined(strong, draw, MISSED), *pairs),
    }
    scores = {}
    for name, parts in corpora.items():
        for part, documents in zip(("gold", "silver", "dev", "test"), parts, strict=True):
            write_corpus(documents, folder / f"{name}.{part}.jsonl", overwrite=True)
        task = task_of(several=name == "two")
        both = zip(parts[0], parts[1], strict=True)
        counts = sum_counts(task.count(one.annotation, two.annotation) for one, two in both)
        scores[name] = counts.overall.as_dict()
    (folder / "teachers.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(scores, indent=1))


if __name__ == "__main__":
    main()
