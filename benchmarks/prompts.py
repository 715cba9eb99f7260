"""Selection between two prompts from stored replies: folds, interval and winner's curse, offline.

The replies of a large language model of 2026 to the prompts standard and chain_of_thought about
1,025 CoNLL-2003 sentences are imported into a store. `optimize` with the optimiser ``variants``
then needs no request: the teacher's address is a port on which nothing listens.

    VERMEIL_DATA=<folder> python benchmarks/prompts.py
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from vermeil.corpora.tokenised import TokenisedRow, row_to_document
from vermeil.data.document import Document
from vermeil.jobs.import_replies import import_replies
from vermeil.pipeline.optimize.optimize import optimize
from vermeil.prompting.config import OptimizeConfig
from vermeil.prompting.report import OptimizeReport
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.teacher.config import TeacherConfig

PROMPTS = ("standard", "chain_of_thought")
LABELS = ("PER", "ORG", "LOC", "MISC")


def read_replies(data: Path) -> list[dict[str, Any]]:
    """Return the sentences with replies to both prompts."""
    file = data / "replies" / "llm2026_conll2003_train.jsonl.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if all(row.get(prompt) for prompt in PROMPTS)]


def choose_prompt(data: Path, folder: Path, start: str, documents: int = 10_000) -> OptimizeReport:
    """Return the report of the selection between the prompts.

    Args:
        data: folder of the research data.
        folder: folder of the store.
        start: today's prompt.
        documents: number of documents on which each fold chooses.
    """
    rows = read_replies(data)
    gold = [_document(row) for row in rows]
    task = make_task(TaskConfig(labels={label: LabelConfig() for label in LABELS}))
    store = folder / "replies.sqlite"
    for prompt in PROMPTS:
        teacher = TeacherConfig(base_url="http://127.0.0.1:9/v1", model="recorded", prompt=prompt)
        recorded = folder / f"{prompt}.jsonl"
        records = (json.dumps({"id": row["id"], "reply": row[prompt]}) for row in rows)
        recorded.write_text("\n".join(records) + "\n", encoding="utf-8")
        import_replies(recorded, gold, task, teacher, store)
    teacher = TeacherConfig(base_url="http://127.0.0.1:9/v1", model="recorded", prompt=start)
    config = OptimizeConfig(optimisers=("variants",), documents=documents, max_calls=100_000)
    return optimize(gold, task, teacher, config, store)


def _document(row: dict[str, Any]) -> Document:
    return row_to_document(
        TokenisedRow(row["id"], str(row["doc"]), row["tokens"], row["gold"], row["text"]), "iob2"
    )


def main() -> None:
    data = Path(os.environ["VERMEIL_DATA"])
    for start in PROMPTS:
        with tempfile.TemporaryDirectory() as folder:
            report = choose_prompt(data, Path(folder), start)
        chosen = [fold.optimised.prompt.variant for fold in report.folds]
        gain = report.gain
        print(f"start {start}: {report.recommendation}")
        print(f"  {report.documents} documents, {report.groups} groups; folds chose {chosen}")
        print(
            f"  F1 {gain.before:.4f} -> {gain.after:.4f}; winner's curse {gain.winners_curse:+.4f}"
        )


if __name__ == "__main__":
    main()
