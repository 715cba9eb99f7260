"""Count the judgements of 100 disagreements between the strong teacher and gold.

    python benchmarks/paper/disagreements.py build/paper --list   the disagreements with their texts
    python benchmarks/paper/disagreements.py build/paper          the counts, as a Markdown table

A disagreement is a set of overlapping spans of which the teacher and gold do not have the same. 100
of them are drawn with seed 0. One reader sorted them; docs/results/teachers/disagreements.csv holds
the judgements by id and offsets, without text:

- ``teacher``: an error of the teacher by the descriptions in its prompt.
- ``gold``: an error or an inconsistency of the corpus.
- ``convention``: both are defensible; the prompt does not state the rule of the corpus.
"""

from __future__ import annotations

import csv
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from vermeil.corpora import read_corpus
from vermeil.data.document import Document
from vermeil.data.region import SpanKey

JUDGED = Path(__file__).parents[2] / "docs/results/teachers/disagreements.csv"
DRAWN = 100


class Disagreement(NamedTuple):
    """Overlapping spans that only the teacher or only gold has.

    Args:
        document: the gold document.
        spans: the spans, each with its source, gold or teacher.
    """

    document: Document
    spans: tuple[tuple[SpanKey, str], ...]

    @property
    def place(self) -> str:
        """Id and offsets of the disagreement."""
        start = min(key[0] for key, _ in self.spans)
        return f"{self.document.id}:{start}-{max(key[1] for key, _ in self.spans)}"


def disagreements(folder: Path) -> list[Disagreement]:
    """Return all disagreements of the standard prompt with gold, shuffled with seed 0."""
    gold = {document.id: document for document in read_corpus(folder / "gold.jsonl")}
    found: list[Disagreement] = []
    for silver in read_corpus(folder / "strong.jsonl"):
        document = gold[silver.id]
        true = {span.key for span in document.spans or ()}
        own = {span.key for span in silver.spans or ()}
        found += _clusters(
            document,
            sorted([(k, "gold") for k in true - own] + [(k, "teacher") for k in own - true]),
        )
    random.Random(0).shuffle(found)
    return found


def _clusters(document: Document, spans: Sequence[tuple[SpanKey, str]]) -> Iterator[Disagreement]:
    cluster: list[tuple[SpanKey, str]] = []
    end = 0
    for key, source in spans:
        if cluster and key[0] >= end:
            yield Disagreement(document, tuple(cluster))
            cluster = []
        cluster.append((key, source))
        end = max(end, key[1]) if len(cluster) > 1 else key[1]
    if cluster:
        yield Disagreement(document, tuple(cluster))


def main(folder: Path, *, with_texts: bool) -> None:
    """Print the disagreements, or the counts of their judgements."""
    drawn = disagreements(folder)[:DRAWN]
    if with_texts:
        for number, one in enumerate(drawn):
            text = one.document.text
            spans = ("; ").join(f"{s}: {text[k[0] : k[1]]} {k[2]}" for k, s in one.spans)
            print(number, one.place, text, spans, sep=" | ")
        return
    with JUDGED.open(encoding="utf-8", newline="") as file:
        judged = {row["place"]: row for row in csv.DictReader(file)}
    rows = [judged[one.place] for one in drawn]
    counts = Counter((row["judgement"], row["kind"]) for row in rows)
    print("| judgement | kind | number |\n| --- | --- | --- |")
    for (judgement, kind), number in sorted(
        counts.items(), key=lambda item: (item[0][0], -item[1])
    ):
        print(f"| {judgement} | {kind} | {number} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]), with_texts="--list" in sys.argv)
