"""Teacher against gold as a section of the page: scores, errors, replies, hard documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vermeil.studies.format import ERROR_KINDS, f1, number, plural
from vermeil.studies.report.block_panels import ErrorView
from vermeil.studies.report.heat_table import HeatTable, heat_table
from vermeil.studies.results.context import AgreementRow, HardRecord, TeacherRow, TeacherScore
from vermeil.studies.results.scores import LabelScore
from vermeil.studies.results.values import Interval

USABLE = ("done", "empty")
"""States of requests with a usable reply."""
HARD_DOCUMENTS_SHOWN = 5
"""Number of hard documents on the page."""


@dataclass(frozen=True, slots=True)
class TeacherScoreView:
    """Scores of the teacher for one label or for all."""

    label: str
    precision: str
    recall: str
    f1: str
    interval: str
    support: str


@dataclass(frozen=True, slots=True)
class ReplyCounts:
    """Requests without a usable reply."""

    failed: str
    total: str
    share: str
    listed: str


@dataclass(frozen=True, slots=True)
class MentionCounts:
    """Mentions that are not in the text."""

    invented: str
    total: str
    share: str
    listed: str


@dataclass(frozen=True, slots=True)
class HardDocumentView:
    """A document with many errors, in words."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class TeacherView:
    """One prompt of the teacher."""

    prompt: str
    documents: str
    interval: str
    scores: list[TeacherScoreView]
    has_intervals: bool
    confusion: HeatTable | None
    errors: list[ErrorView]
    views: list[tuple[str, str]]
    replies: ReplyCounts | None
    mentions: MentionCounts | None
    hardest: list[HardDocumentView]


def teacher_view(row: TeacherRow) -> TeacherView:
    """Return the view of one prompt.

    Args:
        row: prompt and scores.
    """
    counts = row.counts
    return TeacherView(
        prompt=_readable(row.prompt),
        documents=plural(counts.documents, "document"),
        interval=_range(row.f1_interval),
        scores=list(_scores(row)),
        has_intervals=bool(counts.intervals),
        confusion=heat_table(row.confusion or counts.confusion, list(counts.per_label)),
        errors=list(_errors(counts)),
        views=[(name, f1(view.f1)) for name, view in (counts.views or {}).items()],
        replies=_replies(row.states),
        mentions=_mentions(row.mentions),
        hardest=[_hard_document(one) for one in counts.hardest[:HARD_DOCUMENTS_SHOWN]],
    )


def agreement_sentences(agreements: Sequence[AgreementRow]) -> list[str]:
    """Return the agreement of each pair of prompts as sentences."""
    return [
        f"Agreement of the prompts {' and '.join(_readable(name) for name in row.prompts)}: F1 "
        f"{f1(row.f1)}; {number(row.same)} of {plural(row.documents, 'document')} have "
        f"identical annotations."
        for row in agreements
    ]


def _scores(row: TeacherRow) -> Iterator[TeacherScoreView]:
    counts = row.counts
    scores: list[tuple[str, LabelScore, Interval | None]] = [
        ("All types", counts.overall, row.f1_interval)
    ]
    for label, score in counts.per_label.items():
        scores.append((label, score, counts.intervals.get(label, {}).get("f1")))
    if counts.span_only is not None:
        scores.append(("Boundaries alone", counts.span_only, None))
    for label, score, ends in scores:
        yield TeacherScoreView(
            label=label,
            precision=f1(score.precision),
            recall=f1(score.recall),
            f1=f1(score.f1),
            interval=_range(ends),
            support=number(score.support),
        )


def _errors(counts: TeacherScore) -> Iterator[ErrorView]:
    """Yield the errors per type; none for a task without boundaries, or without errors."""
    for label, kinds in counts.errors.items():
        numbers = [kinds.get(kind, 0) for kind in ERROR_KINDS]
        yield ErrorView(label, [number(n) if n else "·" for n in numbers])


def _replies(states: Mapping[str, int]) -> ReplyCounts | None:
    total = sum(states.values())
    if not total:
        return None
    failed = total - sum(states.get(state, 0) for state in USABLE)
    listed = ", ".join(f"{number(n)} {_readable(state)}" for state, n in states.items() if n)
    return ReplyCounts(number(failed), number(total), _share(failed, total), listed)


def _mentions(statuses: Mapping[str, int]) -> MentionCounts | None:
    total = sum(statuses.values())
    if not total:
        return None
    invented = statuses.get("not_found", 0)
    listed = ", ".join(f"{number(n)} {_readable(status)}" for status, n in statuses.items() if n)
    return MentionCounts(number(invented), number(total), _share(invented, total), listed)


def _hard_document(one: HardRecord) -> HardDocumentView:
    missing = "" if one.answered else ", without annotation"
    return HardDocumentView(
        one.id,
        f"{number(one.missed)} of {number(one.gold)} missed, {number(one.wrong)} wrong{missing}",
    )


def _range(ends: Interval | None) -> str:
    return f"{f1(ends[0])} to {f1(ends[1])}" if ends else ""


def _share(part: int, total: int) -> str:
    return f"{100 * part / total:.1f}\N{NO-BREAK SPACE}%"


def _readable(name: str) -> str:
    return name.replace("_", " ")
