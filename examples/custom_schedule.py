"""Blend gold and silver with a schedule of your own: the gold share rises in three steps.

python examples/custom_schedule.py --output model
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import vermeil

SAMPLE = Path(vermeil.__file__).parent / "demo" / "newswire"
LABELS = ("PER", "ORG", "LOC", "MISC")


def gold_share(progress: float) -> float:
    """Return the gold share at a training progress in [0, 1]."""
    if progress < 0.4:
        return 0.1
    return 0.5 if progress < 0.8 else 0.9


def main(arguments: Sequence[str] | None = None) -> None:
    """Train with the schedule and print the gold share of some steps."""
    parser = argparse.ArgumentParser(description="Train with a schedule of your own.")
    parser.add_argument("--encoder", default="embedded", help="Hugging Face Hub id or folder")
    parser.add_argument("--documents", type=int, default=150, help="of gold, and of silver")
    parser.add_argument("--wordpieces", type=int, default=50_000, help="training budget")
    parser.add_argument("--output", type=Path, default=Path("model"), help="folder of the model")
    options = parser.parse_args(arguments)

    def read(name: str) -> list[vermeil.Document]:
        return list(islice(vermeil.read_corpus(SAMPLE / name), options.documents))

    budget = vermeil.BudgetConfig(name="equal", wordpieces=options.wordpieces, batch_wordpieces=256)
    job = vermeil.TrainJob(
        gold=read("train.jsonl"),
        silver=read("pool.gold.jsonl"),
        task=vermeil.make_task(
            vermeil.TaskConfig(labels={label: vermeil.LabelConfig() for label in LABELS})
        ),
        student=vermeil.StudentConfig(encoder=options.encoder),
        blending=vermeil.BlendingConfig(regimen="schedule", budget=budget),
        schedule=gold_share,
    )
    report = vermeil.train(job, options.output)
    lines = (report.folder / "training.jsonl").read_text("utf-8").splitlines()
    steps = [json.loads(line) for line in lines]
    for step in steps[:: max(1, len(steps) // 10)]:
        share = step["gold_share"]
        print(f"step {step['step']:5}  gold share {share:.2f}  {'#' * round(40 * share)}")
    print(f"model: {report.folder}")


if __name__ == "__main__":
    main()
