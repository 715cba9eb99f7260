"""Fixtures: tiny encoders, randomly initialised, made here: the real classes at toy size."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest

from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task

SIZES: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 80,
}


def make_encoder(folder: Path, *, lowercase: bool = True) -> Path:
    """Write a tiny BERT with a character-level WordPiece tokenizer."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, BertTokenizerFast  # type: ignore[attr-defined]

    characters = string.ascii_letters + string.digits + string.punctuation + "éü£"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    pieces += [f"##{c}" for c in characters]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    raw = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    raw.normalizer = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=False)
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    raw.enable_truncation(12)  # a trap: some saved tokenizers cut without a word
    tokenizer = BertTokenizerFast(tokenizer_object=raw, do_lower_case=lowercase)
    torch.manual_seed(0)
    model = BertModel(BertConfig(vocab_size=len(vocabulary), **SIZES))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny encoder that folds letter case."""
    return make_encoder(tmp_path_factory.mktemp("encoders") / "tiny")


@pytest.fixture(scope="session")
def cased_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny encoder that keeps letter case."""
    return make_encoder(tmp_path_factory.mktemp("encoders") / "cased", lowercase=False)


@pytest.fixture(scope="session")
def task() -> Task:
    """Names of people and places."""
    return make_task(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))


@pytest.fixture(scope="session")
def topics() -> Task:
    """Whole texts, two topics."""
    labels: dict[str, Any] = {"sport": {}, "trade": {}}
    return make_task(TaskConfig.model_validate({"name": "classification", "labels": labels}))
