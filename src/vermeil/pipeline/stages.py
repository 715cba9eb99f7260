"""The table of the stages of a run, in the order of their execution."""

from __future__ import annotations

from vermeil.config import Config
from vermeil.pipeline.actions import (
    evaluate_student,
    has_no_failures,
    locate_pool,
    request_replies,
    train_student,
)
from vermeil.pipeline.documents import uses_silver
from vermeil.pipeline.inputs import (
    annotate_inputs,
    evaluate_inputs,
    locate_inputs,
    train_inputs,
)
from vermeil.pipeline.requirements import (
    require_annotate,
    require_evaluate,
    require_locate,
    require_train,
)
from vermeil.pipeline.stage import Stage
from vermeil.pipeline.usability import (
    annotate_error,
    annotate_warning,
    locate_error,
    locate_warning,
)


def _silver_skip_reason(config: Config) -> str | None:
    if config.corpora.silver is not None:
        return f"corpora.silver is given: {config.corpora.silver.path}"
    if not uses_silver(config):
        return f"the regimen {config.blending.regimen} uses no silver"
    return None


def _evaluate_skip_reason(config: Config) -> str | None:
    if config.corpora.test is None and config.corpora.dev is None:
        return "neither corpora.test nor corpora.dev is given"
    return None


STAGES: dict[str, Stage] = {
    "annotate": Stage(
        inputs=annotate_inputs,
        outputs=lambda folder: (folder.replies,),
        run=request_replies,
        skip_reason=_silver_skip_reason,
        is_complete=has_no_failures,
        error=annotate_error,
        warning=annotate_warning,
        require=require_annotate,
    ),
    "locate": Stage(
        inputs=locate_inputs,
        outputs=lambda folder: (folder.silver, folder.locate_report),
        run=locate_pool,
        skip_reason=_silver_skip_reason,
        error=locate_error,
        warning=locate_warning,
        require=require_locate,
    ),
    "train": Stage(
        inputs=train_inputs,
        outputs=lambda folder: (folder.model,),
        run=train_student,
        warning=lambda report: "; ".join(report["warnings"]) or None,
        require=require_train,
    ),
    "evaluate": Stage(
        inputs=evaluate_inputs,
        outputs=lambda folder: (folder.evaluation,),
        run=evaluate_student,
        skip_reason=_evaluate_skip_reason,
        require=require_evaluate,
    ),
}
"""Name of every stage to its description, in the order of a run."""
