"""Compare encoders as students: test F1 by gold size, with the learning rate chosen on dev.

Gold sentences of CoNLL-2003 alone, the passes of `vermeil train`, one thread. Seeds draw the
sentences and the student. Every training (encoder, gold, seed, learning rate) is a file of the
output folder, and is not run again.

    VERMEIL_DATA=… python benchmarks/encoders.py cells --encoder embedded --gold 250 1000
    VERMEIL_DATA=… python benchmarks/encoders.py cells --encoder FOLDER --rates 2e-4 5e-4 --seeds 0
    python benchmarks/encoders.py cells --table
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.conll import TASK, corpus

from vermeil.blending.config import BlendingConfig
from vermeil.data.atomic import write_json
from vermeil.data.document import Document
from vermeil.evaluation.documents import evaluate
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.training.fit import train_student

REGIMEN = BlendingConfig(regimen="gold_only")


Splits = dict[str, list[Document]]
"""The documents of train, dev and test."""


def cell(data: Splits, config: StudentConfig, gold: int, seed: int) -> dict[str, Any]:
    """Train and score one student."""
    drawn = random.Random(seed).sample(data["train"], gold)
    student = Student.create(TASK, config, seed)
    corpora = student.encode(drawn, "gold"), student.encode([], "silver")
    started = time.process_time()
    training = train_student(student, *corpora, REGIMEN, seed)
    seconds = time.process_time() - started
    scores, started = {}, time.process_time()
    for split in ("dev", "test"):
        scores[split] = evaluate(student.predict(data[split]), data[split], TASK).overall.f1
    return {
        "encoder": name_of(config),
        "gold": gold,
        "seed": seed,
        "rate": config.learning_rate,
        **scores,
        "wordpieces": sum(step.wordpieces for step in training.steps),
        "training_seconds": round(seconds, 1),
        "prediction_seconds": round(time.process_time() - started, 1),
    }


def name_of(config: StudentConfig) -> str:
    layers = "" if config.layers is None else f"-{config.layers}"
    return f"{Path(config.encoder).name}{layers}"


def table(folder: Path) -> None:
    """Print test F1 with the learning rate whose F1 on dev is highest, by encoder and gold size."""
    cells: dict[tuple[str, int, float], list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(folder.glob("*.json")):
        own = json.loads(path.read_text())
        cells[own["encoder"], own["gold"], own["rate"]].append(own)
    for encoder, gold in sorted({key[:2] for key in cells}):
        tried = {key[2]: found for key, found in cells.items() if key[:2] == (encoder, gold)}
        same = set.intersection(*({one["seed"] for one in found} for found in tried.values()))
        on_dev = {
            rate: statistics.fmean(one["dev"] for one in found if one["seed"] in same)
            for rate, found in tried.items()
        }
        best = max(on_dev, key=lambda rate: on_dev[rate])
        test = [one["test"] for one in tried[best]]
        speed = sum(one["wordpieces"] for one in tried[best]) / sum(
            one["training_seconds"] for one in tried[best]
        )
        spread = f" ± {statistics.stdev(test):.3f}" if len(test) > 1 else ""
        print(
            f"{encoder:24} {gold:>6} gold: test {statistics.fmean(test):.3f}{spread} "
            f"({len(test)} seeds), rate {best:g} of "
            + ", ".join(f"{rate:g} (dev {found:.3f})" for rate, found in sorted(on_dev.items()))
            + f"; {speed:,.0f} wordpieces/s in training"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path, help="folder of the cells")
    parser.add_argument("--encoder", default="embedded", help="embedded, or a folder")
    parser.add_argument("--gold", type=int, nargs="+", default=[250, 1000])
    parser.add_argument("--layers", type=int, help="keep only so many of the lowest layers")
    parser.add_argument("--rates", type=float, nargs="+", default=[StudentConfig().learning_rate])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--table", action="store_true", help="only print the table")
    options = parser.parse_args()
    if options.table:
        table(options.output)
        return
    data = {split: corpus(split) for split in ("train", "dev", "test")}
    for gold in options.gold:
        for rate in options.rates:
            for seed in options.seeds:
                config = StudentConfig(
                    encoder=options.encoder,
                    layers=options.layers,
                    threads=1,
                    learning_rate=rate,
                    checkpoint_seconds=None,
                )
                path = options.output / f"{name_of(config)}.{gold}.{rate:g}.{seed}.json"
                if not path.exists():
                    found = cell(data, config, gold, seed)
                    write_json(path, found)
                    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
