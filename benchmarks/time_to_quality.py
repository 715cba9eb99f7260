"""Seconds of training until F1 on dev reaches 95 % of its end, by setting.

250 gold sentences of CoNLL-2003 and 4,000 with ChatGPT's labels, Simple Mix, one thread. The F1 of
the first setting after the last step gives the quality to reach. F1 is the mean over the seeds,
because single curves go up and down by several points; a time counts if F1 stays there in the next
measurement, too. Time is that of the training steps alone, as CPU time of the process, so that
other work on the machine does not enter.

    VERMEIL_DATA=… python benchmarks/time_to_quality.py --seeds 0 1 2 --json time.json

Trained curves are kept in the JSON file, and are not run again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.conll import TASK, corpus

from vermeil.blending.config import BlendingConfig
from vermeil.data.document import Document
from vermeil.evaluation.documents import evaluate
from vermeil.student.config import StudentConfig
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.student.student import Student
from vermeil.studies.environment import describe_environment
from vermeil.training.fit import train_student

SHARE, GOAL = 0.95, 2.0
"""Share of the last F1 to reach, and the ratio of the times to reach it."""

EVERY = 20
"""Steps of 512 wordpieces between two measurements of F1."""

BEFORE = "8 passes over gold, 3 over silver"
"""The setting to compare with: the passes of every training before they suited the sizes."""

SETTINGS: dict[str, dict[str, Any]] = {
    BEFORE: {"gold_epochs": 8, "silver_epochs": 3},
    "the default": {},
    "16 passes over gold, 1 over silver": {"gold_epochs": 16, "silver_epochs": 1},
    "8, 1": {"gold_epochs": 8, "silver_epochs": 1},
    "8, 1, warmup .02": {"gold_epochs": 8, "silver_epochs": 1, "warmup": 0.02},
    "8, 1, half the wordpieces per step": {
        "gold_epochs": 8,
        "silver_epochs": 1,
        "batch_wordpieces": 256,
    },
    "8, 3, warmup .02": {"gold_epochs": 8, "silver_epochs": 3, "warmup": 0.02},
    "8, 3, word embeddings not trained": {
        "gold_epochs": 8,
        "silver_epochs": 3,
        "train_word_embeddings": False,
    },
}
"""Settings of ``[student]``, and of the budget."""

OF_BUDGET = ("batch_wordpieces", "silver_epochs", "gold_epochs")


@dataclass
class Watch:
    """Score the student every few steps.

    Args:
        student: the student in training.
        dev: documents to score on.
        every: steps between two scores.
    """

    student: Student
    dev: list[Document]
    every: int
    curve: list[tuple[float, float]] = field(default_factory=list)
    paused: float = 0.0
    started: float = field(default_factory=time.process_time)

    def is_due(self, step: int) -> bool:
        return step % self.every == 0

    def observe(self, step: int) -> None:  # noqa: ARG002
        before = time.process_time()
        found = f1(self.student, self.dev)
        self.curve.append((before - self.started - self.paused, found))
        self.paused += time.process_time() - before


def f1(student: Student, documents: list[Document]) -> float:
    return evaluate(student.predict(documents), documents, TASK).overall.f1


def train(
    seed: int, data: tuple[list[Document], ...], settings: dict[str, Any]
) -> list[tuple[float, float]]:
    """Train once; return seconds and F1 every few steps."""
    budget = {name: settings[name] for name in OF_BUDGET if name in settings}
    own = {name: value for name, value in settings.items() if name not in OF_BUDGET}
    config = StudentConfig.model_validate({"threads": 1, "checkpoint_seconds": None, **own})
    student = Student.create(TASK, config, seed)
    gold, silver, dev = data
    corpora = student.encode(gold, "gold"), student.encode(silver, "silver")
    blending = BlendingConfig.model_validate({"budget": budget})
    watch = Watch(student, dev, round(EVERY * 512 / blending.budget.batch_wordpieces))
    train_student(student, *corpora, blending, seed, TrainingHooks(observer=watch))
    seconds = time.process_time() - watch.started - watch.paused
    return [*watch.curve, (seconds, f1(student, dev))]


def mean_curve(curves: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Return the mean over seeds of curves with the same steps."""
    last = [curve[-1] for curve in curves]
    points = [*zip(*(curve[:-1] for curve in curves), strict=False), tuple(last)]
    return [
        (statistics.fmean(x), statistics.fmean(y))
        for x, y in (zip(*p, strict=True) for p in points)
    ]


def reached(curve: list[tuple[float, float]], target: float) -> float | None:
    """Return the first time from which two values in a row reach the target."""
    good = [*(found >= target for _, found in curve), True]
    pairs = zip(curve, good, good[1:], strict=False)
    return next((point[0] for point, now, later in pairs if now and later), None)


def data_of(seed: int, number: int) -> tuple[list[Document], ...]:
    """Draw gold, silver of other sentences, and dev."""
    train_gold, silver = corpus("train"), {one.id: one for one in corpus("train", "chatgpt")}
    drawn = random.Random(seed).sample([one for one in train_gold if one.id in silver], 4250)
    dev = random.Random(0).sample(corpus("dev"), number)
    return drawn[:250], [silver[one.id] for one in drawn[250:]], dev


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--dev", type=int, default=600, help="sentences of dev")
    parser.add_argument("--settings", nargs="+", choices=tuple(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--json", type=Path, required=True, help="file of the curves")
    options = parser.parse_args()
    curves = json.loads(options.json.read_text("utf-8")) if options.json.exists() else {}
    curves["environment"] = describe_environment()
    names = list(dict.fromkeys((BEFORE, *options.settings)))
    for seed in options.seeds:
        data = data_of(seed, options.dev)
        for name in names:
            own = curves.setdefault(name, {})
            if str(seed) not in own:
                own[str(seed)] = train(seed, data, SETTINGS[name])
                options.json.write_text(json.dumps(curves, default=str) + "\n", "utf-8")
            seconds, found = own[str(seed)][-1]
            print(f"seed {seed}, {name}: F1 {found:.3f} after {seconds:.0f} s", flush=True)
    means = {n: mean_curve([curves[n][str(seed)] for seed in options.seeds]) for n in names}
    target = SHARE * means[BEFORE][-1][1]
    times = {name: reached(curve, target) for name, curve in means.items()}
    peer = times[BEFORE]
    for name in names:
        ours, end = times[name], round(means[name][-1][1], 4)
        ratio = round(peer / ours, 2) if ours and peer else None
        result: dict[str, Any] = {"name": f"time to quality: {name}", "ours": ours, "peer": peer}
        result |= {"unit": "s", "ratio": ratio, "goal": GOAL, "met": bool(ratio and ratio >= GOAL)}
        print("RESULT", json.dumps({**result, "target": round(target, 4), "end": end}))


if __name__ == "__main__":
    main()
