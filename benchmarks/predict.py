"""Prediction against transformers' pipeline: documents per second and core, and F1 of each.

The same model, the same raw texts, one thread, CPU time: tokenising, network and decoding. The
peer is ``pipeline("token-classification", batch_size=32, aggregation_strategy="first")``; it cannot
feed letter case to the encoder: compare F1 on a model trained with ``student.letter_case=false``.
ONNX files are made by ``vermeil export MODEL --int8 --check dev``. Needs vermeil[train,export].

    python benchmarks/predict.py vermeil-run/model --onnx vermeil-run/model-onnx \
        --gold "$VERMEIL_DATA/conll2003/test.jsonl.gz" --runs 3 --json predict.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["OMP_NUM_THREADS"] = "1"

import torch
import transformers

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.atomic import write_json
from vermeil.data.document import Annotation, Document, Span
from vermeil.evaluation.documents import evaluate
from vermeil.student.inference.onnx_runner import OnnxRunner
from vermeil.student.load import load_predictor
from vermeil.studies.environment import describe_environment
from vermeil.telemetry import import_onnxruntime

WORDS = 2_000
Predict = Callable[[list[Document]], list[Document]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=None, help="documents; all if not given")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    torch.set_num_threads(1)
    corpus = CorpusConfig(path=options.gold, format="tokens", tag_key="gold")
    gold = list(read_corpus(corpus))[: options.limit]
    plain = [Document(d.id, d.text) for d in gold]
    words = " ".join(d.text for d in gold).split()[:WORDS]
    long = [Document("long", " ".join(words))]

    task = load_predictor(options.onnx, "fp32").task
    speed, f1, seconds = {}, {}, {}
    for name, predict in systems(options.model, options.onnx).items():
        predict(plain[:64])
        took = [timed(predict, plain) for _ in range(options.runs)]
        speed[name] = len(plain) / statistics.median(t for t, _ in took)
        if name != "pipeline":  # which reads no more than a window
            took_long = [timed(predict, long)[0] for _ in range(options.runs)]
            seconds[name] = statistics.median(took_long)
        f1[name] = evaluate(took[-1][1], gold, task).overall.f1
        print(f"{name:12} {speed[name]:8.1f} documents/s/core   F1 {f1[name]:.4f}", flush=True)

    lines = [
        ratio("pipeline", speed["onnx int8"], speed["pipeline"], 8.0),
        ratio("pipeline, bf16", speed["torch bf16"], speed["pipeline"], 8.0),
        ratio("pipeline, torch fp32", speed["torch fp32"], speed["pipeline"], None),
    ]
    fall = round(f1["torch fp32"] - f1["onnx int8"], 5)
    lines.append(
        {"name": "F1 that int8 loses", "ours": fall, "peer": None, "unit": "F1", "ratio": None,
         "goal": 0.003, "met": fall <= 0.003}
    )  # fmt: skip
    lines.append(
        {"name": f"{WORDS:,}-word document, int8", "ours": seconds["onnx int8"], "peer": None,
         "unit": "s/core", "ratio": None, "goal": None, "met": None}
    )  # fmt: skip
    if options.json:
        record = {"documents": len(gold), "speed": speed, "f1": f1, "long": seconds}
        environment = {**describe_environment(), "onnxruntime": import_onnxruntime().__version__}
        write_json(options.json, {**record, "environment": environment, "results": lines})
    for line in lines:
        print("RESULT", json.dumps(line))


def systems(model: Path, onnx: Path) -> dict[str, Predict]:
    peer = transformers.pipeline(
        "token-classification",
        str(model),
        device="cpu",
        batch_size=32,
        aggregation_strategy="first",
        trust_remote_code=False,
    )

    def by_pipeline(documents: list[Document]) -> list[Document]:
        answers = peer([d.text for d in documents])
        return [
            d.with_annotation(
                Annotation(
                    spans=tuple(Span(a["start"], a["end"], a["entity_group"]) for a in found)
                )
            )
            for d, found in zip(documents, answers, strict=True)
        ]

    result: dict[str, Predict] = {"pipeline": by_pipeline}
    for name, folder, precision in (
        ("torch fp32", model, "fp32"),
        ("torch bf16", model, "bf16"),
        ("onnx fp32", onnx, "fp32"),
        ("onnx int8", onnx, "int8"),
    ):
        predictor = load_predictor(folder, precision)
        if folder == onnx:
            file = {"fp32": "model.onnx", "int8": "model.int8.onnx"}[precision]
            predictor = replace(predictor, runner=OnnxRunner(onnx / file, threads=1))
        result[name] = lambda documents, p=predictor: list(p.predict(documents))
    return result


def timed(predict: Predict, documents: list[Document]) -> tuple[float, list[Document]]:
    began = time.process_time()
    found = predict(documents)
    return time.process_time() - began, found


def ratio(name: str, ours: float, peer: float, goal: float | None) -> dict[str, object]:
    times = ours / peer
    return {
        "name": name,
        "ours": round(ours, 1),
        "peer": round(peer, 1),
        "unit": "documents/s/core",
        "ratio": round(times, 2),
        "goal": goal,
        "met": None if goal is None else times >= goal,
    }


if __name__ == "__main__":
    main()
