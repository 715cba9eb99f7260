"""Measure how fast encoders of common shapes train and predict, on one thread of this processor.

    VERMEIL_DATA=… python benchmarks/encoder_speed.py --json encoder-speed.json

The embedded encoder has its weights; the other shapes have random ones, with its vocabulary, which
take the same time. CPU seconds per 1,000 wordpieces, after one pass to warm up. A line RESULT per
shape compares it with the embedded encoder.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.conll import TASK, corpus
from transformers import BertConfig, BertModel

from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.data.atomic import write_json
from vermeil.data.document import Document
from vermeil.student.config import StudentConfig
from vermeil.student.network.encoder import embedded_folder
from vermeil.student.student import Student
from vermeil.training.fit import train_student

ONE_PASS = BlendingConfig(regimen="gold_only", budget=BudgetConfig(gold_epochs=1.0))


@dataclass(frozen=True, slots=True)
class Shape:
    """Shape of an encoder of the BERT type.

    Args:
        example: a published encoder of this shape.
        layers: number of layers.
        width: hidden size.
        heads: number of attention heads.
    """

    example: str
    layers: int
    width: int
    heads: int


SHAPES = (
    Shape("multilingual-e5-small", 12, 384, 12),
    Shape("bert-base-cased", 12, 768, 12),
)


def write_random(shape: Shape, folder: Path) -> Path:
    """Write an encoder with random weights and the embedded tokenizer; return its folder."""
    shutil.copytree(embedded_folder(), folder)
    for weights in (*folder.glob("*.safetensors"), *folder.glob("*.onnx")):
        weights.unlink()
    config = BertConfig.from_pretrained(
        str(folder),
        trust_remote_code=False,
        num_hidden_layers=shape.layers,
        hidden_size=shape.width,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.width,
    )
    BertModel(config).save_pretrained(str(folder))
    return folder


def measure(encoder: str, documents: list[Document], repeats: int) -> dict[str, Any]:
    """Return the CPU seconds per 1,000 wordpieces, best of ``repeats``, and the parameters."""
    config = StudentConfig(encoder=encoder, threads=1, checkpoint_seconds=None)
    train, predict = [], []
    for seed in range(repeats + 1):
        student = Student.create(TASK, config, seed)
        gold, silver = student.encode(documents, "gold"), student.encode([], "silver")
        started = time.process_time()
        training = train_student(student, gold, silver, ONE_PASS, seed)
        thousands = training.plan.total_wordpieces / 1000
        train.append((time.process_time() - started) / thousands)
        started = time.process_time()
        list(student.predict(documents))
        predict.append((time.process_time() - started) / thousands)
    parameters = sum(weights.numel() for weights in student.network.parameters())
    return {
        "parameters": parameters,
        "train": min(train[1:]),
        "predict": min(predict[1:]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    documents = corpus("train")[: options.sentences]
    found = {"embedded": measure("embedded", documents, options.repeats)}
    with tempfile.TemporaryDirectory() as folder:
        for shape in SHAPES:
            encoder = write_random(shape, Path(folder) / shape.example)
            found[shape.example] = measure(str(encoder), documents, options.repeats)
    for name, own in found.items():
        for what in ("train", "predict"):
            ratio = own[what] / found["embedded"][what]
            line = {
                "name": f"{what}, {name}",
                "ours": own[what],
                "unit": "CPU s / 1,000 wordpieces",
            }
            line |= {"peer": found["embedded"][what], "ratio": ratio, "goal": None, "met": None}
            print("RESULT", json.dumps(line))
    if options.json:
        write_json(options.json, found)


if __name__ == "__main__":
    main()
