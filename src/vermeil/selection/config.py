"""The ``[selection]`` section."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vermeil.section import Section

LabelPreservingPolicy = Literal[
    "keep", "drop_document", "drop_span", "abstain", "weight", "complete"
]
Policy = LabelPreservingPolicy | Literal["relabel", "soft"]


class SelectionConfig(Section):
    """Which silver is trusted, and what becomes of the rest."""

    policy: LabelPreservingPolicy = "abstain"
    """vermeil select. keep: silver as it is, with the probability that it is right as score;
    drop_document: without documents that are expected to be worse than the threshold (F1);
    drop_span: without spans below it; abstain: what is below it is masked, and so is a place where
    something is probably missing; weight: spans count as much as they are probable;
    complete: the same, with what students see where the teacher marks nothing."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """drop_document, drop_span, abstain: least probability, or expected F1, that is trusted."""
    refinement: Literal["relabel", "soft"] = "soft"
    """vermeil refine, and the regimen auto. relabel: the most probable annotation; soft: that, with
    the probabilities of its labels, which a student learns (see student.soft_labels)."""
    folds: int = Field(default=2, ge=0)
    """Parts of gold, and of silver, cut between groups: each is judged with a student that learnt
    all else. 0: without students, in seconds; only what the teacher says is judged then."""
    rounds: int = Field(default=1, ge=1)
    """How often students are asked about silver: those of a later round learn it as the judge
    corrected it in the round before, pooled with gold."""
    context: Literal["none", "group"] = "group"
    """group: those students read neighbouring documents of a group together, which helps them,
    however the student that follows reads; none: each document by itself."""
    self_training: bool = True
    """vermeil refine, and the regimen auto: silver documents without an annotation are annotated by
    a student of gold and refined silver. Otherwise, and without folds, they are left out."""
    corrector: bool = False
    """Ask a student, too, that reads what the teacher says and was taught to correct it."""
    dynamics: bool = False
    """Ask a student, too, that learns from the teacher alone: what it believes early, and late."""
    ensembles: int = Field(default=1, ge=1)
    """Divisions into folds, each with students of its own, whose probabilities are averaged."""
    strengths: tuple[float, ...] = Field(default=(10.0,), min_length=1)
    """Strength of the judge's prior; of several the one that is best on gold out of fold, which
    with little gold is not always the best for silver."""
