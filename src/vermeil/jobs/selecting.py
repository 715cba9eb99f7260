"""What `select` and `refine` share: judging silver, ruling on it, and saying how good that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vermeil.data.counts import Counts, total
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.progress import Progress, silent
from vermeil.data.region import Option
from vermeil.errors import ConfigError, DataError
from vermeil.evaluation.bootstrap import Comparison, paired_bootstrap
from vermeil.jobs.judging import Item, Judging, Taught, divide, judge
from vermeil.jobs.kept_rows import Rows
from vermeil.jobs.learning import Learning
from vermeil.jobs.out_of_fold import out_of_fold
from vermeil.jobs.signal_report import signal_report
from vermeil.selection.config import Policy, SelectionConfig
from vermeil.selection.policies import Judgement, expected_f1, rule
from vermeil.tasks.protocol import Task

RESAMPLES = 1000
"""Of the bootstrap of the judge's gain."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Silver after a policy.

    Args:
        documents: silver, those dropped left out; ``meta.changes`` says what was changed.
        judging: what is known of all documents.
        report: what was done and how good it is, for JSON.
    """

    documents: tuple[Document, ...]
    judging: Judging
    report: dict[str, Any]


def choose(
    gold: Sequence[Document],
    silver: Sequence[Document],
    learning: Learning,
    config: SelectionConfig,
    policy: Policy,
    progress: Progress = silent,
) -> Selection:
    """Judge silver and apply a policy to it.

    On gold documents that the teacher annotated, too, each judged by others of other groups, it is
    measured whether the judge's annotation is better than the teacher's. If it is not, a policy
    that changes labels changes nothing: silver stays as it is.

    Args:
        gold: documents that people annotated.
        silver: the teacher's annotations, of texts of gold and of others.
        learning: how students are trained.
        config: folds, strengths, threshold.
        policy: what becomes of silver.
        progress: told where it stands.

    Raises:
        ConfigError: there is one fold, or none where students are needed.
        DataError: no gold document was annotated by the teacher, or too few.
    """
    _check(config)
    taught = divide(gold, silver)
    if not taught.silver:
        raise DataError("every silver document is in gold, too; there is nothing to select from")
    if not taught.gold:
        raise DataError(
            f"none of the {len(gold)} gold texts is in silver, so nothing shows where the teacher "
            "errs; give the teacher the texts of gold, too, and keep its answers in corpora.silver"
        )
    judging, gain = _judged_in_rounds(gold, taught, learning, config, progress)
    believed = gain.difference > 0
    used: Policy = policy if believed or policy not in ("relabel", "soft") else "keep"
    documents, changes = taught.silver, Counter[str]()
    if used == policy:
        documents, changes = _ruled(judging, learning.task, used, config.threshold)
    report = {
        "policy": used,
        "believed": believed,
        "documents": {
            "silver": len(silver),
            "doubly_labelled": len(taught.gold),
            "unannotated": taught.unannotated,
            "dropped": len(taught.silver) - len(documents),
            "written": len(documents),
            "changed": sum("changes" in d.meta for d in documents),
        },
        "changes": dict(changes.most_common()),
        "gold": _on_gold(judging, learning.task),
        "gain": gain.as_dict(),
        "signals": signal_report(judging),
        "judge": {"strength": judging.strength, "weights": dict(judging.weights)},
    }
    return Selection(documents, judging, report)


def _check(config: SelectionConfig) -> None:
    if config.folds == 1:
        raise ConfigError(
            "selection.folds: 1 would leave a student nothing to learn from; expected 0 (no "
            "students) or at least 2"
        )
    wanted = {
        "corrector": config.corrector,
        "dynamics": config.dynamics,
        "rounds": config.rounds > 1,
    }
    problems = [
        f"selection.{name}: needs students, and selection.folds is 0; set it to 2 or more"
        for name, is_wanted in wanted.items()
        if is_wanted and not config.folds
    ]
    if problems:
        raise ConfigError(*problems)


def _judged_in_rounds(
    gold: Sequence[Document],
    taught: Taught,
    learning: Learning,
    config: SelectionConfig,
    progress: Progress,
) -> tuple[Judging, Comparison]:
    """Judge silver with students; then with students of what the judge made of it, and so on.

    Returns:
        The last judging, and its gain on gold. It is the first without any gain, if there is one:
        nothing is left to learn from then.
    """
    others: dict[str, Rows] = {}
    silver, number = taught.silver, 0
    while True:
        regimen = {"regimen": "pooled"} if number else {"regimen": "simple_mix", "gold_tail": 0.0}
        rows = None
        if config.folds:
            rounds = replace(learning, blending=learning.blending.model_copy(update=regimen))
            rows = _probabilities(gold, silver, rounds, config, progress)
        if not number:
            # After the students, who check first whether every fold leaves something to learn.
            others = _asked_besides(taught, learning, config, progress)
        judging = judge(taught, gold, learning.task, rows, config.strengths, others)
        gain, number = _gain(judging), number + 1
        if gain.difference <= 0 or number == config.rounds:
            return judging, gain
        silver, _ = _ruled(judging, learning.task, config.refinement, config.threshold)


def _asked_besides(
    taught: Taught, learning: Learning, config: SelectionConfig, progress: Progress
) -> dict[str, Rows]:
    """Return what those say who are asked besides the students, by name."""
    from vermeil.jobs.corrector import corrector_rows
    from vermeil.jobs.dynamics import dynamics_rows

    found: dict[str, Rows] = {}
    if config.corrector:
        found["corrector"] = corrector_rows(taught, learning, config.folds, progress)
    if config.dynamics:
        found |= dynamics_rows(taught, learning, progress)
    return found


def _probabilities(
    gold: Sequence[Document],
    silver: Sequence[Document],
    learning: Learning,
    config: SelectionConfig,
    progress: Progress,
) -> dict[str, NDArray[np.float32]]:
    """Return the mean of the probabilities of all ensembles of students."""
    found: dict[str, NDArray[np.float32]] = {}
    for ensemble in range(config.ensembles):
        rows = out_of_fold(
            gold,
            silver,
            learning.task,
            learning.student,
            learning.blending,
            learning.seed * config.ensembles + ensemble,
            config.folds,
            learning.folder,
            progress,
        )
        for name, values in rows.items():
            found[name] = found.get(name, np.float32(0)) + values / np.float32(config.ensembles)
    return found


def _ruled(
    judging: Judging, task: Task, policy: Policy, threshold: float
) -> tuple[tuple[Document, ...], Counter[str]]:
    """Return the silver documents after a policy, and the changes by kind."""
    documents: list[Document] = []
    changes: Counter[str] = Counter()
    for item, judgements in judging.silver:
        if policy == "drop_document" and expected_f1(judgements) < threshold:
            continue
        document = _ruled_document(item, judgements, task, policy, threshold)
        documents.append(document)
        changes.update(
            f"{change['was'] or 'nothing'} → {change['is'] or 'nothing'}"
            for change in document.meta.get("changes", ())
        )
    return tuple(documents), changes


def _ruled_document(
    item: Item, judgements: Sequence[Judgement], task: Task, policy: Policy, threshold: float
) -> Document:
    document = item.document
    ruling = rule(document.spans or (), judgements, policy, threshold)
    abstain = (*document.annotation.abstain, *ruling.abstain)
    if policy in ("relabel", "soft"):
        abstain = ruling.abstain  # what was unknown is judged now, like everything
    ruled = document.with_annotation(task.annotation(ruling.spans, abstain))
    if not ruling.changes:
        return ruled
    return replace(ruled, meta={**document.meta, "changes": list(ruling.changes)})


def _gain(judging: Judging) -> Comparison:
    """Compare the judge with the teacher on gold, out of group."""
    groups: dict[str, NDArray[np.int64]] = {}
    for item, judgements in judging.gold:
        counts = groups.setdefault(item.known.group, np.zeros((2, 3), np.int64))
        true = set(item.true)
        for system, marks in enumerate((_judged(judgements), set(item.known.said))):
            counts[system] += (len(marks & true), len(marks), len(true))
    both = np.stack(list(groups.values()))
    return paired_bootstrap(both[None, :, 0], both[None, :, 1], RESAMPLES, seed=0)


def _judged(judgements: Sequence[Judgement]) -> set[tuple[int, int, str]]:
    return {mark for judgement in judgements for mark in judgement.best}


def _on_gold(judging: Judging, task: Task) -> dict[str, Any]:
    """Return scores of all who were asked, and of the judge, on gold that none learnt from.

    Of those asked besides the students, their opinion on the options of regions counts.
    """
    names = ["teacher", *["students"] * judging.with_students, *judging.others, "judge"]
    scored: dict[str, list[Counts]] = {name: [] for name in names}
    for item, judgements in judging.gold:
        said = {
            "teacher": item.known.said,
            "students": item.predicted,
            "judge": tuple(sorted(_judged(judgements))),
        }
        for number, name in enumerate(judging.others):
            said[name] = _best_of(judgements, number)
        true = _annotation(task, item.true)
        for name, counts in scored.items():
            counts.append(task.count(true, _annotation(task, said[name])))
    whole = {name: total(counts).as_dict() for name, counts in scored.items()}
    return {
        name: {key: counts[key] for key in ("overall", "per_label")}
        for name, counts in whole.items()
    }


def _best_of(judgements: Sequence[Judgement], asked: int) -> Option:
    regions = [judgement.region for judgement in judgements]
    best = [r.options[int(r.others[asked].argmax())] for r in regions]
    return tuple(mark for option in best for mark in option)


def _annotation(task: Task, marks: Option) -> Annotation:
    return task.annotation([Span(*mark) for mark in marks], ())
