"""Compare two regimens for several amounts of gold, and print the learning curve of each.

    python examples/study_learning_curve.py --output study

The folder holds report.html with intervals and significance. A second run continues an interrupted
one. Two seeds are enough for a first look only.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import mean

import vermeil

SAMPLE = Path(vermeil.__file__).parent / "demo" / "newswire"
LABELS = ("PER", "ORG", "LOC", "MISC")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study on the sample corpus."""
    parser = argparse.ArgumentParser(description="Run a study over several amounts of gold.")
    parser.add_argument("--encoder", default="embedded", help="Hugging Face Hub id or folder")
    parser.add_argument("--sizes", type=int, nargs="+", default=[25, 50, 100], help="gold sizes")
    parser.add_argument("--silver", type=int, default=200, help="number of silver documents")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="seeds of each cell")
    parser.add_argument("--test", type=int, default=300, help="number of test documents")
    parser.add_argument("--wordpieces", type=int, default=20_000, help="budget of each training")
    parser.add_argument("--output", type=Path, default=Path("study"), help="folder of the study")
    options = parser.parse_args(arguments)

    budget = vermeil.BudgetConfig(name="equal", wordpieces=options.wordpieces, batch_wordpieces=256)
    settings = vermeil.StudySettings(
        task=vermeil.make_task(
            vermeil.TaskConfig(labels={label: vermeil.LabelConfig() for label in LABELS})
        ),
        study=vermeil.StudyConfig(
            regimens=("gold_only", "simple_mix"),
            seeds=tuple(options.seeds),
            gold_documents=tuple(options.sizes),
            baseline="gold_only",
            resamples=500,
        ),
        student=vermeil.StudentConfig(encoder=options.encoder),
        blending=vermeil.BlendingConfig(budget=budget),
    )
    corpora = vermeil.StudyCorpora(
        gold=list(vermeil.read_corpus(SAMPLE / "train.jsonl")),
        silver=list(islice(vermeil.read_corpus(SAMPLE / "pool.gold.jsonl"), options.silver)),
        test=list(islice(vermeil.read_corpus(SAMPLE / "test.jsonl"), options.test)),
    )
    report = vermeil.study(corpora, settings, options.output)

    curves: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for cell in report.results.cells:
        if cell.test is not None:
            curves[cell.regimen][cell.gold_documents].append(cell.test.overall.f1)
    for regimen, curve in curves.items():
        points = (f"{size}: {mean(scores):.3f}" for size, scores in sorted(curve.items()))
        print(f"{regimen:12} test F1 by gold documents   {'   '.join(points)}")
    print(f"report: {report.folder / 'report.html'}")


if __name__ == "__main__":
    main()
