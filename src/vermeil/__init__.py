"""Vermeil: train a small, fast, private model from an LLM's annotations and a few human ones.

``import vermeil`` is enough: it offers the functions (named as the verbs of the command line), the
data types, the settings and the reports. Each name is imported on first use, so that
``import vermeil`` loads nothing heavy.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from vermeil.renamed import MovedModules

if TYPE_CHECKING:
    from vermeil import errors
    from vermeil.blending.config import BlendingConfig, BudgetConfig
    from vermeil.cluster.config import ClusterConfig
    from vermeil.config import Config, load_config
    from vermeil.corpora import (
        CorporaConfig,
        CorpusConfig,
        CorpusStats,
        LeakReport,
        WriteReport,
        corpus_stats,
        find_leaks,
        read_corpus,
        split_corpus,
        write_corpus,
    )
    from vermeil.data.counts import Counts
    from vermeil.data.document import Annotation, Document, LabelAbstention, Span
    from vermeil.data.mention import Mention
    from vermeil.data.progress import Progress
    from vermeil.data.relation import PairAbstention, Relation
    from vermeil.data.reply import Reply
    from vermeil.evaluation.documents import evaluate
    from vermeil.hub.upload import PushOptions, PushReport
    from vermeil.jobs.again import Again
    from vermeil.jobs.annotate import AnnotateReport, annotate
    from vermeil.jobs.calibrate import CalibrateReport, calibrate
    from vermeil.jobs.config import LoopConfig, PilotConfig, RunConfig
    from vermeil.jobs.demonstrations import choose_demonstrations
    from vermeil.jobs.estimate import EstimateReport, estimate
    from vermeil.jobs.export import ExportReport, export
    from vermeil.jobs.int8_guard import Int8Options
    from vermeil.jobs.locate import LocateReport, locate
    from vermeil.jobs.piloting.estimate import PilotEstimate, estimate_pilot
    from vermeil.jobs.piloting.pilot import pilot
    from vermeil.jobs.piloting.report import PilotReport
    from vermeil.jobs.predict import predict
    from vermeil.jobs.ranking.rank import rank
    from vermeil.jobs.ranking.report import RankEntry, RankReport
    from vermeil.jobs.ranking.sources import RankSources
    from vermeil.jobs.review import export_for_review, import_review
    from vermeil.jobs.review_report import ReviewExportReport, ReviewReport
    from vermeil.jobs.sharing.pull import PullReport, pull, pull_corpus
    from vermeil.jobs.sharing.push import push, push_corpus
    from vermeil.jobs.train import TrainReport, train
    from vermeil.pipeline.check import check
    from vermeil.pipeline.check_report import CheckReport
    from vermeil.pipeline.doctor.doctor import DoctorReport, doctor
    from vermeil.pipeline.loop.limits import LoopLimits
    from vermeil.pipeline.loop.records import LoopReport
    from vermeil.pipeline.loop.run_loop import run_loop
    from vermeil.pipeline.loop.settings import LoopHooks
    from vermeil.pipeline.optimize.optimize import optimize
    from vermeil.pipeline.run import RunReport, run
    from vermeil.pipeline.show import show
    from vermeil.pipeline.show_report import ShowReport
    from vermeil.prompting.config import OptimizeConfig
    from vermeil.prompting.report import OptimizeReport
    from vermeil.refinement.curate import CuratedSilver
    from vermeil.refinement.refine import refine
    from vermeil.refinement.report import RefineReport
    from vermeil.refinement.select import select
    from vermeil.selection.config import SelectionConfig
    from vermeil.selection.ranking.config import RankConfig
    from vermeil.serving.limits import ServiceLimits
    from vermeil.serving.review.address import ReviewAccess
    from vermeil.serving.review.config import ReviewConfig
    from vermeil.serving.review.open import ReviewSources, review_open
    from vermeil.serving.review.stats import (
        ReviewAgreement,
        ReviewStats,
        SuggestionTally,
        review_stats,
    )
    from vermeil.serving.serve import serve
    from vermeil.student import Student
    from vermeil.student.config import CardConfig, NoiseConfig, StudentConfig
    from vermeil.student.loop.hooks import TrainingHooks
    from vermeil.student.loop.step_record import StepRecord
    from vermeil.studies.config import MechanismConfig, PlanConfig, StudyConfig
    from vermeil.studies.inputs import StudyCorpora
    from vermeil.studies.plan import PlanReport, plan
    from vermeil.studies.results.context import StudyContext
    from vermeil.studies.results.study import StudyResults
    from vermeil.studies.settings import StudySettings
    from vermeil.studies.study import StudyReport, study
    from vermeil.tasks import make_task
    from vermeil.tasks.config import LabelConfig, RelationConfig, TaskConfig
    from vermeil.tasks.protocol import Task
    from vermeil.teacher.config import (
        AdditionalTeacherConfig,
        DemonstrationsConfig,
        LocalEngineConfig,
        PriceConfig,
        TeacherConfig,
        VotesConfig,
    )
    from vermeil.teacher.demonstrations import Demonstrations
    from vermeil.teacher.replay.server import ReplayServer
    from vermeil.telemetry import TelemetryWarning
    from vermeil.training.job import TrainJob
    from vermeil.tuning.config import DimensionConfig, TuneConfig
    from vermeil.tuning.report import TuneReport
    from vermeil.tuning.search import tune

__version__ = "0.2.0"

__all__ = [
    "AdditionalTeacherConfig",
    "Again",
    "AnnotateReport",
    "Annotation",
    "BlendingConfig",
    "BudgetConfig",
    "CalibrateReport",
    "CardConfig",
    "CheckReport",
    "ClusterConfig",
    "Config",
    "CorporaConfig",
    "CorpusConfig",
    "CorpusStats",
    "Counts",
    "CuratedSilver",
    "Demonstrations",
    "DemonstrationsConfig",
    "DimensionConfig",
    "DoctorReport",
    "Document",
    "EstimateReport",
    "ExportReport",
    "Int8Options",
    "LabelAbstention",
    "LabelConfig",
    "LeakReport",
    "LocalEngineConfig",
    "LocateReport",
    "LoopConfig",
    "LoopHooks",
    "LoopLimits",
    "LoopReport",
    "MechanismConfig",
    "Mention",
    "NoiseConfig",
    "OptimizeConfig",
    "OptimizeReport",
    "PairAbstention",
    "PilotConfig",
    "PilotEstimate",
    "PilotReport",
    "PlanConfig",
    "PlanReport",
    "PriceConfig",
    "Progress",
    "PullReport",
    "PushOptions",
    "PushReport",
    "RankConfig",
    "RankEntry",
    "RankReport",
    "RankSources",
    "RefineReport",
    "Relation",
    "RelationConfig",
    "ReplayServer",
    "Reply",
    "ReviewAccess",
    "ReviewAgreement",
    "ReviewConfig",
    "ReviewExportReport",
    "ReviewReport",
    "ReviewSources",
    "ReviewStats",
    "RunConfig",
    "RunReport",
    "SelectionConfig",
    "ServiceLimits",
    "ShowReport",
    "Span",
    "StepRecord",
    "Student",
    "StudentConfig",
    "StudyConfig",
    "StudyContext",
    "StudyCorpora",
    "StudyReport",
    "StudyResults",
    "StudySettings",
    "SuggestionTally",
    "Task",
    "TaskConfig",
    "TeacherConfig",
    "TelemetryWarning",
    "TrainJob",
    "TrainReport",
    "TrainingHooks",
    "TuneConfig",
    "TuneReport",
    "VotesConfig",
    "WriteReport",
    "annotate",
    "calibrate",
    "check",
    "choose_demonstrations",
    "corpus_stats",
    "doctor",
    "errors",
    "estimate",
    "estimate_pilot",
    "evaluate",
    "export",
    "export_for_review",
    "find_leaks",
    "import_review",
    "load_config",
    "locate",
    "make_task",
    "optimize",
    "pilot",
    "plan",
    "predict",
    "pull",
    "pull_corpus",
    "push",
    "push_corpus",
    "rank",
    "read_corpus",
    "refine",
    "review_open",
    "review_stats",
    "run",
    "run_loop",
    "select",
    "serve",
    "show",
    "split_corpus",
    "study",
    "train",
    "tune",
    "write_corpus",
]

_MODULES = {
    "vermeil.blending.config": ("BlendingConfig", "BudgetConfig"),
    "vermeil.cluster.config": ("ClusterConfig",),
    "vermeil.config": ("Config", "load_config"),
    "vermeil.corpora": (
        "CorporaConfig",
        "CorpusConfig",
        "CorpusStats",
        "LeakReport",
        "WriteReport",
        "corpus_stats",
        "find_leaks",
        "read_corpus",
        "split_corpus",
        "write_corpus",
    ),
    "vermeil.data.counts": ("Counts",),
    "vermeil.data.document": ("Annotation", "Document", "LabelAbstention", "Span"),
    "vermeil.data.mention": ("Mention",),
    "vermeil.data.progress": ("Progress",),
    "vermeil.data.relation": ("PairAbstention", "Relation"),
    "vermeil.data.reply": ("Reply",),
    "vermeil.evaluation.documents": ("evaluate",),
    "vermeil.hub.upload": ("PushOptions", "PushReport"),
    "vermeil.jobs.again": ("Again",),
    "vermeil.jobs.annotate": ("AnnotateReport", "annotate"),
    "vermeil.jobs.calibrate": ("CalibrateReport", "calibrate"),
    "vermeil.jobs.config": ("LoopConfig", "PilotConfig", "RunConfig"),
    "vermeil.jobs.demonstrations": ("choose_demonstrations",),
    "vermeil.jobs.estimate": ("EstimateReport", "estimate"),
    "vermeil.jobs.export": ("ExportReport", "export"),
    "vermeil.jobs.int8_guard": ("Int8Options",),
    "vermeil.jobs.locate": ("LocateReport", "locate"),
    "vermeil.jobs.piloting.estimate": ("PilotEstimate", "estimate_pilot"),
    "vermeil.jobs.piloting.pilot": ("pilot",),
    "vermeil.jobs.piloting.report": ("PilotReport",),
    "vermeil.jobs.predict": ("predict",),
    "vermeil.jobs.ranking.rank": ("rank",),
    "vermeil.jobs.ranking.report": ("RankEntry", "RankReport"),
    "vermeil.jobs.ranking.sources": ("RankSources",),
    "vermeil.jobs.review": ("export_for_review", "import_review"),
    "vermeil.jobs.review_report": ("ReviewExportReport", "ReviewReport"),
    "vermeil.jobs.sharing.pull": ("PullReport", "pull", "pull_corpus"),
    "vermeil.jobs.sharing.push": ("push", "push_corpus"),
    "vermeil.jobs.train": ("TrainReport", "train"),
    "vermeil.pipeline.check": ("check",),
    "vermeil.pipeline.check_report": ("CheckReport",),
    "vermeil.pipeline.doctor.doctor": ("DoctorReport", "doctor"),
    "vermeil.pipeline.optimize.optimize": ("optimize",),
    "vermeil.pipeline.loop.limits": ("LoopLimits",),
    "vermeil.pipeline.loop.records": ("LoopReport",),
    "vermeil.pipeline.loop.run_loop": ("run_loop",),
    "vermeil.pipeline.loop.settings": ("LoopHooks",),
    "vermeil.pipeline.run": ("RunReport", "run"),
    "vermeil.pipeline.show": ("show",),
    "vermeil.pipeline.show_report": ("ShowReport",),
    "vermeil.prompting.config": ("OptimizeConfig",),
    "vermeil.prompting.report": ("OptimizeReport",),
    "vermeil.refinement.curate": ("CuratedSilver",),
    "vermeil.refinement.refine": ("refine",),
    "vermeil.refinement.report": ("RefineReport",),
    "vermeil.refinement.select": ("select",),
    "vermeil.selection.config": ("SelectionConfig",),
    "vermeil.selection.ranking.config": ("RankConfig",),
    "vermeil.serving.limits": ("ServiceLimits",),
    "vermeil.serving.review.address": ("ReviewAccess",),
    "vermeil.serving.review.config": ("ReviewConfig",),
    "vermeil.serving.review.open": ("ReviewSources", "review_open"),
    "vermeil.serving.review.stats": (
        "ReviewAgreement",
        "ReviewStats",
        "SuggestionTally",
        "review_stats",
    ),
    "vermeil.serving.serve": ("serve",),
    "vermeil.student": ("Student",),
    "vermeil.student.config": ("CardConfig", "NoiseConfig", "StudentConfig"),
    "vermeil.student.loop.hooks": ("TrainingHooks",),
    "vermeil.student.loop.step_record": ("StepRecord",),
    "vermeil.studies.config": ("MechanismConfig", "PlanConfig", "StudyConfig"),
    "vermeil.studies.inputs": ("StudyCorpora",),
    "vermeil.studies.plan": ("PlanReport", "plan"),
    "vermeil.studies.results.context": ("StudyContext",),
    "vermeil.studies.results.study": ("StudyResults",),
    "vermeil.studies.settings": ("StudySettings",),
    "vermeil.studies.study": ("StudyReport", "study"),
    "vermeil.tasks": ("make_task",),
    "vermeil.tasks.config": ("LabelConfig", "RelationConfig", "TaskConfig"),
    "vermeil.tasks.protocol": ("Task",),
    "vermeil.teacher.config": (
        "AdditionalTeacherConfig",
        "DemonstrationsConfig",
        "LocalEngineConfig",
        "PriceConfig",
        "TeacherConfig",
        "VotesConfig",
    ),
    "vermeil.teacher.demonstrations": ("Demonstrations",),
    "vermeil.teacher.replay.server": ("ReplayServer",),
    "vermeil.telemetry": ("TelemetryWarning",),
    "vermeil.training.job": ("TrainJob",),
    "vermeil.tuning.config": ("DimensionConfig", "TuneConfig"),
    "vermeil.tuning.report": ("TuneReport",),
    "vermeil.tuning.search": ("tune",),
}
"""Each module, and the public names that it defines."""

_HOMES = {name: module for module, names in _MODULES.items() for name in names}

sys.meta_path.append(MovedModules())


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module("vermeil.errors")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
