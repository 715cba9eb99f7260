"""Ways to damage a model folder, for trained models and for exported ones."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

Damage = Callable[[Path], None]


def change_json(name: str, change: Callable[[dict[str, Any]], object]) -> Damage:
    def damage(folder: Path) -> None:
        record = json.loads((folder / name).read_text())
        change(record)
        (folder / name).write_text(json.dumps(record))

    return damage


def change_weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Damage:
    def damage(folder: Path) -> None:
        from safetensors.torch import load_file, save_file

        weights = load_file(folder / "model.safetensors")
        change(weights)
        save_file(weights, folder / "model.safetensors", {"format": "pt"})

    return damage


def change_graph(change: Callable[[Any], object]) -> Damage:
    def damage(folder: Path) -> None:
        import onnx

        graph = onnx.load(folder / "model.onnx")
        change(graph)
        onnx.save(graph, folder / "model.onnx")

    return damage


def without(prefix: str) -> Damage:
    def remove(weights: dict[str, torch.Tensor]) -> None:
        names = [name for name in weights if prefix in name]
        assert names
        for name in names:
            del weights[name]

    return change_weights(remove)


def replace_bytes(name: str, change: Callable[[bytes], bytes]) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return damage


def delete(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def _add_label(record: dict[str, Any]) -> None:
    record["task"]["labels"]["ORG"] = {}


def _swap_labels(record: dict[str, Any]) -> None:
    record["task"]["labels"] = dict(reversed(record["task"]["labels"].items()))


def _nan_initializer(graph: Any) -> None:
    from onnx import numpy_helper

    for tensor in graph.graph.initializer:
        if "classifier" in tensor.name:
            values = numpy_helper.to_array(tensor).copy()
            values.flat[0] = math.nan
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
            return
    pytest.fail("the graph has no classifier")


SETTINGS_DAMAGE: dict[str, Damage] = {
    "settings missing": delete("vermeil.json"),
    "settings empty": replace_bytes("vermeil.json", lambda data: b""),
    "settings cut": replace_bytes("vermeil.json", lambda data: data[: len(data) // 2]),
    "settings of another kind": replace_bytes("vermeil.json", lambda data: b"[1, 2]"),
    "settings not UTF-8": replace_bytes("vermeil.json", lambda data: b"\xff" + data),
    "settings too deep": replace_bytes("vermeil.json", lambda data: b'{"task":' + b"[" * 100_000),
    "temperature tiny": change_json("vermeil.json", lambda r: r.update(temperature=1e-300)),
    "temperature huge": change_json("vermeil.json", lambda r: r.update(temperature=1e9)),
    "temperature infinite": change_json("vermeil.json", lambda r: r.update(temperature=math.inf)),
    "temperature NaN": change_json("vermeil.json", lambda r: r.update(temperature=math.nan)),
    "temperature negative": change_json("vermeil.json", lambda r: r.update(temperature=-2)),
    "temperature of 400 digits": change_json(
        "vermeil.json", lambda r: r.update(temperature=10**400)
    ),
    "one label more": change_json("vermeil.json", _add_label),
    "one label fewer": change_json("vermeil.json", lambda r: r["task"]["labels"].pop("LOC")),
    "no labels": change_json("vermeil.json", lambda r: r["task"]["labels"].clear()),
    "labels that differ in case": change_json(
        "vermeil.json", lambda r: r["task"].update(labels={"PER": {}, "per": {}})
    ),
    "another scheme": change_json("vermeil.json", lambda r: r["task"].update(scheme="bioes")),
    "another task": change_json("vermeil.json", lambda r: r["task"].update(name="classification")),
    "CRF without transitions": change_json("vermeil.json", lambda r: r["student"].update(crf=True)),
    "transitions without CRF": change_json("vermeil.json", lambda r: r.update(transitions=[[0.0]])),
    "transitions of another size": change_json(
        "vermeil.json",
        lambda r: (r["student"].update(crf=True), r.update(transitions=[[0.0] * 3] * 5)),
    ),
    "transitions NaN": change_json(
        "vermeil.json",
        lambda r: (r["student"].update(crf=True), r.update(transitions=[[math.nan] * 5] * 5)),
    ),
    "tokenizer missing": delete("tokenizer.json"),
    "tokenizer empty": replace_bytes("tokenizer.json", lambda data: b""),
    "tokenizer cut": replace_bytes("tokenizer.json", lambda data: data[: len(data) // 2]),
    "tokenizer not UTF-8": replace_bytes("tokenizer.json", lambda data: data + b"\xff\xfe"),
    "tokenizer of no model": replace_bytes("tokenizer.json", lambda data: b'{"model": 3}'),
}
"""Damage of files that both kinds of model folders have."""

TORCH_DAMAGE: dict[str, Damage] = {
    **SETTINGS_DAMAGE,
    "labels in another order": change_json("vermeil.json", _swap_labels),
    "label map cut": change_json("config.json", lambda r: r["id2label"].pop("4")),
    "label map of other names": change_json(
        "config.json", lambda r: r["id2label"].update({"1": "X"})
    ),
    "label map of the wrong type": change_json("config.json", lambda r: r.update(id2label=[1])),
    "classifier removed": without("classifier."),
    "bias removed": without("classifier.bias"),
    "layer removed": without("layer.1."),
    "one matrix removed": without("layer.0.attention.self.query.weight"),
    "embeddings removed": without("embeddings."),
    "weights under other names": change_weights(
        lambda w: w.update({"x." + name: w.pop(name) for name in list(w)})
    ),
    "no weights": change_weights(lambda w: w.clear()),
    "NaN in the classifier": change_weights(lambda w: w["classifier.weight"].fill_(math.nan)),
    "one NaN in the embeddings": change_weights(
        lambda w: w["bert.embeddings.word_embeddings.weight"][-1].fill_(math.nan)
    ),
    "infinite weight": change_weights(
        lambda w: w["bert.encoder.layer.0.output.dense.bias"][0].fill_(math.inf)
    ),
    "classifier of another size": change_weights(
        lambda w: w.update({"classifier.weight": torch.zeros(3, 16)})
    ),
    "weights cut": replace_bytes("model.safetensors", lambda data: data[:-100]),
    "header of weights cut": replace_bytes("model.safetensors", lambda data: data[:6]),
    "weights empty": replace_bytes("model.safetensors", lambda data: b""),
    "weights garbage": replace_bytes("model.safetensors", lambda data: b"garbage " * 500),
    "weights missing": delete("model.safetensors"),
    "layers added": change_json("config.json", lambda r: r.update(num_hidden_layers=4)),
    "layers dropped": change_json("config.json", lambda r: r.update(num_hidden_layers=1)),
    "other width": change_json("config.json", lambda r: r.update(hidden_size=32)),
    "width that heads do not divide": change_json(
        "config.json", lambda r: r.update(num_attention_heads=3)
    ),
    "negative size": change_json("config.json", lambda r: r.update(intermediate_size=-1)),
    "more wordpieces": change_json("config.json", lambda r: r.update(vocab_size=10_000)),
    "fewer positions": change_json("config.json", lambda r: r.update(max_position_embeddings=8)),
    "other architecture": change_json("config.json", lambda r: r.update(model_type="distilbert")),
    "unknown architecture": change_json("config.json", lambda r: r.update(model_type="nothing")),
    "config missing": delete("config.json"),
    "config garbage": replace_bytes("config.json", lambda data: b"\x00\x01"),
    "config of another kind": replace_bytes("config.json", lambda data: b"[]"),
    "tokenizer settings missing": delete("tokenizer_config.json"),
    "tokenizer settings garbage": replace_bytes("tokenizer_config.json", lambda data: b"\xff"),
}
ONNX_DAMAGE: dict[str, Damage] = {
    **SETTINGS_DAMAGE,
    "graph missing": delete("model.onnx"),
    "graph empty": replace_bytes("model.onnx", lambda data: b""),
    "graph cut": replace_bytes("model.onnx", lambda data: data[: len(data) // 2]),
    "graph garbage": replace_bytes("model.onnx", lambda data: b"garbage " * 500),
    "NaN in the graph": change_graph(_nan_initializer),
    "graph without nodes": change_graph(lambda g: g.graph.ClearField("node")),
    "graph without outputs": change_graph(lambda g: g.graph.ClearField("output")),
    "other name of the output": change_graph(lambda g: setattr(g.graph.output[0], "name", "x")),
    "letter case off": change_json("vermeil.json", lambda r: r["onnx"].update(letter_case=False)),
    "unknown wordpiece beyond the vocabulary": change_json(
        "vermeil.json", lambda r: r["onnx"].update(unknown=10**6)
    ),
    "negative padding": change_json("vermeil.json", lambda r: r["onnx"].update(padding=-1)),
    "windows without space": change_json("vermeil.json", lambda r: r["onnx"].update(longest=1)),
    "no file for a precision": change_json("vermeil.json", lambda r: r["onnx"].update(files={})),
    "file of another name": change_json(
        "vermeil.json", lambda r: r["onnx"].update(files={"fp32": "other.onnx"})
    ),
    "file is a folder": change_json(
        "vermeil.json", lambda r: r["onnx"].update(files={"fp32": "."})
    ),
}
