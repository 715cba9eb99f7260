"""Prepare CoNLL04 for the studies of relations: gold, silver of recorded replies, dev and test.

    VERMEIL_DATA=<folder> python benchmarks/relations/prepare.py build/relations

Writes ``gold.jsonl`` (910 sentences), ``silver.jsonl`` (the same sentences, annotated by the
replies of a large language model, through ``vermeil replies import`` and ``vermeil locate``),
``dev.jsonl`` (243) and ``test.jsonl`` (288). Prints the strict scores of silver against gold.

The texts may not be redistributed, so the folder must stay outside the project (``build/`` is
ignored by git).
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from vermeil.config import load_config
from vermeil.corpora import read_corpus, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import UNANNOTATED, Annotation, Document
from vermeil.evaluation.documents import evaluate
from vermeil.tasks import make_task

HERE = Path(__file__).parent
MODEL = "llm2026"


def corpus(name: str) -> list[Document]:
    """Return a part of CoNLL04: train, dev or test."""
    path = Path(os.environ["VERMEIL_DATA"]) / "conll04" / f"{name}.jsonl.gz"
    return list(read_corpus(CorpusConfig.model_validate({"path": path, "format": "conll04"})))


def replies() -> list[dict[str, Any]]:
    """Return the recorded reply to each sentence of train."""
    path = Path(os.environ["VERMEIL_DATA"]) / "conll04" / "train.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [{"id": row["id"], "reply": row["standard"]} for row in rows]


def locate(gold: list[Document], folder: Path) -> list[Document]:
    """Return silver: the replies, imported and located by the command line.

    Args:
        gold: the sentences.
        folder: working folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plain = [document.with_annotation(UNANNOTATED) for document in gold]
    write_corpus(plain, folder / "pool.jsonl", overwrite=True)
    text = "".join(json.dumps(row) + "\n" for row in replies())
    (folder / "replies.jsonl").write_text(text, encoding="utf-8")
    settings = [
        f"corpora.pool.path={folder / 'pool.jsonl'}",
        f"run.output={folder / 'run'}",
        f"teacher.model={MODEL}",
    ]
    common = ["-c", str(HERE / "conll04.toml"), *(p for s in settings for p in ("--set", s))]
    for verb in (["replies", "import", str(folder / "replies.jsonl")], ["locate"]):
        subprocess.run([sys.executable, "-m", "vermeil", *verb, *common], check=True)
    return list(read_corpus(CorpusConfig(path=folder / "run/silver.jsonl")))


def main(folder: Path) -> None:
    """Write all corpora, and print the scores of silver."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    task = make_task(load_config(HERE / "conll04.toml").task)
    gold = corpus("train")
    silver = locate(gold, folder / "work")
    parts = {"gold": gold, "silver": silver, "dev": corpus("dev"), "test": corpus("test")}
    for name, documents in parts.items():
        write_corpus(documents, folder / f"{name}.jsonl", overwrite=True)
    nothing = Annotation(spans=(), relations=())
    found = [d.with_annotation(nothing) if d.annotation.is_empty else d for d in silver]
    print(json.dumps(evaluate(found, gold, task).as_dict(), indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
