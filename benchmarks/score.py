"""Strict scoring of tag sequences, beside seqeval: tag sequences → spans → counts → F1.

Both sides get the same lists of lists of strings (IOB2) and give precision, recall and F1 per type
and overall, which must agree. Ours also counts confusion and error kinds. Needs seqeval (a
development dependency); the tags are made up, with CoNLL-2003's mean sentence length.

    python benchmarks/score.py                        100,000 sentences, median of 3 runs
    python benchmarks/score.py --sentences 10000      shorter
    python benchmarks/score.py --save score.json
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from vermeil.data.counts import Counts, sum_counts
from vermeil.data.tags import tags_to_spans
from vermeil.tasks.ner.scoring import count_spans
from vermeil.tasks.ner.tag_scoring import count_tags

LABELS = ("PER", "ORG", "LOC", "MISC")
GOAL = 10.0

Sentences = list[list[str]]


def make_tags(sentences: int, seed: int = 0) -> tuple[Sentences, Sentences]:
    """Return gold and predicted tags: about one span in six is wrong, in every way there is."""
    rng = np.random.default_rng(seed)
    gold, predicted = [], []
    for size in np.clip(rng.gamma(2.2, 6.6, sentences), 1, 120).astype(int).tolist():
        right, said = ["O"] * size, ["O"] * size
        at = 0
        while at < size:
            chance = rng.random(4)
            length = min(size - at, int(rng.integers(1, 4)))
            if chance[0] < 0.12:
                label = LABELS[rng.integers(4)]
                write(right, at, length, label)
                if chance[1] < 0.92:
                    other = label if chance[2] < 0.93 else LABELS[rng.integers(4)]
                    write(said, at, max(1, length - (chance[3] < 0.06)), other)
                at += length
            elif chance[0] > 0.995:
                write(said, at, 1, LABELS[rng.integers(4)])
            at += 1
        gold.append(right)
        predicted.append(said)
    return gold, predicted


def write(tags: list[str], at: int, length: int, label: str) -> None:
    tags[at : at + length] = [f"B-{label}"] + [f"I-{label}"] * (length - 1)


def span_by_span(gold: Sentences, predicted: Sentences) -> Counts:
    """Score as documents are scored, an object per span."""

    def spans(tags: list[str]) -> Any:
        return tags_to_spans(tags, [(i, i + 1) for i in range(len(tags))])[0]

    return sum_counts(count_spans(spans(g), spans(p)) for g, p in zip(gold, predicted, strict=True))


def seqeval_report(gold: Sentences, predicted: Sentences) -> Any:
    return classification_report(gold, predicted, mode="strict", scheme=IOB2, output_dict=True)


def timed(score: Callable[[Sentences, Sentences], Any], tags: Any, runs: int) -> tuple[float, Any]:
    """Return the median seconds of several runs, after a warm-up on some sentences."""
    score(tags[0][:200], tags[1][:200])
    seconds, result = [], None
    for _ in range(runs):
        start = time.perf_counter()
        result = score(*tags)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def check(counts: Counts, theirs: Any) -> None:
    """Stop unless both sides found the same."""
    for label, tally in counts.per_label.items():
        assert tally.gold == theirs[label]["support"], label
        assert abs(tally.f1 - theirs[label]["f1-score"]) < 1e-12, label
    assert abs(counts.overall.f1 - theirs["micro avg"]["f1-score"]) < 1e-12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--save", type=Path, help="write the results there as JSON, too")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    tags = make_tags(options.sentences)
    tokens = sum(map(len, tags[0]))
    print(f"{options.sentences:,} sentences, {tokens:,} tokens; seqeval {version('seqeval')}")

    peer, theirs = timed(seqeval_report, tags, options.runs)
    ours, counts = timed(count_tags, tags, options.runs)
    by_span, again = timed(span_by_span, tags, options.runs)
    check(counts, theirs)
    assert counts == again
    print(f"micro-F1 {counts.overall.f1:.6f} by all three; errors: {counts.as_dict()['errors']}")
    print(f"seconds: seqeval {peer:.2f}, ours {ours:.3f}, ours document by document {by_span:.2f}")
    result = {
        "name": "seqeval",
        "ours": round(ours, 4),
        "peer": round(peer, 4),
        "unit": "s",
        "ratio": round(peer / ours, 2),
        "goal": GOAL,
        "met": peer / ours >= GOAL,
    }
    if options.save:
        details = {
            "sentences": options.sentences,
            "tokens": tokens,
            "document_by_document": by_span,
        }
        options.save.write_text(json.dumps({**result, **details}, indent=1) + "\n")
    print("RESULT", json.dumps(result))


if __name__ == "__main__":
    main()
