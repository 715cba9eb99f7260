"""Building the network: a standard transformers model with a head for the task's classes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)
from transformers.utils import logging as transformers_logging

from vermeil.errors import EncoderNotFoundError
from vermeil.student.encoding.features import CASES

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from vermeil.tasks.protocol import Head

MODELS: dict[Head, Any] = {
    "token": AutoModelForTokenClassification,
    "sequence": AutoModelForSequenceClassification,
}
"""The model class of every head."""

CASE_KEY = "vermeil_letter_case"
"""Key in the model's config.json: whether token types are letter-case classes."""


_OWN_CODE = (
    "Python code of its own (auto_map in config.json or tokenizer_config.json), which Vermeil "
    "never runs"
)
_UNLOADABLE = (OSError, ValueError, TypeError, LookupError, AttributeError)
"""What transformers raises on files that are missing, broken or of an unknown architecture."""


def load_tokenizer(source: str) -> PreTrainedTokenizerBase:
    """Load the tokenizer of an encoder, with its own truncation and padding switched off.

    Some saved tokenizers cut at 128 wordpieces without a word; windows take care of length here.

    Raises:
        EncoderNotFoundError: there is none, or it is a slow one, which knows no word boundaries.
    """
    with quiet(), loads_pretrained(source):
        tokenizer = AutoTokenizer.from_pretrained(
            source, add_prefix_space=True, trust_remote_code=False
        )
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        reason = "no fast tokenizer"
        raise EncoderNotFoundError(f"student.encoder: {source} has {reason}", reason)
    backend.no_truncation()
    backend.no_padding()
    tokenizer.model_max_length = int(1e9)
    return tokenizer


def load_network(
    source: str, head: Head, classes: tuple[str, ...], dropout: float
) -> PreTrainedModel:
    """Load an encoder with a fresh or saved head for ``classes``.

    Args:
        source: a folder or Hub id.
        head: which head.
        classes: names of the head's outputs.
        dropout: of hidden states; attention has none, where it costs most and gains least.

    Raises:
        EncoderNotFoundError: there is no such encoder.
    """
    with quiet(), loads_pretrained(source):
        config = AutoConfig.from_pretrained(
            source,
            num_labels=len(classes),
            id2label=dict(enumerate(classes)),
            label2id={name: i for i, name in enumerate(classes)},
            trust_remote_code=False,
        )
        for name in ("hidden_dropout_prob", "hidden_dropout", "dropout"):
            if hasattr(config, name):
                setattr(config, name, dropout)
        for name in ("attention_probs_dropout_prob", "attention_dropout"):
            if hasattr(config, name):
                setattr(config, name, 0.0)
        kind = MODELS[head]._model_mapping[type(config)]
        network: PreTrainedModel = kind.from_pretrained(
            source,
            config=config,
            attn_implementation=_attention(kind),
            trust_remote_code=False,
        )
    return network


def folds_case(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Return whether the tokenizer loses letter case."""
    return bool(tokenizer("Aa")["input_ids"] == tokenizer("aA")["input_ids"])


def supports_letter_case(network: PreTrainedModel) -> bool:
    """Return whether letter case can be fed in through token types: encoders of BERT's kind."""
    return network.config.model_type == "bert"


def grow_token_types(network: PreTrainedModel, teacher_classes: int = 1) -> None:
    """Grow the token-type embedding to the letter-case classes, each a copy of row 0.

    So at the start the network computes what it did before, whatever the letter case.

    Args:
        network: of BERT's kind.
        teacher_classes: number of classes of hints; each has the letter-case classes for itself.
    """
    embeddings: Any = network.base_model.get_submodule("embeddings")
    old: nn.Embedding = embeddings.token_type_embeddings
    new = nn.Embedding(CASES * teacher_classes, old.embedding_dim)
    with torch.no_grad():
        new.weight.copy_(old.weight[0].expand(CASES * teacher_classes, -1))
    embeddings.token_type_embeddings = new
    network.config.type_vocab_size = CASES * teacher_classes
    setattr(network.config, CASE_KEY, True)


def _attention(kind: Any) -> str:
    """Plain attention has the faster backward pass on processors, fused attention on GPUs."""
    return "sdpa" if torch.cuda.is_available() and kind._supports_sdpa else "eager"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' remarks about fresh heads, and its progress bars, off the terminal."""
    log: Any = transformers_logging
    level, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(level)
        if bars:
            log.enable_progress_bar()


@contextlib.contextmanager
def loads_pretrained(source: str) -> Iterator[None]:
    """Turn the errors of ``from_pretrained`` into one that names the encoder.

    Every ``from_pretrained`` has ``trust_remote_code=False``: left out, transformers asks on
    standard input whether to run Python code that a folder or Hub repository brings along.

    Args:
        source: a folder or Hub id.

    Raises:
        EncoderNotFoundError: it cannot be loaded, or only by running its own code.
    """
    try:
        yield
    except _UNLOADABLE as error:
        if "trust_remote_code" in str(error):
            raise EncoderNotFoundError(
                f"student.encoder: {source} has {_OWN_CODE}; give an encoder whose architecture "
                "transformers has built in",
                _OWN_CODE,
            ) from error
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderNotFoundError(
            f"student.encoder: {source} could not be loaded ({reason}); give a folder as "
            "save_pretrained writes it, a Hub id where the Hub can be reached, or embedded",
            reason,
        ) from error
