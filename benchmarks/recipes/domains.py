"""Refining silver of other texts and teachers than those it was made with.

GPT-4 on FiNER-ORD (financial news, one reply a sentence; zero-shot-finance), three models on
biodiversity and climate text (NER-annotation-with-LLMs), and the newswire that comes with the
package, whose teacher hardly errs: verbatim replies, read as in a run. Part
of the sentences is gold, the teacher's replies to the others are refined, and F1 of both against
the gold that nothing was fitted on is told, draw by draw. Twenty neighbours of FiNER-ORD count as a
group, for where its articles end is not known.

    VERMEIL_DATA=… python benchmarks/recipes/domains.py --folds 0          # seconds
    VERMEIL_DATA=… python benchmarks/recipes/domains.py --folds 2 --only finer --seeds 0 1 2
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks import replies

from vermeil import demo
from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.atomic import write_json
from vermeil.data.counts import sum_counts
from vermeil.data.document import Annotation, Document
from vermeil.data.reply import Reply
from vermeil.data.tags import tags_to_spans
from vermeil.refinement.refine import refine
from vermeil.selection.config import SelectionConfig
from vermeil.student.config import StudentConfig
from vermeil.tasks.ner.task import NerTask
from vermeil.training.job import TrainJob

DATA = Path(os.environ["VERMEIL_DATA"])
NEWSWIRE = Path(demo.__file__).parent / "newswire"
MODELS = ("gpt-4o-mini", "Meta-Llama-3.1-70B-Instruct", "gpt-4o-2024-05-13")
FEWEST = 60
"""Sentences that a set must have, so that halves of it say something."""
Pairs = list[tuple[Document, Document]]
"""A sentence as people annotated it, and as the teacher did."""


def pair(
    document: Document, gold: Sequence[Any], task: NerTask, reply: str
) -> tuple[Document, Document]:
    """Return both annotations; a reply that cannot be read says that there is nothing."""
    said = task.read(document.text, Reply(reply)).annotation
    said = said if said.spans is not None else Annotation(())
    return document.with_annotation(Annotation(tuple(gold))), document.with_annotation(said)


def finer() -> tuple[NerTask, Pairs]:
    """GPT-4 on FiNER-ORD."""
    task = replies.task_of(("Person", "Location", "Organisation"), "token_lines")
    rows = replies.rows_of(DATA, "finer_ord_token_per_line")
    found = []
    for number, row in enumerate(row for row in rows if row["model"] == "gpt4"):
        text, tokens = replies.joined(row["tokens"])
        tags = [replies.FINER_TAGS[tag] for tag in row["gold_ids"]]
        document = Document(f"f{number}", text, f"g{number // 20}", tokens=tuple(tokens))
        found.append(pair(document, tags_to_spans(tags, tokens)[0], task, row["reply"]))
    return task, found


def nature(model: str, name: str) -> tuple[NerTask, Pairs]:
    """One model on one set; of several replies to a sentence the first one."""
    found: dict[str, tuple[Document, Document]] = {}
    asked: tuple[str, ...] = ()
    for row in replies.rows_of(DATA, "biodiv_climate_4_models"):
        if (row["model"], row["set"], row["format"]) != (model, name, "strings"):
            continue
        head = row["prompt"].split("Example 1:")[0]
        labels, text = tuple(dict.fromkeys(replies.LABEL.findall(head))), row["sentence"]
        asked = asked or labels
        if labels == asked and text not in found:
            tokens = tuple(replies.joined(text.split(" "))[1])
            gold = replies.gold_spans(text, [s for s in row["gold_spans"] if s[1] in labels])
            document = Document(f"n{len(found)}", text, tokens=tokens)
            task = replies.task_of(labels, "lines")
            found[text] = pair(document, gold, task, row["raw_output"])
    return replies.task_of(asked, "lines"), list(found.values())


def newswire(
    file: str = "replies.standard.jsonl", reply_format: str = "json"
) -> tuple[NerTask, Pairs]:
    """A recorded teacher of the demonstration, on the texts of its gold and of its pool."""
    labels = replies.task_of(("PER", "ORG", "LOC", "MISC"), reply_format)
    with (NEWSWIRE / file).open("rb") as lines:
        said = {row["id"]: row["reply"] for row in map(json.loads, lines)}
    gold = [d for name in ("train", "pool.gold") for d in _read(NEWSWIRE / f"{name}.jsonl")]
    return labels, [pair(d, d.spans or (), labels, said[d.id]) for d in gold]


def _read(path: Path) -> list[Document]:
    return list(read_corpus(CorpusConfig(path=path)))


def trial(
    task: NerTask, pairs: Pairs, gold: int, seed: int, how: Mapping[str, int]
) -> dict[str, Any]:
    """Return F1 of silver before and after, and whether the judge was believed."""
    groups = sorted({g.group_or_id for g, _ in pairs})
    order = np.random.default_rng(seed).permutation(len(groups))
    rank = {groups[number]: place for place, number in enumerate(order)}
    drawn = sorted(pairs, key=lambda both: rank[both[0].group_or_id])
    people, teacher = [g for g, _ in drawn[:gold]], [said for _, said in drawn]
    passes = BudgetConfig(gold_epochs=max(4.0, 4000 / gold), silver_epochs=3)
    blending = BlendingConfig(regimen="simple_mix", budget=passes)
    with TemporaryDirectory() as folder:
        job = TrainJob(
            gold=people,
            silver=teacher,
            task=task,
            student=StudentConfig(threads=1),
            blending=blending,
            selection=SelectionConfig.model_validate({"refinement": "relabel", **how}),
            seed=seed,
        )
        done = refine(job, Path(folder))
    after = {d.id: d for d in done.documents}
    rest = drawn[gold:]
    return {
        "before": f1(task, rest),
        "after": f1(task, [(g, after.get(g.id, said)) for g, said in rest]),
        "believed": done.report.better_than_teacher,
    }


def f1(task: NerTask, pairs: Pairs) -> float:
    """Return strict F1 of the second documents against the first."""
    return sum_counts([task.count(g.annotation, s.annotation) for g, s in pairs]).overall.f1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", choices=["finer", "nature", "newswire"])
    parser.add_argument(
        "--gold", type=int, nargs="+", default=[250, 500], help="for finer and newswire"
    )
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    sets: list[tuple[str, NerTask, Pairs, int]] = []
    if asked.only in (None, "finer"):
        sets += [("FiNER-ORD, GPT-4", *finer(), gold) for gold in asked.gold]
    if asked.only in (None, "newswire"):
        sets += [("newswire", *newswire(), gold) for gold in asked.gold]
    if asked.only in (None, "nature"):
        for name in ("biodivner", "ccner"):
            found = [(f"{name}, {model}", *nature(model, name)) for model in MODELS]
            sets += [(n, t, pairs, len(pairs) // 2) for n, t, pairs in found if len(pairs) > FEWEST]
    how = {"folds": asked.folds, "rounds": asked.rounds}
    results, lines = [], []
    for name, task, pairs, gold in sets:
        draws = [trial(task, pairs, gold, seed, how) for seed in asked.seeds]
        before, after = (mean(draw[key] for draw in draws) for key in ("before", "after"))
        believed = sum(draw["believed"] for draw in draws)
        print(
            f"{name}: {gold} gold, {len(pairs) - gold} silver: {before:.3f} to {after:.3f}, "
            f"changed in {believed} of {len(draws)} draws",
            flush=True,
        )
        results.append({"set": name, "gold": gold, **how, "draws": draws})
        what = f"F1 of silver, {name}, {gold} gold, {asked.folds} folds, refined against as it is"
        scores = {"ours": round(after, 4), "peer": round(before, 4), "unit": "F1"}
        better = {"ratio": round(after / before, 3), "goal": None, "met": None}
        lines.append({"name": what, **scores, **better})
    if asked.json:
        write_json(asked.json, {"results": results})
    for line in lines:
        print("RESULT", json.dumps(line))


if __name__ == "__main__":
    main()
