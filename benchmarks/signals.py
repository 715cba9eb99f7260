"""How well votes, and the judge over votes and surfaces, tell a teacher's right spans from wrong.

500 Wikigold sentences with the votes of five samples of ChatGPT at temperature 0.7
(Emma1066/Self-Improve-Zero-Shot-NER fc8e03c5). Every (surface, type) with at least one vote is
located; of two types of one surface that with more votes counts. `votes` is the share of the votes
as it is; `judge` the probability from `vermeil.refinement.judging`, without students,
cross-fitted: each sentence is judged by a judge that was fitted on others.

    VERMEIL_DATA=… python benchmarks/signals.py --json signals.json
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vermeil.data.atomic import write_json
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.mention import Mention
from vermeil.refinement.candidates import ScorerPredictions
from vermeil.refinement.judge_corpora import JudgeCorpora
from vermeil.refinement.judging import judge_silver
from vermeil.refinement.signal_quality import signal_qualities
from vermeil.selection.config import SelectionConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.mentions import locate

LABELS = ("Person", "Location", "Organization", "Miscellaneous")
CONFIG = TaskConfig.model_validate({"labels": {name: {} for name in LABELS}})
VOTERS = 5


def pairs(path: Path) -> Iterator[tuple[Document, Document]]:
    """Yield each sentence with gold's spans, and with those that got votes."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield _document(row, list(row["gold"].items()), {}), _voted(row)


def _voted(row: dict[str, Any]) -> Document:
    best: dict[str, tuple[int, str]] = {}
    for surface, label, votes in row["votes_of_5"]:
        best[surface] = max(best.get(surface, (0, "")), (votes, label))
    ordered = sorted(best.items(), key=lambda item: -item[1][0])
    said = [(surface, label) for surface, (_, label) in ordered]
    return _document(row, said, {surface: votes / VOTERS for surface, (votes, _) in best.items()})


def _document(
    row: dict[str, Any], said: list[tuple[str, str]], scores: dict[str, float]
) -> Document:
    mentions = [Mention(surface, label) for surface, label in said]
    located = locate(row["text"], mentions, LabelSet.from_config(CONFIG), "all")
    spans = tuple(
        Span(one.span.start, one.span.end, one.span.label, scores.get(one.mention.surface))
        for one in located
        if one.span is not None
    )
    return Document(row["id"], row["text"], annotation=Annotation(spans=spans))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to write all that was measured")
    arguments = parser.parse_args()
    path = Path(os.environ["VERMEIL_DATA"]) / "wikigold_chatgpt_votes.jsonl.gz"
    both = list(pairs(path))
    gold, said = [g for g, _ in both], [s for _, s in both]
    strengths = SelectionConfig().strengths
    corpora = JudgeCorpora(tuple(gold), tuple(said), ())
    without_scorers = ScorerPredictions(None, {})
    judging = judge_silver(corpora, gold, make_task(CONFIG), without_scorers, strengths)
    qualities = signal_qualities(judging)["correct"]
    report = {name: quality.as_dict() for name, quality in qualities.items()}
    for name in ("votes", "judge"):
        found = report[name]
        measured = "  ".join(f"{key} {found[key]:.3f}" for key in ("auroc", "auarc", "ece"))
        print(f"{name:8} {measured}  of {found['items']} spans, {found['share']:.3f} right")
        for one in found["bins"]:
            if one["number"]:
                print(
                    f"  {one['low']:.1f} to {one['high']:.1f}: {one['number']:5} "
                    f"said {one['score']:.3f} right {one['correct']:.3f}"
                )
    for key, better in (("auroc", 1), ("auarc", 1), ("ece", -1)):
        ours, peer = report["judge"][key], report["votes"][key]
        result = {
            "name": f"signals, {key}",
            "ours": round(ours, 4),
            "peer": round(peer, 4),
            "unit": key,
            "ratio": round((ours / peer) ** better, 3),
            "goal": None,
            "met": None,
        }
        print("RESULT", json.dumps(result))
    if arguments.json:
        write_json(arguments.json, {"report": report, "weights": dict(judging.weights)})


if __name__ == "__main__":
    main()
