"""Sources of the signals that documents are ranked by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vermeil.data.document import Document
from vermeil.refinement.judging import JudgeResult
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.demonstrations import NO_DEMONSTRATIONS, Demonstrations


@dataclass(frozen=True, slots=True, kw_only=True)
class RankSources:
    """Models, settings and texts that `vermeil.rank` ranks documents by. Each may be absent.

    Args:
        annotated: documents that are annotated already. Their texts are left out, and the chosen
            texts are far from them.
        held_out: documents of dev and test. Their texts are left out.
        model: model folder of a student, for its uncertainty.
        encoder: encoder of the sentence embeddings.
        judge_result: judgements of the documents, for the strategy expected_errors.
        teacher: prompt, model and prices, for the costs of the teacher.
        store: the file of replies. Documents with a reply are left out, and its tokens improve the
            estimate of costs.
        demonstrations: gold documents that the teacher's prompts show.
    """

    annotated: Sequence[Document] = ()
    held_out: Sequence[Document] = ()
    model: Path | str | None = None
    encoder: str = "embedded"
    judge_result: JudgeResult | None = None
    teacher: TeacherConfig | None = None
    store: Path | str | None = None
    demonstrations: Demonstrations = NO_DEMONSTRATIONS
