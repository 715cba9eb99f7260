"""How fast a student is trained, beside transformers' Trainer; and how good it is afterwards.

Same encoder, documents, passes, learning rate and threads on both sides; letter-case features off.
Speed is wordpieces without padding per second of training, tokenising left out. F1 is measured in
the same way for all: the trained network, decoded as Vermeil decodes. The peers:

- `trainer`: Trainer with its defaults, but 32 sentences a batch; float32, dynamic padding;
- `trainer_tuned`: bfloat16, and sentences of like length together.

Trainer's steps see 32 sentences, about 620 wordpieces; ours see --step-wordpieces. Fewer, larger
steps are faster, so F1 has to be the same for the speeds to be comparable.

The limit of the machine is measured in the same run: the matrix multiplications of our steps alone
(see matmul_limit.py), in the same number type, with one thread and with --threads.

`ours_in_context` is Vermeil with `student.context = "group"`: what context costs and gains.

Needs an environment with `vermeil[train]` and accelerate, and CoNLL-2003 as JSONL with `tokens`,
`gold` tags and `doc` (see tests/research_data.py). The whole, about an hour on two cores:

    VERMEIL_DATA=… python benchmarks/train.py --seeds 0 1 2 --threads 2 --json train.json

A quick look, a few minutes: `--seeds 0 --sentences 500 --epochs 1`. The share of the limit in
float32: `--precision fp32`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.conll import TASK, corpus
from benchmarks.matmul_limit import matmul_limit

from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.example import TrainingExample
from vermeil.evaluation.documents import evaluate
from vermeil.student.config import StudentConfig
from vermeil.student.network.device import uses_bf16
from vermeil.student.student import Student
from vermeil.studies.environment import describe_environment
from vermeil.training.fit import train_student

BATCH = 32


@dataclass(frozen=True)
class Setting:
    """What is the same on all sides."""

    train: list[Document]
    test: list[Document]
    epochs: int
    threads: int
    learning_rate: float
    encoder: str
    step_wordpieces: int
    precision: str

    def student(self, seed: int, **settings: Any) -> Student:
        config = {
            "encoder": self.encoder,
            "letter_case": False,
            "threads": self.threads,
            "learning_rate": self.learning_rate,
            "precision": self.precision,
        }
        return Student.create(TASK, StudentConfig.model_validate({**config, **settings}), seed)


@dataclass(frozen=True)
class Measured:
    """One training."""

    wordpieces: int
    seconds: float
    f1: float


def ours(setting: Setting, seed: int, **settings: Any) -> Measured:
    student = setting.student(seed, **settings)
    corpora = student.encode(setting.train, "gold"), student.encode([], "silver")
    budget = BudgetConfig(gold_epochs=setting.epochs, batch_wordpieces=setting.step_wordpieces)
    blending = BlendingConfig(regimen="gold_only", budget=budget)
    training = train_student(student, *corpora, blending, seed)
    return Measured(training.plan.total_wordpieces, training.seconds, f1(student, setting))


def trainer(setting: Setting, seed: int, **arguments: Any) -> Measured:
    from transformers import Trainer, TrainingArguments

    student = setting.student(seed)
    examples = student.encode(setting.train, "gold").examples
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            folder,
            per_device_train_batch_size=arguments.pop("batch", BATCH),
            num_train_epochs=setting.epochs,
            learning_rate=setting.learning_rate,
            seed=seed,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=not torch.cuda.is_available(),
            dataloader_pin_memory=torch.cuda.is_available(),
            **arguments,
        )
        collate = partial(pad, padding=int(student.tokenizer.pad_token_id))
        rows = [as_row(e) for e in examples]
        it = Trainer(student.network, settings, train_dataset=Rows(rows), data_collator=collate)
        start = time.perf_counter()
        it.train()
        seconds = time.perf_counter() - start
    return Measured(setting.epochs * sum(e.size for e in examples), seconds, f1(student, setting))


class Rows(torch.utils.data.Dataset[dict[str, list[int]]]):
    """Examples as Trainer takes them."""

    def __init__(self, rows: Sequence[dict[str, list[int]]]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, list[int]]:
        return self.rows[index]


def as_row(example: TrainingExample) -> dict[str, list[int]]:
    return {"input_ids": example.input_ids.tolist(), "labels": example.classes.tolist()}


def pad(rows: Sequence[dict[str, list[int]]], padding: int) -> dict[str, torch.Tensor]:
    """What DataCollatorForTokenClassification does: pad to the longest of the batch."""
    width = max(len(row["input_ids"]) for row in rows)

    def fill(name: str, value: int) -> torch.Tensor:
        return torch.tensor([r[name] + [value] * (width - len(r[name])) for r in rows])

    ids, labels = fill("input_ids", padding), fill("labels", -100)
    mask = torch.tensor(
        [[1] * len(r["input_ids"]) + [0] * (width - len(r["input_ids"])) for r in rows]
    )
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def f1(student: Student, setting: Setting) -> float:
    plain = [d.with_annotation(UNANNOTATED) for d in setting.test]
    return evaluate(student.predict(plain), setting.test, TASK).overall.f1


SIDES = {
    "ours": ours,
    "trainer": trainer,
    "trainer_tuned": partial(trainer, bf16=True, train_sampling_strategy="group_by_length"),
    "ours_in_context": partial(ours, context="group"),
}
GOALS = {"trainer": 6.0, "trainer_tuned": 1.8}
LIMIT_GOALS = {1: 0.8}
"""Share of the limit that our training reaches, by threads; for more: `MANY_THREADS_GOAL`."""
MANY_THREADS_GOAL = 0.7
SAME_F1 = 0.005


def speed_of(measured: Measured) -> float:
    return measured.wordpieces / measured.seconds


def results(measured: dict[str, list[Measured]]) -> list[dict[str, Any]]:
    speed = {n: statistics.median(map(speed_of, ms)) for n, ms in measured.items()}
    score = {n: statistics.mean(m.f1 for m in ms) for n, ms in measured.items()}
    lines: list[dict[str, Any]] = []
    for peer, goal in GOALS.items():
        if peer not in measured:
            continue
        ratio = speed["ours"] / speed[peer]
        lines.append(
            line(peer, speed["ours"], speed[peer], "wordpieces/s", ratio, goal, ratio >= goal)
        )
        same = abs(score["ours"] - score[peer]) <= SAME_F1
        ratio = score["ours"] / max(score[peer], 1e-9)
        lines.append(line(f"{peer}, F1", score["ours"], score[peer], "F1", ratio, SAME_F1, same))
    if "ours_in_context" in measured:
        for name, values, unit in (("speed", speed, "wordpieces/s"), ("F1", score, "F1")):
            here, plain = values["ours_in_context"], values["ours"]
            ratio = here / max(plain, 1e-9)
            lines.append(line(f"context, {name}", here, plain, unit, ratio, None, None))
    return lines


def limit_lines(setting: Setting, seed: int) -> list[dict[str, Any]]:
    """Return our speed beside the limit with one thread and with all, and both speeds together."""
    speed: dict[int, float] = {}
    lines = []
    for threads in sorted({1, setting.threads}):
        own = replace(setting, threads=threads)
        student = own.student(seed)
        bf16 = uses_bf16(student.config.precision)
        dtype = torch.bfloat16 if bf16 else torch.float32
        before = matmul_limit(student.network, setting.step_wordpieces, dtype)
        speed[threads] = speed_of(ours(own, seed))
        after = matmul_limit(student.network, setting.step_wordpieces, dtype)
        limit, goal = (before + after) / 2, LIMIT_GOALS.get(threads, MANY_THREADS_GOAL)
        ratio = speed[threads] / limit
        name = f"limit, {dtype}, {threads} thread{'s' * (threads > 1)}".replace("torch.", "")
        lines.append(line(name, speed[threads], limit, "wordpieces/s", ratio, goal, ratio >= goal))
    if len(speed) > 1:
        one, many = speed[1], speed[setting.threads]
        name = f"{setting.threads} threads beside one"
        lines.append(line(name, many, one, "wordpieces/s", many / one, 1.0, many >= one))
    return lines


def line(
    name: str,
    ours: float,
    peer: float,
    unit: str,
    ratio: float,
    goal: float | None,
    met: bool | None,
) -> dict[str, Any]:
    return {
        "name": name, "ours": round(ours, 4), "peer": round(peer, 4), "unit": unit,
        "ratio": round(ratio, 3), "goal": goal, "met": met,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("VERMEIL_DATA"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--sentences", type=int, help="of each split; all, if not given")
    parser.add_argument("--encoder", default="embedded")
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--step-wordpieces", type=int, default=640)
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.data is None:
        parser.error("name the folder of the data with --data or VERMEIL_DATA")
    train, test = (
        corpus(split, folder=given.data)[: given.sentences] for split in ("train", "test")
    )
    setting = Setting(
        train,
        test,
        given.epochs,
        given.threads,
        given.learning_rate,
        given.encoder,
        given.step_wordpieces,
        given.precision,
    )
    environment = {**describe_environment(), "accelerate": version("accelerate")}
    print(f"{len(train)} sentences, {given.epochs} passes, {given.threads} threads; {environment}")
    for side in given.sides:  # warm-up
        SIDES[side](replace(setting, train=train[:64], test=test[:8], epochs=1), 0)
    measured: dict[str, list[Measured]] = {side: [] for side in given.sides}
    for seed in given.seeds:
        for side in given.sides:
            one = SIDES[side](setting, seed)
            measured[side].append(one)
            speed = speed_of(one)
            print(
                f"{side} {seed=}: {speed:,.0f}/s, {one.seconds:.1f} s, F1 {one.f1:.4f}", flush=True
            )
    lines = [*results(measured), *limit_lines(setting, given.seeds[0])]
    if given.json:
        runs = {side: [vars(m) for m in found] for side, found in measured.items()}
        whole = {"environment": environment, "runs": runs, "results": lines}
        given.json.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
    for one in lines:
        print("RESULT " + json.dumps(one))


if __name__ == "__main__":
    main()
