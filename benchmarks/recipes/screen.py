"""Recipes for noisy silver on the same draws: what becomes of silver, and how it is learnt.

For each gold size and seed, documents are drawn as a study draws them; students are trained out of
fold once, silver is judged once, and every recipe trains one student on the same budget. F1 of its
silver against gold labels (which nothing was fitted on), and of its student on dev and test. Cells
are files, so that what was stopped goes on; a table of all of them is printed at the end.

    VERMEIL_DATA=… python benchmarks/recipes/screen.py --gold 250 1000 --seeds 0 1 \\
        --recipes simple_mix soft

Recipes are chosen by their F1 on dev; `--recipes all` takes all. What becomes of silver alone,
without any student, in seconds: `--folds 0 --silver-only --recipes simple_mix relabel`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.conll import TASK, corpus

from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.data.atomic import write_json
from vermeil.data.document import UNANNOTATED, Document, Span
from vermeil.evaluation.documents import evaluate
from vermeil.refinement.cache import ProbabilityCache
from vermeil.refinement.candidates import JudgedDocument
from vermeil.refinement.curate import CuratedSilver, curate
from vermeil.refinement.scorers.settings import ScorerSettings
from vermeil.refinement.self_training import self_annotate
from vermeil.selection.config import Policy, SelectionConfig
from vermeil.selection.policies import JudgedRegion
from vermeil.student.config import StudentConfig
from vermeil.student.student import Student
from vermeil.studies.cells.sampling import CellDocuments, sample_documents
from vermeil.training.fit import train_student
from vermeil.training.job import TrainJob

SILVER = 4000
PASSES = {250: 16.0, 1000: 4.0}
"""Passes over gold, by its size."""
SILVER_PASSES = 3.0
"""Passes over silver, where no further texts join it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What becomes of silver, how it is blended, and how the student learns it."""

    policy: Policy | Callable[[JudgedDocument, Sequence[JudgedRegion]], Document] = "keep"
    blend: dict[str, Any] = field(default_factory=lambda: {"regimen": "simple_mix"})
    student: dict[str, Any] = field(default_factory=dict)
    selection: dict[str, Any] = field(default_factory=dict)
    plain: bool = False
    """With texts that nobody annotated, as a student of gold and this silver annotates them."""


def self_trained(item: JudgedDocument, judgements: Sequence[JudgedRegion]) -> Document:  # noqa: ARG001
    """What students say that did not learn from the document, whatever the teacher said."""
    spans = [Span(*mark, origin="silver") for mark in item.predicted]
    return item.document.with_annotation(TASK.make_annotation(spans, ()))


def corrected(item: JudgedDocument, judgements: Sequence[JudgedRegion]) -> Document:
    """What the corrector says, without any judge; it is the first of those who are asked."""
    best = [j.region.candidates[int(j.region.auxiliary_log_probs[0].argmax())] for j in judgements]
    spans = [Span(*mark, origin="silver") for option in best for mark in option]
    return item.document.with_annotation(TASK.make_annotation(spans, ()))


POOLED = {"regimen": "pooled"}
TAIL = {**POOLED, "gold_tail": 0.3}
LINEAR = {"regimen": "schedule", "schedule": "linear"}
RECIPES: dict[str, Recipe] = {
    # Silver as it is, and losses that trust it less
    "simple_mix": Recipe(),
    "pooled": Recipe(blend=POOLED),
    "robust": Recipe(student={"noise": {"robust": 0.7}}),
    "negative_sampling": Recipe(student={"noise": {"negative_sampling": 0.5}}),
    "early_learning": Recipe(student={"noise": {"early_learning": 2.0}}),
    # Silver that is judged, its labels as they are
    "drop_document": Recipe("drop_document"),
    "drop_span": Recipe("drop_span"),
    "abstain": Recipe("abstain"),
    "weight": Recipe("weight"),
    "complete": Recipe("complete"),
    # Silver that is corrected, and how it is blended
    "relabel": Recipe("relabel"),
    "relabel_tail": Recipe("relabel", TAIL),
    "soft": Recipe("soft"),
    "soft_pooled": Recipe("soft", POOLED),
    "soft_tail": Recipe("soft", TAIL),
    "soft_linear": Recipe("soft", LINEAR),
    # The same budget for more texts: all of the corpus that was not drawn
    "simple_mix_plain": Recipe(plain=True),
    "soft_plain": Recipe("soft", plain=True),
    # Other judges, and others in place of a judge
    "alone": Recipe("soft", selection={"context": "none"}),
    "two_rounds": Recipe("soft", selection={"rounds": 2}),
    "with_corrector": Recipe("soft", selection={"corrector": True}),
    "with_dynamics": Recipe("soft", selection={"dynamics": True}),
    "corrector": Recipe(corrected, selection={"corrector": True}),
    "self_trained": Recipe(self_trained),
}


@dataclass(slots=True)
class Block:
    """A gold size, a seed and a teacher: what all recipes share; judged when first needed."""

    gold: int
    seed: int
    options: argparse.Namespace
    draw: CellDocuments
    said: tuple[Document, ...]
    plain: tuple[Document, ...]
    judged: dict[str, CuratedSilver] = field(default_factory=dict)

    def scorer_settings(self, silver: Sequence[Document]) -> ScorerSettings:
        """Return the settings of the scorers, with the gold documents of the block."""
        # Named as in the study, so that the probabilities of its judging/ can be reused.
        passes = {"gold_epochs": PASSES[self.gold], "silver_epochs": SILVER_PASSES}
        job = TrainJob(
            gold=self.draw.gold,
            silver=silver,
            task=TASK,
            student=StudentConfig(threads=self.options.threads),
            blending=BlendingConfig(
                regimen="simple_mix", budget=BudgetConfig(name="equal", **passes)
            ),
            seed=self.seed,
        )
        return ScorerSettings(job, ProbabilityCache(self.options.output / "judging"))

    def select(self, recipe: Recipe, policy: Policy) -> CuratedSilver:
        """Return silver after a policy, as it is judged for a recipe."""
        key = f"{policy} {recipe.selection}"
        if key not in self.judged:
            settings = {"folds": self.options.folds, "ensembles": self.options.ensembles}
            config = SelectionConfig.model_validate({**settings, **recipe.selection})
            scorers = self.scorer_settings((*self.said, *self.draw.silver))
            scorers = replace(scorers, job=replace(scorers.job, selection=config))
            self.judged[key] = curate(scorers, policy)
        return self.judged[key]

    def silver(self, recipe: Recipe) -> tuple[Document, ...]:
        """Return what a recipe makes of silver."""
        if recipe.policy == "keep":
            return self.draw.silver
        if isinstance(recipe.policy, str):
            return self.select(recipe, recipe.policy).documents
        judging = self.select(recipe, "keep").judge_result
        return tuple(recipe.policy(*judged) for judged in judging.silver)


def block(gold: int, seed: int, options: argparse.Namespace, truth: Sequence[Document]) -> Block:
    """Draw the documents of a block."""
    silver = corpus("train", options.teacher)
    draw = sample_documents(truth, silver, gold, SILVER, seed)
    of_gold, of_silver = ({d.id for d in docs} for docs in (draw.gold, draw.silver))
    left = (d for d in truth if d.id not in of_gold | of_silver)
    return Block(
        gold,
        seed,
        options,
        draw,
        tuple(d for d in silver if d.id in of_gold),
        tuple(d.with_annotation(UNANNOTATED) for d in left),
    )


def run(name: str, own: Block, truth: Sequence[Document]) -> dict[str, Any]:
    """Score the silver of one recipe, and train and score a student on it if that is wanted."""
    recipe = RECIPES[name]
    silver = own.silver(recipe)
    labelled = {d.id: d for d in truth}
    found: dict[str, Any] = {
        "recipe": name,
        "teacher": own.options.teacher,
        "gold": own.gold,
        "seed": own.seed,
        "folds": own.options.folds,
        "ensembles": own.options.ensembles,
        "silver_documents": len(silver),
        "silver": evaluate(silver, [labelled[d.id] for d in silver], TASK).overall.f1,
        **_on_gold(recipe, own),
    }
    if own.options.silver_only:
        return found
    more: tuple[Document, ...] = ()
    if recipe.plain:
        more = self_annotate(own.scorer_settings(silver).with_context("group"), own.plain)
        found["plain"] = evaluate(more, [labelled[d.id] for d in more], TASK).overall.f1
    return found | _student(recipe, own, silver, more)


def _on_gold(recipe: Recipe, own: Block) -> dict[str, Any]:
    """Return F1 on doubly labelled gold, out of group, of the judge and all whom it heard."""
    if recipe.policy == "keep":
        return {}
    policy = recipe.policy if isinstance(recipe.policy, str) else "keep"
    report = own.select(recipe, policy).report
    return {"gold_f1": {name: counts.overall.f1 for name, counts in report.gold.items()}}


def _student(
    recipe: Recipe, own: Block, silver: Sequence[Document], more: Sequence[Document]
) -> dict[str, Any]:
    """Train a student of a recipe; return its F1 on dev and test, and the seconds that took."""
    config = StudentConfig.model_validate({"threads": own.options.threads, **recipe.student})
    student = Student.create(TASK, config, own.seed)
    passes = SILVER_PASSES * len(silver) / (len(silver) + len(more))
    budget = {"name": "equal", "gold_epochs": PASSES[own.gold], "silver_epochs": passes}
    whole = sum(e.size for e in student.encode(own.draw.silver, "silver").examples)
    gold = student.encode(own.draw.gold, "gold")
    of_gold = sum(e.size for e in gold.examples)
    # As long as on silver as it is.
    budget["wordpieces"] = round(SILVER_PASSES * whole + PASSES[own.gold] * of_gold)
    blending = BlendingConfig.model_validate({**recipe.blend, "budget": budget})
    learnt = student.encode([*silver, *more], "silver")
    training = train_student(student, gold, learnt, blending, own.seed)
    found = {"seconds": round(training.seconds, 1)}
    for split in ("dev", "test"):
        documents = corpus(split)
        asked = [d.with_annotation(UNANNOTATED) for d in documents]
        predicted = student.predictor().predict(asked)
        found[split] = evaluate(predicted, documents, TASK).overall.f1
    return found


def table(cells: Sequence[dict[str, Any]]) -> None:
    """Print the mean of every recipe's seeds."""
    print("teacher  gold  recipe               seeds  silver    dev   test")
    for key in sorted({(c["teacher"], c["gold"]) for c in cells}):
        own = [c for c in cells if (c["teacher"], c["gold"]) == key]
        for name in RECIPES:
            of_recipe = [c for c in own if c["recipe"] == name]
            if of_recipe:
                shown = "  ".join(_mean(of_recipe, k) for k in ("silver", "dev", "test"))
                print(f"{key[0]:8} {key[1]:4}  {name:20} {len(of_recipe):5}  {shown}")


def _mean(cells: Sequence[dict[str, Any]], key: str) -> str:
    values = [c[key] for c in cells if key in c]
    return f"{statistics.mean(values):.4f}" if values else "     –"


def main() -> None:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--gold", type=int, nargs="+", default=[250, 1000], choices=PASSES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--recipes", nargs="+", default=["simple_mix", "soft"])
    parser.add_argument("--teacher", default="chatgpt", choices=("chatgpt", "uniner"))
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--ensembles", type=int, default=1)
    parser.add_argument("--silver-only", action="store_true", help="train no student on it")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("docs/results/recipes/screen"))
    options = parser.parse_args()
    recipes = list(RECIPES) if options.recipes == ["all"] else options.recipes
    how = f"{options.folds}x{options.ensembles}" + "s" * options.silver_only
    truth = corpus("train")
    for gold in options.gold:
        for seed in options.seeds:
            own: Block | None = None
            for name in recipes:
                path = options.output / f"{options.teacher}-{gold}-{seed}-{name}-{how}.json"
                if path.exists():
                    continue
                own = own or block(gold, seed, options, truth)
                cell = run(name, own, truth)
                write_json(path, cell, compact=True)
                print(json.dumps(cell), flush=True)
    table([json.loads(p.read_text("utf-8")) for p in sorted(options.output.glob(f"*-{how}.json"))])


if __name__ == "__main__":
    main()
