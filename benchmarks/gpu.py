"""One GPU: is packed attention correct, and how much faster is it than transformers' Trainer?

    benchmarks/gpu.sh                                            # a machine with one GPU
    python benchmarks/gpu.py --device cpu --small                # a test of the script itself

1. Correctness: logits and gradients of packed rows (`student.pack = "varlen"`, FlashAttention for
   sequences of varying length, bfloat16) against padded batches (`student.pack = "off"`) on the
   same examples. The reference is padding in float32, and packed bfloat16 must be as near to it as
   padded bfloat16. On a processor, packed rows in float32.
2. Speed: wordpieces per second without padding, against Trainer in bfloat16 (float32 on a
   processor) with the same model, documents, wordpieces per step and learning rate.

Needs an environment with `vermeil[train]` and accelerate. Documents: CoNLL-2003 if VERMEIL_DATA is
set, else the sample corpus of the package. `--encoder` names another encoder, for example a folder
with a BERT-base. The default takes about five minutes; no step starts after --minutes. Distributed
training is not measured: it needs several GPUs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
if "cpu" in sys.argv:  # before torch is imported
    os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import torch
from benchmarks.conll import corpus
from benchmarks.train import Measured, Setting, line, ours, speed_of, trainer
from torch import nn

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.data.example import TrainingExample
from vermeil.demo.corpus import NEWSWIRE
from vermeil.student.loop.loss import collate
from vermeil.student.loop.packing import first_position, packed_attention, packed_logits
from vermeil.student.network.rows import output_rows
from vermeil.student.student import Student
from vermeil.studies.environment import describe_environment

SPEED_GOAL = 2.0
AS_NEAR = 2.0
"""Largest distance of packed bfloat16 to float32, as a multiple of that of padded bfloat16."""
EXACT = 1e-4
"""Largest relative distance of packed float32 to padded float32."""


def documents(small: bool) -> tuple[list[Document], list[Document]]:
    """Return documents for training and test."""
    if os.environ.get("VERMEIL_DATA") and not small:
        return corpus("train"), corpus("test")[:500]
    names = ("train.jsonl", "pool.gold.jsonl", "test.jsonl")
    read = [list(read_corpus(CorpusConfig(path=NEWSWIRE / name))) for name in names]
    train, test = [*read[0], *read[1]], read[2]
    return (train[:60], test[:20]) if small else (train, test)


def outputs(
    student: Student, examples: Sequence[TrainingExample], *, packed: bool, dtype: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the logits of all wordpieces and the gradient of all weights, both flat."""
    network = student.network
    nn.Module.to(network, dtype)
    network.zero_grad()
    padding = int(student.tokenizer.pad_token_id)
    every = np.arange(network.config.vocab_size)
    inputs = collate(examples, every, padding, network.device).inputs
    kept = inputs["attention_mask"].bool()
    with packed_attention(network) if packed else nullcontext():
        if packed:
            first = first_position(network)
            assert first is not None, f"{network.config.model_type} cannot be packed"
            logits = packed_logits(network, inputs, first)
        else:
            logits = output_rows(network, inputs)
        rows = logits[kept].float()
        torch.autograd.backward(rows.logsumexp(-1).sum())
    gradients = [p.grad.float().flatten() for p in network.parameters() if p.grad is not None]
    return rows.detach().flatten(), torch.cat(gradients)


def correctness(setting: Setting) -> list[dict[str, Any]]:
    """Return the distances of packed rows to padding."""
    student = setting.student(0, dropout=0.0)
    examples = student.encode(setting.train[:64], "gold").examples
    on_gpu = student.network.device.type == "cuda"
    exact = outputs(student, examples, packed=False, dtype=torch.float32)
    dtype = torch.bfloat16 if on_gpu else torch.float32
    padded = outputs(student, examples, packed=False, dtype=dtype)
    packed = outputs(student, examples, packed=True, dtype=dtype)
    lines = []
    for name, reference, near, found in zip(
        ("logits", "gradients"), exact, padded, packed, strict=True
    ):
        distance, allowed = _distance(found, reference), EXACT
        if on_gpu:
            allowed = AS_NEAR * _distance(near, reference)
        unit = "relative distance to float32"
        row = line(f"packed {name}", 0, 0, unit, 0, allowed, distance <= allowed)
        lines.append({**row, "ours": float(f"{distance:.3g}"), "peer": None, "ratio": None})
    return lines


def _distance(found: torch.Tensor, reference: torch.Tensor) -> float:
    return float((found - reference).norm() / reference.norm())


def speed(setting: Setting, seeds: Sequence[int], stop: float) -> list[dict[str, Any]]:
    """Return the speed of packed training beside padding and beside Trainer."""
    on_gpu = torch.cuda.is_available()
    student = setting.student(0)
    sizes = [example.size for example in student.encode(setting.train, "gold").examples]
    batch = max(1, round(setting.step_wordpieces / statistics.mean(sizes)))
    sides: dict[str, Callable[[int], Measured]] = {
        "ours": lambda seed: ours(setting, seed, pack="varlen" if on_gpu else "auto"),
        "padded": lambda seed: ours(setting, seed, pack="off"),
        "trainer": lambda seed: trainer(setting, seed, batch=batch, bf16=on_gpu),
    }
    measured: dict[str, list[Measured]] = {name: [] for name in sides}
    for seed in (seeds[0], *seeds):  # the first time is a warm-up
        if time.monotonic() > stop and all(len(found) > 1 for found in measured.values()):
            break
        for name, side in sides.items():
            measured[name].append(side(seed))
            print(f"{name} {seed=}: {speed_of(measured[name][-1]):,.0f}/s", flush=True)
    kept = {name: found[1:] or found for name, found in measured.items()}
    medians = {name: statistics.median(map(speed_of, found)) for name, found in kept.items()}
    f1 = {name: statistics.mean(one.f1 for one in found) for name, found in kept.items()}
    lines = []
    for peer, goal in (("trainer", SPEED_GOAL), ("padded", None)):
        ratio = medians["ours"] / medians[peer]
        met = None if goal is None else ratio >= goal
        speeds = medians["ours"], medians[peer]
        lines.append(line(f"training beside {peer}", *speeds, "wordpieces/s", ratio, goal, met))
        ratio = f1["ours"] / max(f1[peer], 1e-9)
        lines.append(line(f"F1 beside {peer}", f1["ours"], f1[peer], "F1", ratio, None, None))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--small", action="store_true", help="60 sentences, one seed")
    parser.add_argument("--encoder", default="embedded")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--step-wordpieces", type=int, default=4096)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.device == "cuda" and not torch.cuda.is_available():
        parser.error("there is no GPU; test the script with --device cpu --small")
    stop = time.monotonic() + 60 * given.minutes
    train, test = documents(given.small)
    step = 512 if given.small else given.step_wordpieces
    setting = Setting(
        train,
        test,
        1 if given.small else 3,
        1 if given.small else torch.get_num_threads(),
        3e-4,
        given.encoder,
        step,
        "auto" if given.device == "cuda" else "fp32",
    )
    device = str(torch.cuda.get_device_name(0)) if given.device == "cuda" else "processor"
    environment: dict[str, Any] = {**describe_environment(), "device": device}
    print(f"{len(train):,} documents, {step:,} wordpieces per step; {environment}", flush=True)
    lines = correctness(setting)
    lines += speed(setting, given.seeds[:1] if given.small else given.seeds, stop)
    if given.json:
        whole = {"environment": environment, "results": lines}
        given.json.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
    for one in lines:
        print("RESULT " + json.dumps(one))


if __name__ == "__main__":
    main()
