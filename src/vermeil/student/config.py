"""The ``[student]`` section."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from vermeil.section import Section

Context = Literal["none", "group"]

RESULT_INDEPENDENT_KEYS = {"threads", "checkpoint_seconds", "tracker"}
"""Keys that do not change the result of training."""

RELATIONS_VERSION = 2
"""Version of the students of relations, in every key of their results. Increase it when the same
inputs give other results."""

PAIR_LOSS_WEIGHT = 3.0
"""Default of ``student.pair_loss_weight``."""

_LATER_DEFAULTS: dict[str, Any] = {"pair_loss_weight": PAIR_LOSS_WEIGHT, "layers": None}
"""Defaults of keys that are younger than stored digests of the settings."""


class NoiseConfig(Section):
    """Settings of ``[student.noise]``: noise-robust losses for silver, all off by default."""

    robust: float = Field(default=0.0, ge=0, le=1)
    """q of generalised cross-entropy, (1 - p ** q) / q: reduces the gradient of wrong labels.
    0: off. 0.7 is usual."""
    negative_sampling: float = Field(default=1.0, gt=0, le=1)
    """Share of the words without an entity that enter the loss, drawn anew in every step. It limits
    the harm of entities that the teacher missed. 1: all."""
    early_learning: float = Field(default=0.0, ge=0)
    """Weight of early-learning regularisation, which keeps predictions close to the moving average
    of earlier predictions. 0: off. 1 to 3 is usual."""
    memory: float = Field(default=0.7, ge=0, lt=1)
    """Momentum of the moving average of early_learning."""

    @property
    def is_on(self) -> bool:
        """Return whether any of the losses is on."""
        return bool(self.robust or self.early_learning or self.negative_sampling < 1)


class StudentConfig(Section):
    """Settings of the student: encoder, training and windows."""

    encoder: str = "embedded"
    """embedded (MiniLM-L6, shipped as a Python package), a local folder, or a Hub id."""
    layers: int | None = Field(default=None, ge=1)
    """Keep only this many of the encoder's lowest layers. With half of them, prediction is about
    twice as fast, at a cost in F1. none: all."""
    letter_case: bool | None = None
    """Feed the letter case of each word to the encoder (BERT encoders only). none: if the tokenizer
    folds case and the encoder is a BERT."""
    learning_rate: float = Field(default=3e-4, gt=0)
    """Peak learning rate (3e-4 suits the embedded encoder; 2e-5 to 5e-5 a BERT-base)."""
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps over which the learning rate rises. Then it falls (see decay)."""
    decay: Literal["linear", "cosine", "constant"] = "linear"
    """Decay of the learning rate: linear or cosine, both to 0, or constant."""
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    """Learning rate of a layer divided by that of the layer above it (0.9 suits large encoders).
    1: the same for all layers."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Weight decay of AdamW."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Dropout of hidden states."""
    clip_norm: float = Field(default=1.0, gt=0)
    """Maximum gradient norm; larger gradients are scaled down to it."""
    train_word_embeddings: bool = True
    """Train the word embeddings, too."""
    soft_labels: bool = True
    """Use the probabilities under ``soft`` of a span as target, if it has them, not its label."""
    noise: NoiseConfig = NoiseConfig()
    """Noise-robust losses for silver."""
    pair_loss_weight: float = Field(default=PAIR_LOSS_WEIGHT, gt=0)
    """relations: weight of a pair of spans in the loss, as a multiple of the weight of a word."""
    crf: bool = False
    """Add a linear-chain CRF, which learns the transitions between classes."""
    context: Context = "none"
    """none: one document per window. group: neighbouring documents of a group share a window, as
    many as it holds."""
    select: Literal["last", "best_dev"] = "last"
    """State of training to keep: the last, or the one with the best F1 on corpora.dev."""
    evaluations: int = Field(default=10, ge=1)
    """best_dev: number of evaluations on dev, evenly spread over training."""
    patience: int | None = Field(default=None, ge=1)
    """best_dev: evaluations without a better F1 after which training stops. none: it never stops
    early."""
    micro_batch_wordpieces: int | None = Field(default=None, ge=1)
    """Maximum wordpieces of one forward pass, padding included. Larger batches are split, and their
    gradients are accumulated. none: no limit."""
    pack: Literal["auto", "varlen", "off"] = "auto"
    """Packing of examples into rows. auto: packed rows on a processor, if the model family allows
    it. The result is the same as with padding, but faster. varlen: all examples in one row, through
    FlashAttention (GPU only). off: each example is padded to the longest."""
    checkpoint_seconds: float | None = Field(default=60.0, ge=0)
    """Seconds between two checkpoints, from which an interrupted training resumes. none: no
    checkpoints. The cells of a study have none."""
    tracker: Literal["none", "tensorboard", "mlflow"] = "none"
    """Tracker of training metrics, in addition to training.jsonl. Its package must be installed."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Number format of training. auto: bf16 if the hardware computes it natively, else fp32."""
    max_wordpieces: int = Field(default=256, ge=16)
    """Length of the longest window. Longer documents are cut into overlapping windows."""
    overlap: int = Field(default=64, ge=0)
    """Wordpieces that neighbouring windows share."""
    threads: int | None = Field(default=None, ge=1)
    """Processor threads. none: one or all, whichever a few steps show to be faster. A resumed
    training keeps its number. Weights depend on it in the last digits."""

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out defaults that are younger than stored digests of the settings."""
        values: dict[str, Any] = handler(self)
        for key, default in _LATER_DEFAULTS.items():
            if key in values and values[key] == default:
                del values[key]
        return values


class CardConfig(Section):
    """``[card]``: statements for the model card, written when the student is trained."""

    license: str | None = None
    """Licence of the model, as the Hub names it, for example apache-2.0. none: not stated."""
    language: tuple[str, ...] = ()
    """Languages of the training text as ISO 639 codes, for example ["en"]."""
    datasets: tuple[str, ...] = ()
    """Hub ids of data sets that the student was trained on."""
    data: str = ""
    """Description of the training data: source, domain and period of the text, and annotators."""
    intended_use: str = ""
    """Intended use of the model, and uses that it is not made for."""
