"""Inputs of the stages of a run."""

from __future__ import annotations

from pathlib import Path

from vermeil.config import load_config
from vermeil.pipeline.inputs import train_inputs


def test_training_depends_on_the_files_of_a_local_encoder(tmp_path: Path) -> None:
    path, encoder = tmp_path / "vermeil.toml", tmp_path / "encoder"
    path.write_text("[task.labels.PER]\n", "utf-8")
    encoder.mkdir()
    (encoder / "model.safetensors").write_bytes(b"first")
    config = load_config(path, [f"student.encoder={encoder}"])
    before = train_inputs(config)
    assert train_inputs(config) == before
    (encoder / "model.safetensors").write_bytes(b"other")
    changed = train_inputs(config)
    assert {name for name in changed if changed[name] != before[name]} == {"student.encoder"}
    assert "student.encoder" not in train_inputs(load_config(path, []))
