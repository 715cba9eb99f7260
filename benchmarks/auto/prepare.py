"""Prepare the corpora of docs/results/auto.md: gold, and the labels of teachers for the same texts.

    VERMEIL_DATA=<folder> python benchmarks/auto/prepare.py build/auto

Writes a folder for each set, with ``gold.jsonl``, ``silver.jsonl`` (the same texts), ``dev.jsonl``
and ``test.jsonl``:

- ``newswire``: the sample corpus; the recorded replies of the large language model.
- ``newswire-local``: the same texts; the recorded replies of the local model (1.5B).
- ``conll04``: the entities of CoNLL04; the replies of a large language model.
- ``finer``: FiNER-ORD (financial news); the replies of GPT-4. A quarter of the sentences is test.
- ``wnut``: WNUT-17; noise is mixed into gold, see `noisy`.

``teachers.json`` holds precision, recall and F1 of the labels in ``silver.jsonl``. The texts may
not be redistributed, so the folder must stay outside the project (``build/`` is ignored by git).
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import replies
from benchmarks.recipes import domains
from benchmarks.relations import prepare as relations

from vermeil.corpora import read_corpus, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.counts import sum_counts
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.words import words_of
from vermeil.demo.corpus import NEWSWIRE
from vermeil.tasks.protocol import Task

DATA = Path(os.environ["VERMEIL_DATA"])
SEED = 0


@dataclass(frozen=True, slots=True)
class Corpora:
    """The corpora of one set.

    Args:
        task: the labels.
        pairs: texts with people's labels, and the same texts with the teacher's.
        dev: gold documents.
        test: gold documents.
    """

    task: Task
    pairs: domains.Pairs
    dev: Sequence[Document]
    test: Sequence[Document]


def newswire(file: str, reply_format: str) -> Corpora:
    """Return the sample corpus with recorded replies, without masked ranges."""
    task, both = domains.newswire(file, reply_format)
    pairs = [(gold, own.with_annotation(Annotation(own.spans))) for gold, own in both]
    return Corpora(task, pairs, _read(NEWSWIRE / "dev.jsonl"), _read(NEWSWIRE / "test.jsonl"))


def conll04() -> Corpora:
    """Return the entities of CoNLL04 with the recorded replies."""
    task = replies.task_of(_CONLL04, "json")
    parts = {
        name: [d.with_annotation(Annotation(d.spans)) for d in relations.corpus(name)]
        for name in ("train", "dev", "test")
    }
    rows = {row["id"]: row["reply"] for row in relations.replies()}
    pairs = [domains.pair(d, d.spans or (), task, rows[d.id]) for d in parts["train"]]
    return Corpora(task, pairs, parts["dev"], parts["test"])


_CONLL04 = ("Peop", "Loc", "Org", "Other")


def finer() -> Corpora:
    """Return FiNER-ORD with the replies of GPT-4; whole groups of 20 neighbours are test or dev."""
    task, pairs = domains.finer()
    groups = sorted({gold.group_or_id for gold, _ in pairs})
    random.Random(SEED).shuffle(groups)
    test, dev = set(groups[::4]), set(groups[1::8])
    train = [pair for pair in pairs if pair[0].group_or_id not in test | dev]
    return Corpora(
        task,
        train,
        [gold for gold, _ in pairs if gold.group_or_id in dev],
        [gold for gold, _ in pairs if gold.group_or_id in test],
    )


def wnut() -> Corpora:
    """Return WNUT-17 with noise in place of a teacher."""
    labels = ("corporation", "creative-work", "group", "location", "person", "product")
    task = replies.task_of(labels, "json")
    train, dev, test = (
        _read(DATA / f"wnut17/{name}.jsonl.gz") for name in ("train", "dev", "test")
    )
    return Corpora(task, [(d, noisy(d, labels)) for d in train], dev, test)


def noisy(document: Document, labels: Sequence[str]) -> Document:
    """Return gold with errors that are the same wherever a surface occurs, as a teacher's are.

    Of the surfaces, 25 % are missed, 15 % get another label, and 10 % lose their last word or gain
    the next one. Of the other capitalised words, 6 % are found, with any label.
    """
    words = words_of(document)
    spans = [s for span in document.spans or () for s in _altered(document, span, labels, words)]
    taken = [(span.start, span.end) for span in (*(document.spans or ()), *spans)]
    for start, end in words:
        word = document.text[start:end]
        free = all(end <= first or last <= start for first, last in taken)
        if free and word[:1].isupper() and word[1:].islower():
            rng = random.Random(f"{SEED}:word:{word}")
            if rng.random() < FOUND:
                spans.append(Span(start, end, rng.choice(labels)))
    return document.with_annotation(Annotation(tuple(sorted(spans, key=lambda s: s.start))))


FOUND = 0.06
"""Share of the capitalised words that are no name and become one."""


def _altered(
    document: Document, span: Span, labels: Sequence[str], words: Sequence[tuple[int, int]]
) -> Iterator[Span]:
    rng = random.Random(f"{SEED}:{document.text[span.start : span.end]}")
    drawn = rng.random()
    if drawn < 0.25:
        return
    label = rng.choice([n for n in labels if n != span.label]) if drawn < 0.40 else span.label
    end = span.end
    if 0.40 <= drawn < 0.50:
        inside = [last for first, last in words if span.start <= first and last < span.end]
        after = [last for first, last in words if first > span.end]
        end = inside[-1] if inside else min(after, default=end)
    yield Span(span.start, end, label)


SETS: dict[str, Callable[[], Corpora]] = {
    "newswire": lambda: newswire("replies.standard.jsonl", "json"),
    "newswire-local": lambda: newswire("replies.local.jsonl", "lines"),
    "conll04": conll04,
    "finer": finer,
    "wnut": wnut,
}
"""The sets by their folder."""


def _read(path: Path) -> list[Document]:
    return list(read_corpus(CorpusConfig(path=path)))


def main(folder: Path) -> None:
    """Write all sets and the scores of their teachers."""
    scores = {}
    for name, make in SETS.items():
        corpora, own = make(), folder / name
        own.mkdir(parents=True, exist_ok=True)
        gold, silver = zip(*corpora.pairs, strict=True)
        parts = {"gold": gold, "silver": silver, "dev": corpora.dev, "test": corpora.test}
        for part, documents in parts.items():
            write_corpus(documents, own / f"{part}.jsonl", overwrite=True)
        counts = [corpora.task.count(g.annotation, s.annotation) for g, s in corpora.pairs]
        micro = sum_counts(counts).overall
        scores[name] = {
            "precision": micro.precision,
            "recall": micro.recall,
            "f1": micro.f1,
            "labels": list(corpora.task.labels),
            "sentences": len(gold),
            "test": len(corpora.test),
        }
    text = json.dumps(scores, indent=1) + "\n"
    (folder / "teachers.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
