"""Further contents of a study's results: configuration, teacher's scores and examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vermeil.studies.results.scores import ReportLabels, SplitScore
from vermeil.studies.results.values import Count, Interval, JsonObject, Share


@dataclass(frozen=True, slots=True, kw_only=True)
class HardRecord:
    """A document with many errors of the teacher."""

    id: str
    gold: Count
    missed: Count
    wrong: Count
    answered: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class ViewScore:
    """Scores by another view of matches, for example exact boundaries."""

    precision: Share
    recall: Share
    f1: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherScore(SplitScore):
    """Scores of the teacher against gold (see `vermeil.jobs.appraise.Appraisal`)."""

    views: Mapping[str, ViewScore] | None = None
    groups: Count = 0
    intervals: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)
    unanswered: Count = 0
    without_error: Count = 0
    hardest: tuple[HardRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherRow:
    """Scores of one prompt of the teacher.

    Args:
        prompt: name of the prompt.
        counts: scores against gold.
        states: requests by the state of their reply.
        mentions: mentions by the result of locating them.
        interval: 95 % interval of F1, if it is not in ``counts``.
        confusion: gold label, predicted label and number, if it is not in ``counts``.
    """

    prompt: str
    counts: TeacherScore
    states: Mapping[str, Count] = field(default_factory=dict)
    mentions: Mapping[str, Count] = field(default_factory=dict)
    interval: Interval | None = None
    confusion: tuple[tuple[str, str, Count], ...] = ()

    @property
    def f1_interval(self) -> Interval | None:
        """The 95 % interval of the overall F1, if known."""
        return self.interval or self.counts.intervals.get("overall", {}).get("f1")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """Agreement of two prompts on the same documents."""

    prompts: tuple[str, str]
    documents: Count
    same: Count
    f1: Share
    per_label: Mapping[str, Share] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleRecord:
    """A test document with its annotations; None: not annotated."""

    id: str
    text: str
    gold: ReportLabels | None = None
    teacher: ReportLabels | None = None
    students: Mapping[str, ReportLabels] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyContext:
    """Additional contents of ``results.json`` for the report.

    Args:
        configuration: the resolved configuration.
        teacher: scores of the teacher's prompts.
        agreement: agreement of pairs of prompts.
    """

    configuration: JsonObject = field(default_factory=dict)
    teacher: tuple[TeacherRow, ...] = ()
    agreement: tuple[AgreementRow, ...] = ()
