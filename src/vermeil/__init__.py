"""Vermeil: silver plated with gold. LLM annotations and a few human ones make a small NER model.

The public API is the job functions, named as the verbs of the command line, and the data types.
They are imported when first used, so that ``import vermeil`` stays light.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from vermeil.renamed import MovedModules

if TYPE_CHECKING:
    from vermeil.data.counts import Counts
    from vermeil.data.document import Annotation, Document, Span
    from vermeil.data.mention import Mention
    from vermeil.data.reply import Reply
    from vermeil.evaluation.documents import evaluate
    from vermeil.jobs.annotate import annotate
    from vermeil.jobs.calibrate import calibrate
    from vermeil.jobs.export import export
    from vermeil.jobs.locate import locate
    from vermeil.jobs.pilot import pilot
    from vermeil.jobs.predict import predict
    from vermeil.jobs.train import train
    from vermeil.pipeline.check import check
    from vermeil.pipeline.run import run
    from vermeil.pipeline.show import show
    from vermeil.refinement.refine import refine
    from vermeil.refinement.select import select
    from vermeil.serving.serve import serve
    from vermeil.student import Student
    from vermeil.studies.plan import plan
    from vermeil.studies.study import study

__version__ = "0.1.0"

__all__ = [
    "Annotation",
    "Counts",
    "Document",
    "Mention",
    "Reply",
    "Span",
    "Student",
    "annotate",
    "calibrate",
    "check",
    "evaluate",
    "export",
    "locate",
    "pilot",
    "plan",
    "predict",
    "refine",
    "run",
    "select",
    "serve",
    "show",
    "study",
    "train",
]

_HOMES = {
    "Annotation": "vermeil.data.document",
    "Counts": "vermeil.data.counts",
    "Document": "vermeil.data.document",
    "Mention": "vermeil.data.mention",
    "Reply": "vermeil.data.reply",
    "Span": "vermeil.data.document",
    "Student": "vermeil.student",
    "annotate": "vermeil.jobs.annotate",
    "calibrate": "vermeil.jobs.calibrate",
    "check": "vermeil.pipeline.check",
    "evaluate": "vermeil.evaluation.documents",
    "export": "vermeil.jobs.export",
    "locate": "vermeil.jobs.locate",
    "pilot": "vermeil.jobs.pilot",
    "plan": "vermeil.studies.plan",
    "predict": "vermeil.jobs.predict",
    "refine": "vermeil.refinement.refine",
    "run": "vermeil.pipeline.run",
    "select": "vermeil.refinement.select",
    "serve": "vermeil.serving.serve",
    "show": "vermeil.pipeline.show",
    "study": "vermeil.studies.study",
    "train": "vermeil.jobs.train",
}


sys.meta_path.append(MovedModules())


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
