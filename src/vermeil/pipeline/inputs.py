"""The inputs of each stage: digests of the sections and files that its output depends on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from vermeil.blending.regimens import REGIMENS
from vermeil.config import Config
from vermeil.corpora.config import CorpusConfig
from vermeil.jobs.fingerprints import Inputs, digest_file, digest_section, digest_text
from vermeil.jobs.run_folder import RunFolder
from vermeil.pipeline.documents import (
    scored_corpus,
    selects_on_dev,
    silver_corpus,
    uses_silver,
)


def annotate_inputs(config: Config) -> Inputs:
    """Return the inputs of ``annotate``: task, teacher, pool and the corpora of demonstrations."""
    pools = [dict(_corpus_inputs("pool", pool)) for pool in config.corpora.pools]
    inputs = {**_section_inputs(config, "task", "teacher")}
    if pools:
        inputs["corpora.pool"] = "".join(one["corpora.pool"] for one in pools)
    if config.teacher.annotate_gold:
        inputs["teacher.annotate_gold"] = "true"
        inputs.update(_corpus_inputs("gold", config.corpora.gold))
    if config.rank.order is not None:
        inputs["rank.order"] = digest_file(config.rank.order)
    if config.teacher.demonstrations.kind != "none":
        for name in ("gold", "dev", "test"):
            inputs.update(_corpus_inputs(name, getattr(config.corpora, name)))
    return inputs


def locate_inputs(config: Config) -> Inputs:
    """Return the inputs of ``locate``: those of ``annotate`` and the stored replies."""
    replies = digest_file(RunFolder(config.run.output).replies)
    return {**annotate_inputs(config), "replies": replies}


def train_inputs(config: Config) -> Inputs:
    """Return the inputs of ``train``: its sections, the seed and the corpora that it uses."""
    inputs = {
        **_section_inputs(config, "task", "student", "blending"),
        "run.seed": str(config.run.seed),
        **dict(_corpus_inputs("gold", config.corpora.gold)),
    }
    encoder = Path(config.student.encoder).expanduser()
    if encoder.is_dir():
        inputs["student.encoder"] = digest_file(encoder)
    regimen = config.blending.regimen
    if REGIMENS[regimen].makes_silver or regimen == "recommended":  # it may be auto
        inputs.update(_section_inputs(config, "selection"))
    if selects_on_dev(config):
        inputs.update(_corpus_inputs("dev", config.corpora.dev))
    if uses_silver(config):
        inputs.update(_corpus_inputs("silver", silver_corpus(config)))
    return inputs


def evaluate_inputs(config: Config) -> Inputs:
    """Return the inputs of ``evaluate``: task, model and the corpus that is scored."""
    return {
        **_section_inputs(config, "task"),
        "model": digest_file(RunFolder(config.run.output).model, without={"README.md"}),
        **dict(_corpus_inputs(*scored_corpus(config))),
    }


def _corpus_inputs(name: str, corpus: CorpusConfig | None) -> Iterator[tuple[str, str]]:
    if corpus is not None:
        yield f"corpora.{name}", _digest_settings(corpus) + digest_file(corpus.path)


_FORMER_DEFAULTS = {"tag_column": -1, "tag_key": "gold"}


def _digest_settings(corpus: CorpusConfig) -> str:
    """Return the digest of a corpus's keys; keys without a value do not change it."""
    values = corpus.model_copy(update={"path": Path()}).model_dump(mode="json")
    # Before there was auto, line meant one document per line of a file, and per file of a folder.
    if values["text_unit"] == "auto":
        values["text_unit"] = "line"
    elif values["text_unit"] == "line" and corpus.path.is_dir():
        values["text_unit"] = "line of each file"
    kept = {
        key: _FORMER_DEFAULTS.get(key) if value is None else value
        for key, value in values.items()
        if value is not None or key in _FORMER_DEFAULTS or key == "group_column"
    }
    return digest_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))


def _section_inputs(config: Config, *names: str) -> Mapping[str, str]:
    digests = {f"[{name}]": digest_section(getattr(config, name)) for name in names}
    return {"version of vermeil": version("vermeil"), **digests}
