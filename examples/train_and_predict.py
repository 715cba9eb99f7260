"""Train a student on gold and silver, save it, and annotate new text.

python examples/train_and_predict.py --output model
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import vermeil

SAMPLE = Path(vermeil.__file__).parent / "demo" / "newswire"
LABELS = ("PER", "ORG", "LOC", "MISC")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on a part of the sample corpus."""
    parser = argparse.ArgumentParser(description="Train a student and annotate two sentences.")
    parser.add_argument("--encoder", default="embedded", help="Hugging Face Hub id or folder")
    parser.add_argument("--documents", type=int, default=150, help="of gold, and of silver")
    parser.add_argument("--wordpieces", type=int, default=50_000, help="training budget")
    parser.add_argument("--output", type=Path, default=Path("model"), help="folder of the model")
    options = parser.parse_args(arguments)

    def read(name: str) -> list[vermeil.Document]:
        return list(islice(vermeil.read_corpus(SAMPLE / name), options.documents))

    task = vermeil.make_task(
        vermeil.TaskConfig(labels={label: vermeil.LabelConfig() for label in LABELS})
    )
    budget = vermeil.BudgetConfig(name="equal", wordpieces=options.wordpieces, batch_wordpieces=256)
    job = vermeil.TrainJob(
        gold=read("train.jsonl"),
        silver=read("pool.gold.jsonl"),  # in a project of yours: the output of vermeil.locate
        dev=read("dev.jsonl"),
        task=task,
        student=vermeil.StudentConfig(encoder=options.encoder),
        blending=vermeil.BlendingConfig(regimen="simple_mix", budget=budget),
    )
    report = vermeil.train(job, options.output)
    test = read("test.jsonl")
    counts = vermeil.evaluate(list(vermeil.predict(report.folder, test)), test, task)
    print(f"{vermeil.Student.load(report.folder)}: test F1 {counts.overall.f1:.3f}")
    texts = ["Ada Lovelace met Charles Babbage in London.", "Nothing happened."]
    for document in vermeil.predict(report.folder, texts):
        print(document)


if __name__ == "__main__":
    main()
