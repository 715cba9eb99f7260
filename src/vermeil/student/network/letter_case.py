"""Letter case and teacher labels as token types of BERT encoders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from vermeil.errors import ConfigError
from vermeil.student.encoding.features import CASES

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from vermeil.tasks.protocol import Task

CASE_KEY = "vermeil_letter_case"
"""Key in the model's config.json: true if token types are letter-case classes."""


def decide_letter_case(
    network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, setting: bool | None
) -> bool:
    """Return whether the network takes letter case, by the setting ``student.letter_case``.

    Args:
        network: a classifier of transformers.
        tokenizer: its tokenizer.
        setting: the setting; None: if the encoder supports it and the tokenizer folds case.

    Raises:
        ConfigError: letter case is on, but the encoder does not support it.
    """
    supported = supports_letter_case(network)
    if setting and not supported:
        raise ConfigError(
            "student.letter_case: only BERT encoders take letter case, but this encoder is "
            f"{network.config.model_type}; remove the key"
        )
    if setting is None:
        return supported and folds_case(tokenizer)
    return setting


def folds_case(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Return whether the tokenizer folds letter case."""
    return bool(tokenizer("Aa")["input_ids"] == tokenizer("aA")["input_ids"])


def supports_letter_case(network: PreTrainedModel) -> bool:
    """Return whether the network can take letter case as token types: BERT encoders only."""
    return network.config.model_type == "bert"


def uses_letter_case(network: PreTrainedModel) -> bool:
    """Return whether the network takes letter case as token types."""
    return bool(getattr(network.config, CASE_KEY, False))


def check_teacher_labels(network: PreTrainedModel, task: Task) -> None:
    """Raise `ConfigError` unless task and network support teacher labels as input."""
    if task.head == "sequence":
        raise ConfigError(
            f"selection.corrector: needs a task that labels words, but {task.name} labels whole "
            "texts; remove the key"
        )
    if task.head == "token_per_label":
        raise ConfigError(
            "selection.corrector: needs one class per word, but with task.nested a word has a "
            "class per label; remove the key"
        )
    if not supports_letter_case(network):
        raise ConfigError(
            "selection.corrector: only BERT encoders take teacher labels, but this encoder is "
            f"{network.config.model_type}; remove the key"
        )


def grow_token_types(network: PreTrainedModel, teacher_classes: int = 1) -> None:
    """Grow the token-type embedding to the letter-case classes, each a copy of row 0.

    The output of the network does not change until it is trained.

    Args:
        network: a BERT encoder.
        teacher_classes: number of the teacher's classes; each combination of teacher's class and
            letter case has its own row.
    """
    embeddings: Any = network.base_model.get_submodule("embeddings")
    old: nn.Embedding = embeddings.token_type_embeddings
    new = nn.Embedding(CASES * teacher_classes, old.embedding_dim)
    with torch.no_grad():
        new.weight.copy_(old.weight[0].expand(CASES * teacher_classes, -1))
    embeddings.token_type_embeddings = new
    network.config.type_vocab_size = CASES * teacher_classes
    setattr(network.config, CASE_KEY, True)
