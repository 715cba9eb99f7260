"""What the further places of a name are, in gold: the same entity, another one, or nothing?

    VERMEIL_DATA=… python -m benchmarks.repeats

For every entity of CoNLL-2003's training part that stands in its sentence (or its article) as whole
words more than once: how are its other places labelled, those within longer entities left out? That
is how often each policy of ``task.repeats`` is right when a teacher names an entity once.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from vermeil.data.document import Span
from vermeil.data.tags import tags_to_spans
from vermeil.tasks.ner.alignment.intervals import overlaps_any
from vermeil.tasks.ner.alignment.occurrences import find_occurrences


def sentences() -> list[dict[str, Any]]:
    path = Path(os.environ["VERMEIL_DATA"]) / "conll2003" / "train.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def document(rows: list[dict[str, Any]]) -> tuple[str, list[Span]]:
    """Return the text of some sentences, and its entities."""
    text = ""
    spans: list[Span] = []
    for row in rows:
        tokens = []
        for token in row["tokens"]:
            tokens.append((len(text), len(text) + len(token)))
            text += token + " "
        spans += tags_to_spans(row["gold"], tokens)[0]
    return text, spans


def others(text: str, spans: list[Span]) -> Iterator[str]:
    """Yield what each further place of each entity is."""
    labels = {(span.start, span.end): span.label for span in spans}
    seen: set[tuple[str, str]] = set()
    for span in spans:
        said = (text[span.start : span.end], span.label)
        if said in seen:
            continue
        seen.add(said)
        for place in find_occurrences(text, said[0]):
            if place == (span.start, span.end):
                continue
            if place in labels:
                yield "same label" if labels[place] == span.label else "other label"
            elif not overlaps_any(place, labels):
                yield "nothing"


def main() -> None:
    rows = sentences()
    articles = [list(group) for _, group in groupby(rows, key=lambda row: row["doc"])]
    for name, units in (("sentence", [[row] for row in rows]), ("article", articles)):
        counts = Counter(one for unit in units for one in others(*document(unit)))
        share = counts["same label"] / counts.total()
        print(f"{name}: {share:.1%} of {counts.total():,} further places: {dict(counts)}")


if __name__ == "__main__":
    main()
