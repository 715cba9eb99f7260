"""Statistics of a review: documents, time, agreement, and how often suggestions were right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.corpora.review_log.answers import answers_of
from vermeil.corpora.review_log.events import (
    SETTLEMENT,
    ReviewedText,
    ReviewSession,
    read_review_log,
)
from vermeil.corpora.review_log.items import (
    ACCEPTED,
    DOCUMENT,
    DONE,
    SKIPPED,
    Item,
    Items,
    annotation_of,
)
from vermeil.data.document import Document, Range
from vermeil.data.example import IGNORED
from vermeil.data.words import words_of
from vermeil.errors import ConfigError, DataError
from vermeil.evaluation.bootstrap import f1_interval
from vermeil.evaluation.kappa import cohens_kappa, kappa_interval
from vermeil.tasks import task_for
from vermeil.tasks.protocol import TAGS_PER_LABEL, Task

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class SuggestionTally:
    """Outcome of the suggestions of one source, in finished reviews.

    Args:
        suggested: number of suggestions.
        right: accepted without a change.
        changed: an accepted span overlaps it, with other ends or another label.
        rejected: all others.
    """

    suggested: int = 0
    right: int = 0
    changed: int = 0
    rejected: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers for JSON, with the share of right suggestions."""
        share = {"right_share": self.right / self.suggested} if self.suggested else {}
        return {name: getattr(self, name) for name in self.__slots__} | share


@dataclass(frozen=True, slots=True)
class ReviewAgreement:
    """Agreement of two annotators, before any settlement.

    Args:
        documents: number of documents that two annotators finished.
        identical: number of them with equal answers.
        f1: F1 of the answers of one annotator against those of the other.
        f1_interval: its 95 % interval; documents are resampled.
        kappa: Cohen's kappa of the classes of words, or of texts; None if it is undefined.
        kappa_interval: its 95 % interval.
    """

    documents: int
    identical: int
    f1: float
    f1_interval: tuple[float, float]
    kappa: float | None
    kappa_interval: tuple[float, float] | None

    def as_dict(self) -> dict[str, Any]:
        """Return the agreement for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class ReviewStats:
    """Statistics of a decision log.

    Args:
        documents: number of documents that an annotator finished.
        skipped: number of documents that were skipped and not finished.
        unfinished: number of documents with decisions that are neither.
        flagged: number of documents with a flag.
        conflicts: number of documents with different answers that are not settled.
        settled: number of documents whose different answers were settled.
        changed_texts: number of reviewed texts that were replaced by another text later.
        minutes: active time of all annotators, settlements included.
        seconds_per_document: median active time of a finished document; None without any.
        annotators: name to the number of finished documents and minutes.
        agreement: agreement of two annotators; None if no document has two finished answers.
        sources: source of suggestions to their outcome.
        reasons: reason of skipped documents to their number.
    """

    documents: int
    skipped: int
    unfinished: int
    flagged: int
    conflicts: int
    settled: int
    changed_texts: int
    minutes: float
    seconds_per_document: float | None
    annotators: Mapping[str, Mapping[str, float]]
    agreement: ReviewAgreement | None
    sources: Mapping[str, SuggestionTally]
    reasons: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return the statistics for JSON."""
        return {
            **{name: getattr(self, name) for name in self.__slots__},
            "annotators": {name: dict(one) for name, one in self.annotators.items()},
            "agreement": None if self.agreement is None else self.agreement.as_dict(),
            "sources": {name: one.as_dict() for name, one in self.sources.items()},
            "reasons": dict(self.reasons),
        }


def review_stats(
    log: Path | str, task: Task | None = None, resamples: int = RESAMPLES, seed: int = 0
) -> ReviewStats:
    """Return the statistics of a decision log of `vermeil.review_open`.

    Args:
        log: the file ``decisions.jsonl``.
        task: defines how answers are scored; None: the task that fits the answers.
        resamples: number of bootstrap resamples for the intervals.
        seed: seed of the bootstrap.

    Raises:
        DataError: the log does not exist or is not valid.
    """
    path = Path(log)
    if not path.exists():
        raise DataError(
            "does not exist; start a review with vermeil review open, or name its folder", path
        )
    found = read_review_log(path)
    texts = [text for text in (*found.earlier, *found.texts.values()) if text.sessions]
    return stats_of(texts, task, len(found.earlier), resamples, seed)


def stats_of(
    texts: list[ReviewedText],
    task: Task | None = None,
    changed: int = 0,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> ReviewStats:
    """Return the statistics of reviewed texts.

    Args:
        texts: the texts with decisions.
        task: as for `review_stats`.
        changed: number of texts that were replaced by another text.
        resamples: number of bootstrap resamples for the intervals.
        seed: seed of the bootstrap.
    """
    own = [(text, name, s) for text in texts for name, s in text.sessions.items()]
    single = [(text, name, session) for text, name, session in own if name != SETTLEMENT]
    finished = [(text, name, session) for text, name, session in single if session.state == DONE]
    states = {id(t): {s.state for _, s in _annotators(t)} for t in texts}
    skipped = [t for t in texts if SKIPPED in states[id(t)] and DONE not in states[id(t)]]
    pairs = [text for text in texts if len(text.finished) > 1]
    settled = [
        t for t in pairs if SETTLEMENT in t.sessions and t.sessions[SETTLEMENT].state == DONE
    ]
    seconds = [session.seconds for _, _, session in finished]
    return ReviewStats(
        documents=sum(DONE in found for found in states.values()),
        skipped=len(skipped),
        unfinished=sum(not found & {DONE, SKIPPED} for found in states.values()),
        flagged=sum(any(s.items[DOCUMENT]["flag"] for _, s in _annotators(t)) for t in texts),
        conflicts=sum(is_conflict(text) for text in texts),
        settled=len(settled),
        changed_texts=changed,
        minutes=sum(session.seconds for _, _, session in own) / 60,
        seconds_per_document=median(seconds) if seconds else None,
        annotators=_by_annotator(single),
        agreement=_agreement(pairs, task, resamples, seed),
        sources=_sources(texts),
        reasons=_reasons(skipped),
    )


def is_conflict(text: ReviewedText) -> bool:
    """Return whether finished answers about a text differ and are not settled."""
    settled = text.sessions.get(SETTLEMENT)
    if len(text.finished) < 2 or (settled is not None and settled.state == DONE):
        return False
    return len({answer.key for answer in answers_of(text) if answer.state == "done"}) > 1


def _annotators(text: ReviewedText) -> list[tuple[str, ReviewSession]]:
    return [(name, s) for name, s in text.sessions.items() if name != SETTLEMENT]


def _by_annotator(
    sessions: Iterable[tuple[ReviewedText, str, ReviewSession]],
) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for _, name, session in sessions:
        one = found.setdefault(name, {"documents": 0, "minutes": 0.0})
        one["documents"] += session.state == DONE
        one["minutes"] += session.seconds / 60
    return dict(sorted(found.items()))


def _reasons(skipped: Iterable[ReviewedText]) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in skipped:
        for _, session in _annotators(text):
            if session.state == SKIPPED:
                reason = session.items[DOCUMENT]["reason"] or "no reason"
                found[reason] = found.get(reason, 0) + 1
    return dict(sorted(found.items()))


def _sources(texts: Iterable[ReviewedText]) -> dict[str, SuggestionTally]:
    """Compare the suggestions with the settled answer, or else with every finished answer."""
    counts: dict[str, list[int]] = {}
    for text in texts:
        settled = text.sessions.get(SETTLEMENT)
        is_settled = settled is not None and settled.state == DONE
        for session in [settled] if settled and is_settled else text.finished.values():
            accepted = [i for i in session.items.values() if i.get("status") == ACCEPTED]
            places = {_place(item, session.items) for item in accepted}
            for key, item in text.suggestions.items():
                if key == DOCUMENT:
                    continue
                kept = any(_overlap(item, other) for other in accepted)
                outcome = 1 if _place(item, text.suggestions) in places else 2 if kept else 3
                for source in item.get("by") or [item["source"]]:
                    row = counts.setdefault(source, [0, 0, 0, 0])
                    row[0] += 1
                    row[outcome] += 1
    return {name: SuggestionTally(*counts[name]) for name in sorted(counts)}


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two spans share a character, or two relations their ends."""
    if one["kind"] != other["kind"] or one["kind"] == "label":
        return False
    if one["kind"] == "relation":
        return bool(one["head"] == other["head"] and one["tail"] == other["tail"])
    return bool(one["start"] < other["end"] and other["start"] < one["end"])


def _place(item: Item, items: Items) -> tuple[Any, ...]:
    """Return a value that is equal for equal items of two sessions."""
    if item["kind"] == "relation":
        ends = [_place(items[item[end]], items) for end in ("head", "tail")]
        return "relation", item["label"], *ends
    return item["kind"], item["label"], item.get("start"), item.get("end")


def _agreement(
    texts: list[ReviewedText], task: Task | None, resamples: int, seed: int
) -> ReviewAgreement | None:
    """Compare the first two finished answers of each text."""
    pairs: list[tuple[Document, Document]] = []
    for text in texts:
        names = list(text.finished)[:2]
        first, second = (
            Document(
                text.id, text.text, annotation=annotation_of(text.finished[n].items, n, text.kinds)
            )
            for n in names
        )
        pairs.append((first, second))
    if not pairs:
        return None
    known = task or task_for(document for pair in pairs for document in pair)
    counts = [known.count(left.annotation, right.annotation).overall for left, right in pairs]
    table = np.array([(c.correct, c.predicted, c.gold) for c in counts], dtype=np.int64)
    total = table.sum(axis=0)
    identical = sum(c.correct == c.predicted == c.gold for c in counts)
    no_items = not total[1:].any()
    confusions = _confusions(pairs, known)
    kappa = float(cohens_kappa(confusions.sum(axis=0))) if len(confusions) else float("nan")
    return ReviewAgreement(
        len(pairs),
        identical,
        1.0 if no_items else float(2 * total[0] / (total[1] + total[2])),
        (1.0, 1.0) if no_items else f1_interval(table, resamples, seed),
        kappa if np.isfinite(kappa) else None,
        kappa_interval(confusions, resamples, seed) if np.isfinite(kappa) else None,
    )


def _confusions(pairs: Iterable[tuple[Document, Document]], task: Task) -> np.ndarray[Any, Any]:
    """Return the confusion of the target classes of each document.

    A document that the task cannot encode, for example with overlapping spans without
    ``task.nested``, is left out.
    """
    size = len(task.classes)
    found = []
    for left, right in pairs:
        words = words_of(left)
        try:
            task.check(left)
            task.check(right)
        except (ConfigError, DataError):
            continue
        first, second = (_classes(document, words, task) for document in (left, right))
        known = (first != IGNORED) & (second != IGNORED)
        both = first[known] * size + second[known]
        found.append(np.bincount(both, minlength=size * size).reshape(size, size))
    return np.array(found, dtype=np.int64).reshape(-1, size, size)


def _classes(document: Document, words: Sequence[Range], task: Task) -> NDArray[np.int64]:
    """Return the target classes of a document; with a head per label, those of every label."""
    classes = task.encode(document, words).classes
    if task.head != "token_per_label":
        return classes
    numbers = classes + TAGS_PER_LABEL * np.arange(classes.shape[1])
    flat: NDArray[np.int64] = np.where(classes > 0, numbers, classes).reshape(-1)
    return flat
