"""Prepare the corpora of the study of teachers: the same sentences, annotated by several teachers.

    VERMEIL_DATA=<folder> python benchmarks/paper/prepare.py build/paper

Writes into the folder:

- ``gold.jsonl``: the 4,005 CoNLL-2003 sentences with people's labels.
- ``strong.jsonl``, ``strong-cot.jsonl``, ``bbc.jsonl``: silver of the large language model of 2026,
  with the standard prompt, the chain-of-thought prompt (the first 1,025 sentences), and for the
  1,054 BBC sentences. The replies pass through ``vermeil replies import`` and ``vermeil locate``.
- ``strong-bbc.jsonl``, ``strong-plain.jsonl``: ``strong.jsonl`` with the silver of the BBC
  sentences, and with the other 10,036 sentences of CoNLL-2003 without labels.
- ``chatgpt.jsonl``, ``uniner.jsonl``: the labels of these teachers for the same sentences.
- ``mixed-83.jsonl``, ``mixed-89.jsonl``: ChatGPT's labels, in which gold replaces the labels of
  whole articles, drawn with seed 0, until F1 reaches .83 and .89.
- ``mix-gold.jsonl``: gold without the first 1,025 sentences.
- ``mix-conll.jsonl``, ``mix-bbc.jsonl``, ``mix-both.jsonl``: the paper's mix of data, silver of the
  large language model for those 1,025 sentences, for the BBC sentences, and for both.
- ``dev.jsonl``: the first 60 articles of CoNLL-2003's dev set.
- ``teachers.json``: precision, recall and F1 of each teacher against gold.

The texts may not be redistributed, so the folder must stay outside the project (``build/`` is
ignored by git).
"""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vermeil.corpora import read_corpus, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.counts import sum_counts
from vermeil.data.document import UNANNOTATED, Annotation, Document, Range
from vermeil.data.tags import tags_to_spans
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig

LABELS = {
    "PER": "people: names of persons, real or fictional, without titles",
    "ORG": "organisations: companies, institutions, parties, agencies, teams and clubs",
    "LOC": "locations: countries, cities, regions, seas, mountains, buildings and sites",
    "MISC": "other names: nationalities, languages, religions, events, competitions, works, "
    "products",
}
"""Labels and descriptions of the prompt that the replies answer."""
TASK = make_task(
    TaskConfig.model_validate({"labels": {n: {"description": d} for n, d in LABELS.items()}})
)
LEVELS = (0.83, 0.89)
"""F1 of the mixed teachers."""
MIXED = 1025
"""CoNLL-2003 sentences of the paper's mix of data: the first ones, whole articles."""

DEV_ARTICLES = 60
"""Articles of the small dev set."""

Row = Mapping[str, Any]


def rows_of(name: str) -> list[Row]:
    """Return the rows of a file of replies."""
    path = Path(os.environ["VERMEIL_DATA"]) / "replies" / f"{name}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def words_of(tokens: Sequence[str]) -> tuple[Range, ...]:
    """Return the ranges of tokens that are joined by blanks."""
    ranges: list[Range] = []
    start = 0
    for token in tokens:
        ranges.append((start, start + len(token)))
        start += len(token) + 1
    return tuple(ranges)


def document_of(row: Row, tags: Sequence[str] | None = None) -> Document:
    """Return a row as a document, with the spans of its tags."""
    words, group = None, row.get("group")
    annotation = UNANNOTATED
    if "tokens" in row:
        words, group = words_of(row["tokens"]), str(row["doc"])
    if tags is not None and words is not None:
        annotation = Annotation(tags_to_spans(tags, words)[0])
    return Document(row["id"], row["text"], group, words, annotation)


def locate(rows: Sequence[Row], prompt: str, folder: Path) -> list[Document]:
    """Return the silver of recorded replies, imported and located by the command line.

    Args:
        rows: texts with a reply under the key ``prompt``.
        prompt: standard or chain_of_thought.
        folder: working folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pool, replies = folder / "pool.jsonl", folder / "replies.jsonl"
    write_corpus([document_of(row) for row in rows], pool, overwrite=True)
    with replies.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({"id": row["id"], "reply": row[prompt]}) + "\n")
    labels = "".join(f'[task.labels.{n}]\ndescription = "{d}"\n' for n, d in LABELS.items())
    config = folder / "vermeil.toml"
    config.write_text(
        f'[corpora]\npool = "pool.jsonl"\n[run]\noutput = "run"\n[teacher]\n'
        f'model = "llm2026"\nprompt = "{prompt}"\n{labels}',
        encoding="utf-8",
    )
    for verb in (["replies", "import", str(replies)], ["locate"]):
        subprocess.run([sys.executable, "-m", "vermeil", *verb, "-c", str(config)], check=True)
    return list(read_corpus(CorpusConfig(path=folder / "run/silver.jsonl")))


def mix(
    teacher: Sequence[Document], gold: Sequence[Document], target: float
) -> tuple[list[Document], float]:
    """Return a teacher's documents, some articles replaced by gold until F1 reaches a level.

    Returns:
        The documents, and the share that gold replaces.
    """
    groups = sorted({document.group_or_id for document in gold})
    random.Random(0).shuffle(groups)
    low, high = 0, len(groups)
    while low < high:
        middle = (low + high) // 2
        if f1_of(_replaced(teacher, gold, set(groups[:middle])), gold)["f1"] < target:
            low = middle + 1
        else:
            high = middle
    mixed = _replaced(teacher, gold, set(groups[:low]))
    replaced = sum(document.group_or_id in groups[:low] for document in gold)
    return mixed, replaced / len(gold)


def _replaced(
    teacher: Sequence[Document], gold: Sequence[Document], groups: set[str]
) -> list[Document]:
    pairs = zip(teacher, gold, strict=True)
    return [true if true.group_or_id in groups else own for own, true in pairs]


def f1_of(predicted: Iterable[Document], gold: Sequence[Document]) -> dict[str, float]:
    """Return precision, recall and F1 against gold; documents without annotation count as empty."""
    found = {
        d.id: d if d.spans is not None else d.with_annotation(Annotation(())) for d in predicted
    }
    pairs = ((document.annotation, found[document.id].annotation) for document in gold)
    micro = sum_counts(TASK.count(*pair) for pair in pairs).overall
    return {"precision": micro.precision, "recall": micro.recall, "f1": micro.f1}


def write_dev(path: Path) -> None:
    """Write the rows of the first articles of dev."""
    dev = Path(os.environ["VERMEIL_DATA"]) / "conll2003/dev.jsonl.gz"
    with gzip.open(dev, "rt", encoding="utf-8") as lines:
        rows = [line for line in lines if json.loads(line)["doc"] < DEV_ARTICLES]
    path.write_text("".join(rows), encoding="utf-8")


def write_mixes(
    folder: Path, gold: Sequence[Document], strong: Sequence[Document], bbc: Sequence[Document]
) -> None:
    """Write the corpora of the paper's mix of data; gold and silver share no article."""
    groups = {document.group_or_id for document in gold[:MIXED]}
    rest = [document for document in gold if document.group_or_id not in groups]
    conll = [document for document in strong if document.group_or_id in groups]
    silver = {"conll": conll, "bbc": bbc, "both": [*conll, *bbc]}
    write_corpus(rest, folder / "mix-gold.jsonl", overwrite=True)
    for name, documents in silver.items():
        write_corpus(documents, folder / f"mix-{name}.jsonl", overwrite=True)


def main(folder: Path) -> None:
    """Write all corpora and the scores of the teachers."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = rows_of("llm2026_conll2003_train")
    ids = {row["id"] for row in rows}
    gold = [document_of(row, row["gold"]) for row in rows]
    teachers = {"strong": locate(rows, "standard", folder / "work/strong")}
    thought = [row for row in rows if row.get("chain_of_thought")]
    teachers["strong-cot"] = locate(thought, "chain_of_thought", folder / "work/strong-cot")
    train = Path(os.environ["VERMEIL_DATA"]) / "conll2003/train.jsonl.gz"
    for name in ("chatgpt", "uniner"):
        config = CorpusConfig(path=train, format="tokens", tag_key=name)
        tagged = {d.id: d for d in read_corpus(config) if d.id in ids}
        teachers[name] = [d.with_annotation(tagged[d.id].annotation) for d in gold]
    shares = {}
    for level in LEVELS:
        name = f"mixed-{round(100 * level)}"
        teachers[name], shares[name] = mix(teachers["chatgpt"], gold, level)
    scores = {}
    for name, silver in teachers.items():
        known = {d.id for d in silver}
        scores[name] = f1_of(silver, [d for d in gold if d.id in known])
        scores[name] |= {"sentences": len(silver), "gold_share": shares.get(name, 0.0)}
        write_corpus(silver, folder / f"{name}.jsonl", overwrite=True)
    bbc = locate(rows_of("llm2026_bbc"), "standard", folder / "work/bbc")
    write_corpus(bbc, folder / "bbc.jsonl", overwrite=True)
    write_corpus(gold, folder / "gold.jsonl", overwrite=True)
    others = read_corpus(CorpusConfig(path=train, format="tokens", tag_key="gold"))
    plain = [d.with_annotation(UNANNOTATED) for d in others if d.id not in ids]
    for name, more in (("strong-bbc", bbc), ("strong-plain", plain)):
        write_corpus([*teachers["strong"], *more], folder / f"{name}.jsonl", overwrite=True)
    write_dev(folder / "dev.jsonl")
    write_mixes(folder, gold, teachers["strong"], bbc)
    text = json.dumps(scores, indent=1) + "\n"
    (folder / "teachers.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
