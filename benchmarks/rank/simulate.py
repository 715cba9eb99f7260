"""Simulated annotation in the order of each strategy: test F1 against the number of documents.

Every strategy begins with the same random documents of a seed. A student is trained on them and
scored on test. The strategy chooses the next documents, their real labels are revealed, and a new
student is trained on all of them, until the largest size. `draw` is the baseline: documents drawn
at random, without any check for repeats. `cost_aware_per_document` is `cost_aware` where every
document costs the same. Students and seeds are the same for all strategies; the passes are those of
`vermeil train`. Each finished cell (setting, strategy, seed, size) is a file, and is not run again.

    VERMEIL_DATA=… python benchmarks/rank/simulate.py --output cells --settings people-conll
    python benchmarks/rank/curves.py cells

The whole measurement is `benchmarks/rank/run.sh`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.rank.corpora import SETTINGS, Setting
from benchmarks.rank.embeddings import keep_embeddings

from vermeil.blending.config import BlendingConfig, RegimenName
from vermeil.data.atomic import write_json
from vermeil.data.document import UNANNOTATED, Document
from vermeil.data.words import words_of
from vermeil.evaluation.documents import score_documents
from vermeil.jobs.calibrate import calibrate
from vermeil.jobs.predict import predict
from vermeil.jobs.ranking.rank import rank
from vermeil.jobs.ranking.sources import RankSources
from vermeil.jobs.train import train
from vermeil.refinement.judging import JudgeResult
from vermeil.refinement.select import select
from vermeil.selection.config import SelectionConfig
from vermeil.selection.ranking.config import RankConfig, StrategyName
from vermeil.selection.ranking.strategies import STRATEGIES
from vermeil.student.config import StudentConfig
from vermeil.training.job import TrainJob

DRAW = "draw"
"""The baseline."""
PER_DOCUMENT = "cost_aware_per_document"
"""cost_aware with equal costs of all documents: the highest sum of uncertainties."""
DEV = 600
"""Documents of dev that fit the temperature."""
NAMES = (DRAW, *get_args(StrategyName), PER_DOCUMENT)


@dataclass(frozen=True, slots=True)
class Simulation:
    """One strategy on one setting with one seed.

    Args:
        name: name of the setting.
        setting: its documents.
        strategy: name of the strategy, or `DRAW`.
        seed: draws the first documents, gold and the student.
        threads: threads of the student.
        encoder: encoder of student and embeddings.
        output: folder of the cells.
    """

    name: str
    setting: Setting
    strategy: str
    seed: int
    threads: int
    encoder: str
    output: Path

    def run(self) -> None:
        """Run all sizes; a cell that is a file already is read, not run."""
        ids = self._drawn(self.setting.sizes[0])
        for size, following in zip(
            self.setting.sizes, (*self.setting.sizes[1:], None), strict=True
        ):
            path = self.output / f"{self.name}.{self.strategy}.{self.seed}.{size}.json"
            if path.exists():
                ids = json.loads(path.read_text())["next"]
                continue
            with TemporaryDirectory() as folder:
                model, record = self._student(ids, Path(folder))
                found = self._next(ids, following - size, model) if following else []
            cell = {
                "setting": self.name,
                "strategy": self.strategy,
                "seed": self.seed,
                "size": size,
                **record,
                "words": sum(len(words_of(one)) for one in self._labelled(ids)),
                "next": [*ids, *found],
            }
            write_json(path, cell)
            print(f"{self.name} {self.strategy} seed {self.seed}, {size}: F1 {cell['f1']:.4f}")
            ids = cell["next"]

    def _drawn(self, number: int, excluded: Sequence[str] = ()) -> list[str]:
        known = set(excluded)
        left = [one.id for one in self.setting.candidates if one.id not in known]
        order = np.random.default_rng([self.seed, 0]).permutation(len(left))[:number]
        return [left[place] for place in order.tolist()]

    def _labelled(self, ids: Sequence[str]) -> list[Document]:
        return [self.setting.labels[name] for name in ids]

    def _job(self, ids: Sequence[str]) -> TrainJob:
        labelled, setting = self._labelled(ids), self.setting
        gold = labelled if setting.for_person else setting.gold_of(self.seed)
        regimen: RegimenName = "gold_only" if setting.for_person else "simple_mix"
        return TrainJob(
            gold=gold,
            silver=() if setting.for_person else labelled,
            task=setting.task,
            student=StudentConfig(encoder=self.encoder, threads=self.threads),
            blending=BlendingConfig(regimen=regimen),
            seed=self.seed,
        )

    def _student(self, ids: Sequence[str], folder: Path) -> tuple[Path, dict[str, Any]]:
        """Return a student and its scores; that of the first documents is trained once per seed."""
        if len(ids) > self.setting.sizes[0]:
            model = self._train(ids, folder)
            return model, self._score(model)
        kept = self.output / "first" / f"{self.name}.{self.seed}.{len(ids)}"
        scores = kept / "scores.json"
        if not scores.exists():
            write_json(scores, self._score(self._train(ids, kept)))
        return kept / "model", json.loads(scores.read_text())

    def _train(self, ids: Sequence[str], folder: Path) -> Path:
        return train(self._job(ids), folder / "model").folder

    def _score(self, model: Path) -> dict[str, Any]:
        """Return F1 on test, and the counts of every group."""
        test = self.setting.test
        predicted = list(predict(model, [d.with_annotation(UNANNOTATED) for d in test]))
        groups: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        scored = score_documents(predicted, test, self.setting.task)
        for document, counts in scored:
            overall = counts.overall
            values = (overall.correct, overall.predicted, overall.gold)
            own = groups[document.group_or_id]
            groups[document.group_or_id] = [a + b for a, b in zip(own, values, strict=True)]
        sums = np.array(list(groups.values())).sum(axis=0)
        f1 = 2 * sums[0] / max(1, sums[1] + sums[2])
        return {"f1": float(f1), "counts": list(groups.values())}

    def _next(self, ids: Sequence[str], number: int, model: Path) -> list[str]:
        """Return the ids of the next documents."""
        if self.strategy == DRAW:
            return self._drawn(number, ids)
        calibrate(model, self.setting.dev[:DEV])
        known = set(ids)
        left = [one for one in self.setting.candidates if one.id not in known]
        strategy, costs = self._strategy()
        needs_judge = "judge" in STRATEGIES[strategy].needs
        job = self._job(ids)
        sources = RankSources(
            annotated=(*job.gold, *job.silver),
            model=model,
            encoder=self.encoder,
            judge_result=self._judge(ids, left) if needs_judge else None,
        )
        config = RankConfig.model_validate(
            {
                "annotator": "person" if self.setting.for_person else "teacher",
                "strategy": strategy,
                "max_documents": number,
                **costs,
            }
        )
        report = rank(left, self.setting.task, config, sources, seed=self.seed)
        found = [entry.id for entry in report.entries]
        if len(found) < number:
            raise SystemExit(f"{self.name} {self.strategy}: {report.left_out}; too few documents")
        return found

    def _strategy(self) -> tuple[StrategyName, dict[str, float]]:
        """Return the name and the costs in the [rank] section."""
        if self.strategy == PER_DOCUMENT:
            return "cost_aware", {"seconds_per_document": 1, "seconds_per_word": 1e-9}
        return self.strategy, {}  # type: ignore[return-value]

    def _judge(self, ids: Sequence[str], left: Sequence[Document]) -> JudgeResult:
        """Return the judgements of the teacher's labels, by a judge without students."""
        known = set(ids)
        corrected = [one for one in self.setting.candidates if one.id in known]
        job = replace(
            self._job(ids), silver=(*corrected, *left), selection=SelectionConfig(folds=0)
        )
        with TemporaryDirectory() as cache:
            return select(job, Path(cache)).judge_result


def names_for(setting: Setting) -> tuple[str, ...]:
    """Return the strategies that can rank the documents of a setting.

    The prompt makes the costs of a teacher's documents nearly equal, so that they are not simulated
    twice.
    """
    left_out: set[str] = set() if setting.for_person else {PER_DOCUMENT}
    if not setting.has_silver:
        left_out.update(name for name, one in STRATEGIES.items() if "silver" in one.needs)
    return tuple(name for name in NAMES if name not in left_out)


def main() -> None:
    """Run the cells that are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder of the cells")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--strategies", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--encoder", default="embedded")
    parser.add_argument("--sizes", type=int, nargs="+", help="other sizes, for a trial")
    parser.add_argument("--candidates", type=int, help="first documents only, for a trial")
    parser.add_argument("--test", type=int, help="first documents of test and dev, for a trial")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for name in options.settings:
        setting = SETTINGS[name]()
        if options.sizes:
            setting = replace(setting, sizes=tuple(options.sizes))
        if options.candidates:
            setting = replace(setting, candidates=setting.candidates[: options.candidates])
        if options.test:
            setting = replace(
                setting, test=setting.test[: options.test], dev=setting.dev[: options.test]
            )
        kept = options.output / "embeddings" / f"{name}.{len(setting.candidates)}.npy"
        documents = (*setting.candidates, *setting.labels.values(), *setting.gold)
        keep_embeddings(kept, [one.text for one in documents], options.encoder)
        for seed in options.seeds:
            for strategy in options.strategies:
                if strategy in names_for(setting):
                    Simulation(
                        name,
                        setting,
                        strategy,
                        seed,
                        options.threads,
                        options.encoder,
                        options.output,
                    ).run()


if __name__ == "__main__":
    main()
