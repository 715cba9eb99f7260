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
    """Settings of silver selection: policy, scorers and judge."""

    policy: LabelPreservingPolicy = "abstain"
    """Policy of vermeil select. keep: keep all spans, with their probability as score.
    drop_document: drop documents with an expected F1 below the threshold. drop_span: drop spans
    below the threshold. abstain: mask these spans, and ranges where a span is probably missing.
    weight: weight spans by their probability. complete: weight, and add the students' spans where
    the teacher marks nothing."""
    threshold: float = Field(default=0.5, ge=0, le=1)
    """drop_document: minimum expected F1. drop_span, abstain: minimum probability."""
    refinement: Literal["relabel", "soft"] = "soft"
    """Policy of vermeil refine and the regimen auto. relabel: the most probable annotation. soft:
    the same, with label probabilities as training targets (see student.soft_labels)."""
    folds: int = Field(default=2, ge=0)
    """Number of parts of gold and silver, split between groups. A student trained on the other
    parts scores each part. 0: no students; the judge takes seconds and uses only the teacher's
    annotations."""
    rounds: int = Field(default=1, ge=1)
    """Number of judging rounds. In later rounds, students are trained on gold and the silver that
    the judge corrected in the round before."""
    context: Literal["none", "group"] = "group"
    """Input of these students. group: neighbouring documents of a group together, which improves
    them. none: each document alone. It does not affect the final student."""
    self_training: bool = True
    """vermeil refine and the regimen auto: annotate unannotated silver documents with a student
    trained on gold and refined silver. If false, or without folds, they are left out."""
    compare_gold_only: bool = True
    """The regimen auto: compare students of gold and silver with students of gold only, on gold
    that they were not trained on, and leave silver out if it lowers F1. It trains as many further
    students as there are folds of gold."""
    corrector: bool = False
    """Add an auxiliary scorer: a student trained to correct the teacher's annotations."""
    dynamics: bool = False
    """Add two auxiliary scorers: a student trained on silver alone after its first and last
    pass."""
    ensembles: int = Field(default=1, ge=1)
    """Number of splits into folds, each with its own students; their probabilities are averaged."""
    min_usable_share: float = Field(default=0.1, ge=0, le=1)
    """Minimum share of silver documents with an annotation. vermeil train and vermeil run stop
    below it. Documents without a usable reply have no annotation, for example refused, unparsable
    and unplaced ones."""
    strengths: tuple[float, ...] = Field(default=(10.0,), min_length=1)
    """Candidate strengths of the judge's prior; the best on gold out of fold is used. With little
    gold, it is not always the best for silver."""

    @property
    def compares_with_gold_only(self) -> bool:
        """Return whether auto compares students with those of gold only; it needs folds."""
        return self.compare_gold_only and self.folds > 0
