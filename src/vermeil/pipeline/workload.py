"""Number and expected time of the trainings of a verb, before it begins."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean
from typing import Literal

from vermeil.blending.passes import estimated_wordpieces
from vermeil.blending.regimens import REGIMENS
from vermeil.config import Config
from vermeil.data.document import UNANNOTATED, Document
from vermeil.jobs.run_folder import RunFolder
from vermeil.studies.cells.regimens import CEILING, blending_for, split_prompt, with_prompts

WORDPIECES_PER_SECOND = 2_000.0
"""Speed of the embedded encoder in fp32 on two cores, where no training was measured."""

Verb = Literal["study", "tune", "refine", "select", "rank", "auto", "self_training"]


@dataclass(frozen=True, slots=True)
class Workload:
    """The trainings of a verb.

    Args:
        trainings: largest number of trainings, by their kind.
        wordpieces: expected wordpieces of one training.
        speed: wordpieces per second.
        is_measured: whether the speed is that of the last training in the folder of the run.
    """

    trainings: dict[str, int]
    wordpieces: float
    speed: float
    is_measured: bool

    @property
    def seconds(self) -> float:
        """Expected time of all trainings."""
        return sum(self.trainings.values()) * self.wordpieces / self.speed

    def describe(self) -> str:
        """Return trainings, expected time and how to stop as one sentence each."""
        parts = " + ".join(f"{number:,} {kind}" for kind, number in self.trainings.items())
        number = sum(self.trainings.values())
        basis = "measured in the last training here" if self.is_measured else "a rough guess"
        return (
            f"up to {number:,} trainings ({parts}) of about {self.wordpieces:,.0f} wordpieces: "
            f"about {_duration(self.seconds)} at {self.speed:,.0f} wordpieces/s ({basis}). "
            "Finished trainings are reused. Ctrl-C stops, and the same command continues"
        )


def workload(
    verb: Verb, config: Config, gold: Iterable[Document], silver: Iterable[Document]
) -> Workload:
    """Return the trainings of a verb, as if no earlier result could be reused.

    Args:
        verb: the verb, or a regimen that makes its silver.
        config: the whole configuration.
        gold: gold documents.
        silver: silver documents.
    """
    gold, silver = tuple(gold), tuple(silver)
    speed = _measured_speed(config)
    return Workload(
        {kind: number for kind, number in _TRAININGS[verb](config, silver).items() if number},
        _wordpieces(verb, config, gold, silver),
        speed or WORDPIECES_PER_SECOND,
        speed is not None,
    )


def _study_trainings(config: Config, silver: Sequence[Document]) -> dict[str, int]:
    """Return the cells, and the trainings that make the silver of auto and self_training cells."""
    study, found = config.study, Counter[str]()
    plain = [one.with_annotation(UNANNOTATED) for one in silver[: study.plain_documents]]
    gold_sizes, silver_sizes = (len(sizes) for sizes in study.sizes())
    regimens = with_prompts(study.regimens, study.prompts, study.variants)
    for name, budget_name in product(regimens, study.budgets):
        plain_name, _ = split_prompt(name)
        blending = blending_for(plain_name, config.blending, study.variants)
        budget = blending.budget.model_copy(update={"name": budget_name})
        draws = len(study.seeds) * gold_sizes
        ignores_silver = blending.regimen == "gold_only" and plain_name != CEILING
        if not ignores_silver or budget.grows_with_data:
            draws *= silver_sizes
        found["cells"] += draws
        if REGIMENS[blending.regimen].makes_silver:
            own = _TRAININGS[blending.regimen](config, (*silver, *plain))
            found.update({kind: draws * own[kind] for kind in own if kind != FINAL_STUDENT})
    return dict(found)


def _judging_trainings(config: Config, _: Sequence[Document]) -> dict[str, int]:
    """Return the students of `judge_in_rounds`: two per fold, one per fold in later rounds."""
    selection = config.selection
    students = selection.folds * (2 + selection.rounds - 1) * selection.ensembles
    return {
        "students that judge silver": students,
        "correctors": selection.folds + 2 if selection.corrector else 0,
        "students for training dynamics": int(selection.dynamics),
    }


def _refining_trainings(config: Config, silver: Sequence[Document]) -> dict[str, int]:
    """Return the trainings of judging, and the student that annotates plain text in silver."""
    selection = config.selection
    has_plain = any(document.annotation.is_empty for document in silver)
    annotates = selection.self_training and selection.folds > 0 and has_plain
    return {**_judging_trainings(config, silver), PLAIN_STUDENTS: int(annotates)}


PLAIN_STUDENTS = "students for texts without annotation"
FINAL_STUDENT = "final student"

_TRAININGS: dict[str, Callable[[Config, Sequence[Document]], dict[str, int]]] = {
    "study": _study_trainings,
    "tune": lambda config, _: {"trials": config.tune.trials},
    "refine": _refining_trainings,
    "select": _judging_trainings,
    "rank": _judging_trainings,
    "auto": lambda config, silver: {
        "students of gold only": config.selection.folds * config.selection.compare_gold_only,
        **_refining_trainings(config, silver),
        FINAL_STUDENT: 1,
    },
    "self_training": lambda *_: {PLAIN_STUDENTS: 1, FINAL_STUDENT: 1},
}


def _wordpieces(
    verb: Verb, config: Config, gold: Sequence[Document], silver: Sequence[Document]
) -> float:
    """Return the expected wordpieces of one training; of a study, their mean over all sizes."""
    budget = config.blending.budget
    if budget.wordpieces is not None:
        return float(budget.wordpieces)
    gold_sizes, silver_sizes = config.study.sizes() if verb == "study" else ((None,), (None,))
    of_gold = _sample_wordpieces(gold, gold_sizes)
    of_silver = _sample_wordpieces(silver, silver_sizes)
    passes = fmean(budget.gold_passes(size) * size for size in of_gold)
    return passes + fmean(budget.silver_passes(size) * size for size in of_silver)


def _sample_wordpieces(
    documents: Sequence[Document], sizes: Sequence[int | None]
) -> tuple[float, ...]:
    """Return the expected wordpieces of samples of the documents; size None: all of them."""
    number, total = max(1, len(documents)), estimated_wordpieces(documents)
    return tuple(total * (1.0 if size is None else min(1.0, size / number)) for size in sizes)


def _measured_speed(config: Config) -> float | None:
    """Return the speed of the last training in the folder of the run, if there is one."""
    try:
        path = RunFolder(config.run.output).model / "training.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        return float(record["wordpieces"]) / float(record["seconds"])
    except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError):
        return None


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"
