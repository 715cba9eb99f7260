"""Seconds of training until F1 on dev reaches 95 % of its end, by setting of the student.

250 gold sentences of CoNLL-2003 and 4,000 with ChatGPT's labels, Simple Mix, the default budget,
one thread. The first setting is the default; its F1 after the last step gives the quality to reach.
The others stop when they reach it. Time is that of the training steps alone, as CPU time of the
process, so that other work on the machine does not enter.

    VERMEIL_DATA=… python benchmarks/time_to_quality.py --seeds 0 1 2 --json time.json
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

SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "warmup .02": {"warmup": 0.02},
    "warmup .02, rate 5e-4": {"warmup": 0.02, "learning_rate": 5e-4},
    "warmup .02, half the wordpieces per step": {"warmup": 0.02, "batch_wordpieces": 256},
    "warmup .02, word embeddings not trained": {"warmup": 0.02, "train_word_embeddings": False},
}
"""Settings of ``[student]``, and ``batch_wordpieces`` of the budget."""


class ReachedError(Exception):
    """The student is good enough."""


@dataclass
class Watch:
    """Score the student every few steps; stop at a target.

    Args:
        student: the student in training.
        dev: documents to score on.
        every: steps between two scores.
        target: F1 at which to stop; None: never.
    """

    student: Student
    dev: list[Document]
    every: int
    target: float | None
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
        if self.target is not None and found >= self.target:
            raise ReachedError


def f1(student: Student, documents: list[Document]) -> float:
    return evaluate(student.predict(documents), documents, TASK).overall.f1


def train(
    seed: int, data: tuple[list[Document], ...], settings: dict[str, Any], target: float | None
) -> list[tuple[float, float]]:
    """Train once; return seconds and F1 every few steps."""
    own = dict(settings)
    rows = own.pop("batch_wordpieces", 512)
    config = StudentConfig.model_validate({"threads": 1, "checkpoint_seconds": None, **own})
    student = Student.create(TASK, config, seed)
    gold, silver, dev = data
    corpora = student.encode(gold, "gold"), student.encode(silver, "silver")
    blending = BlendingConfig.model_validate({"budget": {"batch_wordpieces": rows}})
    watch = Watch(student, dev, round(15 * 512 / rows), target)
    try:
        train_student(student, *corpora, blending, seed, TrainingHooks(observer=watch))
    except ReachedError:
        return watch.curve
    seconds = time.process_time() - watch.started - watch.paused
    return [*watch.curve, (seconds, f1(student, dev))]


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
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    times: dict[str, list[float | None]] = {name: [] for name in SETTINGS}
    curves: list[dict[str, Any]] = []
    for seed in options.seeds:
        data, target = data_of(seed, options.dev), None
        for name in dict.fromkeys(("default", *options.settings)):
            curve = train(seed, data, SETTINGS[name], target)
            target = target or SHARE * curve[-1][1]
            reached = next((seconds for seconds, found in curve if found >= target), None)
            times[name].append(reached)
            curves.append({"seed": seed, "setting": name, "target": target, "curve": curve})
            end = f"end {curve[-1][0]:.0f} s, F1 {curve[-1][1]:.3f}"
            print(f"seed {seed}, {name}: {reached and round(reached, 1)} s; {end}", flush=True)
    peer = statistics.median(one for one in times["default"] if one is not None)
    for name, own in times.items():
        if name == "default" or not own or None in own:
            continue
        ours = statistics.median(one for one in own if one is not None)
        result = {"name": f"time to quality: {name}", "ours": round(ours, 1)}
        result |= {"peer": round(peer, 1), "unit": "s", "ratio": round(peer / ours, 2)}
        print("RESULT", json.dumps({**result, "goal": GOAL, "met": peer / ours >= GOAL}))
    if options.json:
        record = {"environment": describe_environment(), "curves": curves}
        options.json.write_text(json.dumps(record, indent=1, default=str) + "\n", "utf-8")


if __name__ == "__main__":
    main()
