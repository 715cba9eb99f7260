"""The ``[student]`` section."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vermeil.section import Section

Context = Literal["none", "group"]

RESULT_INDEPENDENT_KEYS = {"threads", "checkpoint_seconds", "tracker"}
"""Keys that do not decide what comes out of training."""


class NoiseConfig(Section):
    """``[student.noise]``: losses that trust silver less. None is on by default."""

    robust: float = Field(default=0.0, ge=0, le=1)
    """Generalised cross-entropy, (1 - p ** robust) / robust: wrong labels pull less; 0: off, 0.7 is
    usual."""
    negative_sampling: float = Field(default=1.0, gt=0, le=1)
    """Share of the words without an entity that count, drawn anew in each step: an entity that the
    teacher missed does less harm; 1: all."""
    early_learning: float = Field(default=0.0, ge=0)
    """Early-learning regularisation: how much predictions are held to what the student predicted
    before, on average; 0: off, 1 to 3 is usual."""
    memory: float = Field(default=0.7, ge=0, lt=1)
    """early_learning: how slowly that average follows."""

    @property
    def is_on(self) -> bool:
        """Whether any of them is wanted."""
        return bool(self.robust or self.early_learning or self.negative_sampling < 1)


class StudentConfig(Section):
    """Which encoder is trained, and how."""

    encoder: str = "embedded"
    """embedded (MiniLM-L6, shipped as a Python package), a local folder, or a Hub id."""
    letter_case: bool | None = None
    """Feed each word's letter case to the encoder; none: where the tokenizer folds case and the
    encoder is a BERT."""
    learning_rate: float = Field(default=3e-4, gt=0)
    """Peak learning rate (3e-4 suits the embedded encoder; 2e-5 to 5e-5 a BERT-base)."""
    warmup: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps over which the learning rate rises; then it falls (see decay)."""
    decay: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate falls: linear or cosine, to 0, or constant, not at all."""
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    """Learning rate of a layer as a share of the one above it (0.9 suits large encoders);
    1: the same for all."""
    weight_decay: float = Field(default=0.01, ge=0)
    """AdamW's weight decay."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Dropout of hidden states and attention."""
    clip_norm: float = Field(default=1.0, gt=0)
    """Largest gradient norm."""
    train_word_embeddings: bool = True
    """Whether the word embeddings are trained too."""
    soft_labels: bool = True
    """Learn the probabilities that spans carry under ``soft``, where they do, not their label."""
    noise: NoiseConfig = NoiseConfig()
    """Losses that trust silver less."""
    crf: bool = False
    """Learn which class follows which, too: a linear-chain CRF on top."""
    context: Context = "none"
    """group: neighbouring documents of a group are read together, as many as a window holds."""
    select: Literal["last", "best_dev"] = "last"
    """Which state of training is kept: the last, or the one with the best F1 on corpora.dev."""
    evaluations: int = Field(default=10, ge=1)
    """best_dev: how often, evenly spread over training, the student is scored on dev."""
    patience: int | None = Field(default=None, ge=1)
    """best_dev: scorings without a better one after which training stops; none: it never does."""
    micro_batch_wordpieces: int | None = Field(default=None, ge=1)
    """Wordpieces, padding included, that go through the network at once; what one optimiser step
    sees beyond that goes in parts whose gradients add up. none: all at once."""
    pack: Literal["auto", "varlen", "off"] = "auto"
    """How examples are put together. auto: several in a row on a processor, where the encoder's
    family allows it: it computes the same as padding, faster. varlen: all in one row, through
    FlashAttention, for graphics cards. off: each is padded to the longest."""
    checkpoint_seconds: float | None = Field(default=60.0, ge=0)
    """How often the state of training is written, so that it can go on where it was stopped; none:
    never. The cells of a study are not resumed half-way."""
    tracker: Literal["none", "tensorboard", "mlflow"] = "none"
    """Where metrics go besides training.jsonl; the package has to be installed."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """auto: bf16 where the processor computes it natively, else fp32."""
    max_wordpieces: int = Field(default=256, ge=16)
    """Longest window; longer documents are cut into windows that overlap."""
    overlap: int = Field(default=64, ge=0)
    """Wordpieces that neighbouring windows share."""
    threads: int | None = Field(default=None, ge=1)
    """Processor threads; none: all."""
