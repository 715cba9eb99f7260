"""The ``[student]`` section."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vermeil.section import Section


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
    """Share of the steps over which the learning rate rises; then it falls linearly to 0."""
    weight_decay: float = Field(default=0.01, ge=0)
    """AdamW's weight decay."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Dropout of hidden states and attention."""
    clip_norm: float = Field(default=1.0, gt=0)
    """Largest gradient norm."""
    train_word_embeddings: bool = True
    """Whether the word embeddings are trained too."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """auto: bf16 where the processor computes it natively, else fp32."""
    max_wordpieces: int = Field(default=256, ge=16)
    """Longest window; longer documents are cut into windows that overlap."""
    overlap: int = Field(default=64, ge=0)
    """Wordpieces that neighbouring windows share."""
    threads: int | None = Field(default=None, ge=1)
    """Processor threads; none: all."""
