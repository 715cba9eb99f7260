"""Recipes of blending and selection."""

from tests.contract.recipes.recipe import Edit, Recipe

SCHEDULE = Recipe(
    heading="Add a schedule",
    edits=(
        Edit(
            "blending/schedules.py",
            "def _piecewise(",
            "def _squared(_: BlendingConfig, gold_fraction: float) -> Schedule:\n"
            "    return lambda t: min(1.0, 3 * gold_fraction * t * t)\n\n\n",
        ),
        Edit(
            "blending/schedules.py",
            '    "piecewise": ScheduleSpec(',
            '    "squared": ScheduleSpec("Squared", "gold share is a square", _squared),\n',
        ),
        Edit("blending/config.py", '    "piecewise",\n]', '    "squared",\n'),
    ),
    script="""
from vermeil import BlendingConfig
from vermeil.blending.regimens import OriginBudget, make_phases
from vermeil.studies.cells.regimens import blending_for
from vermeil.studies.format import REGIMEN_MEANINGS, regimen_name

config = BlendingConfig(regimen="schedule", schedule="squared")
(phase,) = make_phases(config, OriginBudget(100, 300))
assert [phase.gold_share(t) for t in (0, 0.5, 1)] == [0, 0.1875, 0.75]
assert blending_for("squared", BlendingConfig()).schedule == "squared"
assert regimen_name("squared") == "Squared"
assert "square" in REGIMEN_MEANINGS["squared"]
""",
)

REGIMEN = Recipe(
    heading="Add a regimen",
    edits=(
        Edit(
            "blending/regimens.py",
            "def _schedule(",
            "def _sandwich(_: BlendingConfig, origin_budget: OriginBudget) -> list[Phase]:\n"
            "    gold = Phase(origin_budget.gold / 2, constant(1.0))\n"
            "    return [gold, Phase(origin_budget.silver, constant(0.0)), gold]\n\n\n",
        ),
        Edit(
            "blending/regimens.py",
            '    "auto": RegimenSpec(',
            '    "sandwich": RegimenSpec("Sandwich", "gold, silver, gold", _sandwich),\n',
        ),
        Edit("blending/config.py", '    "auto",\n', '    "sandwich",\n'),
    ),
    script="""
from vermeil import BlendingConfig
from vermeil.blending.regimens import OriginBudget, make_phases
from vermeil.studies.cells.regimens import KNOWN_REGIMENS, blending_for
from vermeil.studies.format import regimen_name

phases = make_phases(blending_for("sandwich", BlendingConfig()), OriginBudget(100, 300))
assert [phase.wordpieces for phase in phases] == [50, 300, 50]
assert "sandwich" in KNOWN_REGIMENS and regimen_name("sandwich") == "Sandwich"
""",
)

SIGNAL = Recipe(
    heading="Add a judge signal",
    edits=(
        Edit(
            "selection/signals.py", '        "number of labels",\n', '        "starts the text",\n'
        ),
        Edit(
            "selection/signals.py",
            '            self._set(row, "number of labels"',
            "            starts = any(start == 0 for start, _, _ in candidate)\n"
            '            self._set(row, "starts the text", starts)\n',
        ),
    ),
    script="""
import numpy as np
from vermeil.data.region import Region
from vermeil.data.words import split_words
from vermeil.selection.signals import (
    CandidateDocument, SurfaceStatisticsBySource, make_signals, prior_weights, signal_names,
)
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex

text, labels = "Bo saw Rome", ("PER", "LOC")
candidates = ((), ((0, 2, "PER"),))
region = Region(0, 2, candidates, np.log([0.4, 0.6]), 1, 0)
words = WordIndex.from_text(text, split_words(text))
document = CandidateDocument("g", words, (region,), candidates[1])
statistics = SurfaceStatisticsBySource(*(SurfaceStatistics(labels, {"bo"}) for _ in range(3)))
values = make_signals([document], statistics, labels).values
column = signal_names(labels).index("starts the text")
assert values[:, column].tolist() == [0, 1]
assert prior_weights(labels)[column] == 0
""",
)

SCORER = Recipe(
    heading="Add an auxiliary scorer",
    files={
        "refinement/scorers/fair.py": '''"""Scorer that gives every class the same probability."""

from __future__ import annotations

import numpy as np

from vermeil.data.progress import Progress, silent
from vermeil.data.words import words_of
from vermeil.refinement.cache import ClassProbabilities
from vermeil.refinement.judge_corpora import JudgeCorpora
from vermeil.refinement.scorers.settings import ScorerSettings


def fair_probabilities(
    judge_corpora: JudgeCorpora, settings: ScorerSettings, progress: Progress = silent
) -> dict[str, ClassProbabilities]:
    """Return equal probabilities of all classes, for every word of every document."""
    classes = len(settings.job.task.classes)
    documents = judge_corpora.teacher_documents
    rows = {d.id: np.full((len(words_of(d)), classes), 1 / classes) for d in documents}
    return {"fair": {name: row.astype(np.float32) for name, row in rows.items()}}
'''
    },
    edits=(
        Edit(
            "refinement/scorers/registry.py",
            "from vermeil.refinement.scorers.settings import",
            "from vermeil.refinement.scorers.fair import fair_probabilities\n",
        ),
        Edit(
            "refinement/scorers/registry.py",
            '    "dynamics": ScorerSpec(',
            '    "fair": ScorerSpec(lambda config: config.fair, fair_probabilities),\n',
        ),
        Edit(
            "selection/config.py",
            "    ensembles: int",
            '    fair: bool = False\n    """Add an auxiliary scorer with equal probabilities."""\n',
        ),
    ),
    script="""
import tempfile
import vermeil
from vermeil import Annotation, Document, SelectionConfig, Span, TaskConfig, make_task

def document(number, kind):
    text = f"Bo saw Rome {number}"
    person = Annotation((Span(0, 2, "PER"),))
    return Document(f"{kind}{number}", text, f"g{number}", annotation=person)

gold = [document(number, "gold") for number in range(24)]
silver = [document(number, "silver") for number in range(32)]
job = vermeil.TrainJob(
    gold=gold,
    silver=silver,
    task=make_task(TaskConfig(labels={"PER": {}})),
    selection=SelectionConfig(folds=0, fair=True),
)
with tempfile.TemporaryDirectory() as folder:
    report = vermeil.select(job, folder).report
assert "fair" in report.weights
""",
)

STRATEGY = Recipe(
    heading="Add a strategy of ranking",
    files={
        "selection/ranking/cheapest.py": """
from collections.abc import Iterator

import numpy as np

from vermeil.selection.ranking.choice import RankedChoice, RankSignals


def cheapest_order(signals: RankSignals) -> Iterator[RankedChoice]:
    for index in np.argsort(signals.costs, kind="stable").tolist():
        yield RankedChoice(index, -float(signals.costs[index]), "cheapest of those left")
"""
    },
    edits=(
        Edit(
            "selection/ranking/strategies.py",
            "from vermeil.selection.ranking.choice import",
            "from vermeil.selection.ranking.cheapest import cheapest_order\n",
        ),
        Edit(
            "selection/ranking/strategies.py",
            '    "allabel": Strategy(',
            '    "cheapest": Strategy(cheapest_order),\n',
        ),
        Edit("selection/ranking/config.py", '    "allabel",\n]', '    "cheapest",\n'),
    ),
    script="""
from vermeil import LabelConfig, RankConfig, TaskConfig, make_task, rank

task = make_task(TaskConfig(labels={"PER": LabelConfig()}))
texts = ["Bo and Al and Cy went home by train", "Di left"]
config = RankConfig(annotator="person", strategy="cheapest", max_documents=1)
(entry,) = rank(texts, task, config).entries
assert (entry.id, entry.reason) == ("2", "cheapest of those left")
""",
)

RECIPES = (SCHEDULE, REGIMEN, SIGNAL, SCORER, STRATEGY)
