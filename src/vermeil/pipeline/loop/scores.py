"""Scores of the student of a round on dev, and the gain over the round before."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vermeil.config import Config
from vermeil.corpora import read_corpus
from vermeil.data.atomic import write_json
from vermeil.data.document import UNANNOTATED
from vermeil.data.malformed import translate_malformed
from vermeil.data.progress import Progress
from vermeil.evaluation.arrays import micro_f1
from vermeil.evaluation.bootstrap import f1_interval, paired_bootstrap
from vermeil.evaluation.documents import score_documents
from vermeil.jobs.run_folder import RunFolder
from vermeil.student.load import load_predictor
from vermeil.tasks import make_task
from vermeil.tasks.added_labels import with_unknown_labels

Interval = tuple[float, float]
GroupCounts = dict[str, list[int]]
"""Group of dev to its numbers of correct, predicted and gold items."""

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class RoundScores:
    """F1 on dev with its interval, and the gain over the round before.

    Args:
        f1: micro-F1.
        interval: its 95 % interval; groups are resampled. None: dev has one group only.
        gain: F1 minus that of the round before, on the groups that both have; None without them.
        gain_interval: its 95 % interval.
    """

    f1: float
    interval: Interval | None
    gain: float | None = None
    gain_interval: Interval | None = None


def score_round(
    config: Config, scores: Path, before: Path | None, progress: Progress
) -> RoundScores | None:
    """Score the student of the run on dev, and store the counts of each group.

    Args:
        config: the configuration of the round.
        scores: file for the counts.
        before: the same file of the round before; None or missing: no gain is computed.
        progress: called with stage, done, total and details.

    Returns:
        The scores; None without dev.
    """
    counts = _counts(config, progress)
    if not counts:
        return None
    write_json(scores, {"corpus": "dev", "groups": counts})
    table = _table(counts, list(counts))
    f1 = float(micro_f1(table.sum(axis=0)))
    interval = f1_interval(table, RESAMPLES, config.run.seed) if len(table) > 1 else None
    earlier = _read(before)
    shared = [group for group in counts if group in earlier]
    if not shared:
        return RoundScores(f1, interval)
    new, old = _table(counts, shared), _table(earlier, shared)
    found = paired_bootstrap(new[None], old[None], RESAMPLES, config.run.seed)
    gain_interval = (found.low, found.high) if len(shared) > 1 else None
    return RoundScores(f1, interval, found.difference, gain_interval)


def _counts(config: Config, progress: Progress) -> GroupCounts:
    if config.corpora.dev is None:
        return {}
    task = make_task(config.task)
    known = with_unknown_labels(read_corpus(config.corpora.dev, task.check), task)
    dev = [document for document in known if not document.annotation.is_empty]
    predictor = load_predictor(RunFolder(config.run.output).model)
    plain = (document.with_annotation(UNANNOTATED) for document in dev)
    found: GroupCounts = {}
    predicted = predictor.predict(plain, progress)
    for document, counts in score_documents(predicted, dev, predictor.task):
        own, row = counts.overall, found.setdefault(document.group_or_id, [0, 0, 0])
        for place, number in enumerate((own.correct, own.predicted, own.gold)):
            row[place] += number
    return found


def _table(counts: GroupCounts, groups: list[str]) -> NDArray[np.int64]:
    return np.array([counts[group] for group in groups], dtype=np.int64)


def _read(path: Path | None) -> GroupCounts:
    if path is None or not path.exists():
        return {}
    with translate_malformed(path):
        found: GroupCounts = json.loads(path.read_text("utf-8"))["groups"]
        return found
