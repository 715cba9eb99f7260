"""Score the predictions of `run.sh`: all spans, outer spans and inner spans of test.

    python benchmarks/nested/score.py build/nested cells

Prints one line of JSON per cell, then the mean of each kind. A predicted span is an inner one if it
lies within a longer predicted span.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import mean

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.counts import Counts, sum_counts
from vermeil.data.document import Span
from vermeil.tasks.ner.scoring import count_spans

Spans = dict[str, tuple[Span, ...]]
"""The spans of every document, by id."""


def spans_of(path: Path) -> Spans:
    """Return the spans of every document of a file, by id."""
    return {one.id: one.spans or () for one in read_corpus(CorpusConfig(path=path))}


def inner(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return the spans that lie within a longer one."""
    return tuple(
        one
        for one in spans
        if any(
            other.start <= one.start
            and one.end <= other.end
            and other.end - other.start > one.end - one.start
            for other in spans
        )
    )


def scores(gold: Spans, found: Spans) -> dict[str, float]:
    """Return F1 of all, outer and inner spans, and precision and recall of inner ones."""

    def count(kind: str) -> Counts:
        parts = []
        for name, expected in gold.items():
            pair = []
            for spans in (expected, found[name]):
                within = inner(spans)
                outer = tuple(one for one in spans if one not in within)
                pair.append({"all": spans, "inner": within, "outer": outer}[kind])
            parts.append(count_spans(*pair))
        return sum_counts(parts)

    of_inner = count("inner").overall
    return {
        "all_f1": round(count("all").overall.f1, 4),
        "outer_f1": round(count("outer").overall.f1, 4),
        "inner_f1": round(of_inner.f1, 4),
        "inner_precision": round(of_inner.precision, 4),
        "inner_recall": round(of_inner.recall, 4),
    }


def main() -> None:
    """Print the scores of all cells, and the means."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    gold = spans_of(folder / "nested.test.jsonl")
    rows: dict[str, list[dict[str, float]]] = {}
    for path in sorted((folder / name).glob("*/found.jsonl")):
        kind, _, seed = path.parent.name.partition("-")
        row = scores(gold, spans_of(path))
        rows.setdefault(kind, []).append(row)
        print(json.dumps({"kind": kind, "seed": int(seed), **row}))
    for kind, found in rows.items():
        means = {key: round(mean(row[key] for row in found), 4) for key in found[0]}
        print(json.dumps({"kind": kind, "seeds": len(found), "mean": means}))


if __name__ == "__main__":
    main()
