"""The configuration: all sections of ``vermeil.toml``."""

from __future__ import annotations

from vermeil.blending.config import BlendingConfig
from vermeil.cluster.config import ClusterConfig
from vermeil.config.dump import dump_config
from vermeil.corpora.config import CorporaConfig
from vermeil.jobs.config import LoopConfig, PilotConfig, RunConfig
from vermeil.prompting.config import OptimizeConfig
from vermeil.section import Section
from vermeil.selection.config import SelectionConfig
from vermeil.selection.ranking.config import RankConfig
from vermeil.serving.review.config import ReviewConfig
from vermeil.student.config import CardConfig, StudentConfig
from vermeil.studies.config import PlanConfig, StudyConfig
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig
from vermeil.tuning.config import TuneConfig


class Config(Section):
    """The configuration: all sections of ``vermeil.toml``."""

    run: RunConfig = RunConfig()
    """Output folder and seed."""
    task: TaskConfig
    """Task and label set."""
    corpora: CorporaConfig = CorporaConfig()
    """Files of gold, pool, silver, dev and test."""
    teacher: TeacherConfig = TeacherConfig()
    """Model that annotates, prompt and limits."""
    pilot: PilotConfig = PilotConfig()
    """Prompt variants that `vermeil pilot` compares."""
    optimize: OptimizeConfig = OptimizeConfig()
    """Optimisers of the prompt, folds and limits of `vermeil optimize`."""
    student: StudentConfig = StudentConfig()
    """Encoder and training settings."""
    card: CardConfig = CardConfig()
    """Statements for the model card: licence, language, data and intended use."""
    blending: BlendingConfig = BlendingConfig()
    """Regimen, schedule and training budget."""
    selection: SelectionConfig = SelectionConfig()
    """Rating of silver, and the policy for doubtful silver."""
    rank: RankConfig = RankConfig()
    """Documents to annotate next: strategy, limits and texts to leave out."""
    review: ReviewConfig = ReviewConfig()
    """Review page: overlap of annotators, suggestions, small trainings."""
    loop: LoopConfig = LoopConfig()
    """Rounds of `vermeil run --until`: documents per round, and dev."""
    study: StudyConfig = StudyConfig()
    """Comparison of regimens: sizes, seeds and statistics."""
    plan: PlanConfig = PlanConfig()
    """Prices of documents and target of `vermeil plan`."""
    cluster: ClusterConfig = ClusterConfig()
    """Ray cluster and resources of its workers."""
    tune: TuneConfig = TuneConfig()
    """Search space and budget of `vermeil tune`."""

    def as_toml(self) -> str:
        """Return the configuration as TOML (see `dump_config`)."""
        return dump_config(self)
