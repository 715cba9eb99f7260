"""Load the network: a standard transformers model with a head for the task's classes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)
from transformers.utils import logging as transformers_logging

from vermeil.data.malformed import first_line
from vermeil.errors import ConfigError, EncoderNotFoundError, VermeilError
from vermeil.student.encoding.wordpieces import Wordpieces
from vermeil.student.network.weights_check import (
    encoder_problem,
    label_problem,
    student_problem,
)
from vermeil.tasks.protocol import TAGS_PER_LABEL

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from vermeil.tasks.protocol import Head

MODELS: dict[Head, Any] = {
    "token": AutoModelForTokenClassification,
    "token_per_label": AutoModelForTokenClassification,
    "pair": AutoModelForTokenClassification,
    "sequence": AutoModelForSequenceClassification,
    "sequence_per_label": AutoModelForSequenceClassification,
}
"""Model class of each head."""

_SHARES = (0.94, 0.04, 0.02)
"""Usual shares of the classes O, B and I of one label."""

_CUSTOM_CODE = (
    "Python code of its own (auto_map in config.json or tokenizer_config.json), which Vermeil "
    "never runs"
)


def load_tokenizer(source: str) -> PreTrainedTokenizerBase:
    """Load the tokenizer of an encoder, with its own truncation and padding switched off.

    Some saved tokenizers silently truncate at 128 wordpieces. Windows limit the length instead.

    Args:
        source: a folder or Hub id.

    Raises:
        EncoderNotFoundError: there is no tokenizer, or a slow one, which has no word boundaries.
    """
    with quiet_transformers(), translate_load_errors(source):
        tokenizer = AutoTokenizer.from_pretrained(
            source, add_prefix_space=True, trust_remote_code=False
        )
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        reason = "no fast tokenizer"
        raise EncoderNotFoundError(
            f"student.encoder: {source} has {reason}; give an encoder with a tokenizer.json", reason
        )
    backend.no_truncation()
    backend.no_padding()
    tokenizer.model_max_length = int(1e9)
    return tokenizer


def make_wordpieces(tokenizer: PreTrainedTokenizerBase) -> Wordpieces:
    """Return the tokenizer as `Wordpieces`, with its unknown and padding ids."""
    padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
    unknown = tokenizer.unk_token_id if tokenizer.unk_token_id is not None else padding
    return Wordpieces(tokenizer.backend_tokenizer, int(unknown), int(padding))


def load_network(
    source: str, head: Head, classes: tuple[str, ...], dropout: float, layers: int | None = None
) -> PreTrainedModel:
    """Load an encoder with a new or saved head for ``classes``.

    Args:
        source: a folder or Hub id.
        head: kind of head.
        classes: names of the head's outputs.
        dropout: dropout of hidden states. Attention has no dropout: it costs most there and gains
            least.
        layers: number of the lowest layers to keep; None: all.

    Raises:
        ConfigError: the encoder has fewer layers.
        EncoderNotFoundError: the encoder cannot be loaded, or its weights are incomplete.
    """
    with quiet_transformers(), translate_load_errors(source):
        config = AutoConfig.from_pretrained(
            source,
            num_labels=len(classes),
            id2label=dict(enumerate(classes)),
            label2id={name: i for i, name in enumerate(classes)},
            trust_remote_code=False,
        )
        if layers is not None:
            _keep_layers(config, layers, source)
        if head == "sequence_per_label":
            config.problem_type = "multi_label_classification"  # transformers then uses a sigmoid
        network, loaded = _load_with_config(source, config, head, dropout)
    problem = encoder_problem(network, loaded)
    if problem is not None:
        raise EncoderNotFoundError(
            f"student.encoder: {source} is damaged: {problem}; give a complete encoder", problem
        )
    if head == "token_per_label":
        _start_from_shares(network)
    return network


def _start_from_shares(network: PreTrainedModel) -> None:
    """Set the biases of a new head per label to the logarithms of usual shares of its classes.

    Nearly every word is outside of the spans of a label. A head that begins with equal
    probabilities spends its first hundreds of steps on learning that.

    Source: T.-Y. Lin et al., Focal Loss for Dense Object Detection (ICCV 2017), section 4.1.
    """
    encoder = f"{network.base_model_prefix}."
    outputs = [
        module
        for name, module in network.named_modules()
        if isinstance(module, torch.nn.Linear) and not name.startswith(encoder)
    ][-1]
    shares = torch.log(torch.tensor(_SHARES, dtype=outputs.bias.dtype))
    with torch.no_grad():
        outputs.bias.copy_(shares.repeat(len(outputs.bias) // TAGS_PER_LABEL))


def _keep_layers(config: Any, layers: int, source: str) -> None:
    """Set the number of layers to load; transformers then ignores the weights of the others.

    Source: H. Sajjad et al., On the effect of dropping layers of pre-trained transformer models
    (Computer Speech & Language 2023): without its top layers, an encoder keeps most of its quality.
    """
    present = getattr(config, "num_hidden_layers", None)
    if present is None or layers > present:
        count = "an unknown number of" if present is None else present
        raise ConfigError(
            f"student.layers = {layers}: {source} has {count} layers; give at most that number, or "
            "remove the key to keep all"
        )
    config.num_hidden_layers = layers


def load_saved_network(
    source: str, head: Head, classes: tuple[str, ...], dropout: float
) -> PreTrainedModel:
    """Load the network of a saved student: every weight must be there.

    Args:
        source: the model folder.
        head: kind of head.
        classes: names of the head's outputs.
        dropout: dropout of hidden states, as for `load_network`.

    Raises:
        EncoderNotFoundError: a file is missing or damaged, or the classes are others.
    """
    with quiet_transformers(), translate_load_errors(source):
        config = AutoConfig.from_pretrained(source, trust_remote_code=False)
        labels = label_problem(config.id2label, classes)
        if labels is not None:
            raise EncoderNotFoundError(f"{source}: {labels}", labels)
        network, loaded = _load_with_config(source, config, head, dropout)
        weights = student_problem(network, loaded)
        if weights is not None:
            raise EncoderNotFoundError(f"{source}: {weights}", weights)
    return network


def _load_with_config(
    source: str, config: Any, head: Head, dropout: float
) -> tuple[PreTrainedModel, dict[str, Any]]:
    """Return the network and the report of transformers on its weights.

    Weights of another shape are reported, too. Without that, transformers raises an error that
    does not name them.
    """
    for name in ("hidden_dropout_prob", "hidden_dropout", "dropout"):
        if hasattr(config, name):
            setattr(config, name, dropout)
    for name in ("attention_probs_dropout_prob", "attention_dropout"):
        if hasattr(config, name):
            setattr(config, name, 0.0)
    model_class = MODELS[head]._model_mapping[type(config)]
    network, loaded = model_class.from_pretrained(
        source,
        config=config,
        attn_implementation=_attention_implementation(model_class),
        trust_remote_code=False,
        output_loading_info=True,
        ignore_mismatched_sizes=True,
    )
    return network, loaded


def _attention_implementation(model_class: Any) -> str:
    """Return the faster attention: plain (eager) on processors, fused (sdpa) on GPUs."""
    return "sdpa" if torch.cuda.is_available() and model_class._supports_sdpa else "eager"


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """Suppress messages of transformers about new heads, and its progress bars."""
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
def translate_load_errors(source: str) -> Iterator[None]:
    """Translate the errors of ``from_pretrained`` into one that names the encoder.

    Every ``from_pretrained`` sets ``trust_remote_code=False``. Without it transformers prompts on
    standard input to run Python code of a folder or Hub repository.

    Args:
        source: a folder or Hub id.

    Raises:
        EncoderNotFoundError: the encoder cannot be loaded, or only by running its own code.
    """
    try:
        yield
    except VermeilError:
        raise
    except Exception as error:  # for damaged files, transformers raises errors of many classes
        if "trust_remote_code" in str(error):
            raise EncoderNotFoundError(
                f"student.encoder: {source} has {_CUSTOM_CODE}; give an encoder whose architecture "
                "is part of transformers",
                _CUSTOM_CODE,
            ) from error
        reason = first_line(error)
        raise EncoderNotFoundError(
            f"student.encoder: {source} cannot be loaded ({reason}); give a folder written by "
            "save_pretrained, a Hub id if the Hub can be reached, or embedded",
            reason,
        ) from error
