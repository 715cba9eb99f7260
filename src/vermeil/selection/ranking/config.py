"""The ``[rank]`` section."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from vermeil.section import Section

Annotator = Literal["teacher", "person"]
StrategyName = Literal[
    "random",
    "diversity",
    "uncertainty",
    "cost_aware",
    "disagreement",
    "expected_errors",
    "allabel",
]
UncertaintyMeasure = Literal["margin", "entropy"]
SeenCorpus = Literal["gold", "silver", "dev", "test"]

SECONDS_PER_WORD, SECONDS_PER_DOCUMENT = 0.25, 5.0
"""Reading time: 240 words per minute, plus a fixed time per document."""


class RankConfig(Section):
    """Settings of `vermeil rank`: strategy, limits and texts to leave out."""

    annotator: Annotator = "teacher"
    """Annotator of the documents. teacher: documents of the pool. person: documents of silver if
    there is silver, else of the pool."""
    strategy: StrategyName | None = None
    """none: cost_aware if there is a student, else random. random: a random order. diversity: far
    from all chosen and annotated texts (k-centre). uncertainty: highest mean uncertainty of the
    student. cost_aware: uncertainty per token or minute. disagreement: teacher and student
    disagree. expected_errors: expected errors of the judge. allabel: diverse, then representative,
    then uncertain texts."""
    max_documents: int | None = Field(default=None, ge=1)
    """Maximum number of documents. none: no limit."""
    max_cost_usd: float | None = Field(default=None, gt=0)
    """teacher: maximum expected cost in US dollars. none: no limit."""
    max_tokens: int | None = Field(default=None, ge=1)
    """teacher: maximum expected number of tokens of prompts and replies. none: no limit."""
    max_minutes: float | None = Field(default=None, gt=0)
    """person: maximum expected time in minutes. none: no limit."""
    seconds_per_document: float = Field(default=SECONDS_PER_DOCUMENT, ge=0)
    """person: time per document, in addition to the time per word."""
    seconds_per_word: float = Field(default=SECONDS_PER_WORD, gt=0)
    """person: time per word. 0.25: 240 words per minute."""
    batch: int = Field(default=50, ge=1)
    """Documents of a batch. uncertainty, cost_aware, disagreement and expected_errors make each
    batch diverse. 1: batches are not made diverse, and no sentence embeddings are needed."""
    measure: UncertaintyMeasure = "margin"
    """Uncertainty of a word. margin: 1 - (highest - second highest probability). entropy: entropy
    of the probabilities, divided by its maximum."""
    model: Path | None = None
    """Model folder of the student whose uncertainty counts. none: the model of the run."""
    encoder: str | None = None
    """Encoder of the sentence embeddings: embedded, a folder or a Hub id. none:
    student.encoder."""
    leave_out: tuple[SeenCorpus, ...] = ("gold", "silver", "dev", "test")
    """Corpora whose annotated texts are not ranked again. For a person, silver is ranked and never
    left out."""
    similarity: float = Field(default=0.8, gt=0, le=1)
    """Jaccard similarity of five-character shingles from which two texts are near-duplicates. Only
    the first of them is ranked."""
    order: Path | None = None
    """File of vermeil rank, or of one id per line. annotate, locate and run take only these
    documents of the pool, in this order. none: the whole pool."""
