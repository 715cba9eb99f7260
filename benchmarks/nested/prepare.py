"""Build a corpus of nested names from CoNLL-2003, by rule.

    VERMEIL_DATA=<folder> python benchmarks/nested/prepare.py build/nested

The rule: within a span of ORG or MISC with at least two words, each part of it that gold of the
training split knows as a name of LOC or PER becomes an inner span, for example "Leeds" in "Leeds
United". Known are surfaces that are LOC or PER in at least `MIN_COUNT` gold spans and in at least
the share `MIN_SHARE` of all gold spans with this surface. Longer parts come first. Inner spans of
one outer span do not overlap. The rule is the same for all splits, and it is no annotation of
people: it measures whether a student learns spans within spans, not how people would nest names.

Writes ``nested.SPLIT.jsonl`` (outer and inner spans), ``flat.SPLIT.jsonl`` (outer spans alone) for
train, dev and test. Of train, all sentences with an inner span and others, drawn with seed 0, are
written: `TRAIN` sentences. Dev and test are whole. ``plain.jsonl`` holds the texts of test, and
``counts.json`` the counts. The texts may not be redistributed, so the folder must stay outside the
project (``build/`` is ignored by git).
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from vermeil.corpora import read_corpus, write_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import UNANNOTATED, Annotation, Document, Span

OUTER, INNER = ("ORG", "MISC"), ("LOC", "PER")
MIN_COUNT, MIN_SHARE = 2, 0.8
TRAIN = 2000


Pair = tuple[Document, Document]
"""A sentence with its outer spans alone, and with the inner ones."""


def split_of(name: str) -> list[Document]:
    """Return the gold documents of a split: train, dev or test."""
    path = Path(os.environ["VERMEIL_DATA"]) / "conll2003" / f"{name}.jsonl.gz"
    return list(read_corpus(CorpusConfig(path=path, format="tokens", tag_key="gold")))


def known_names(documents: Sequence[Document]) -> dict[str, str]:
    """Return the surfaces that gold knows as LOC or PER, with their label."""
    counts: dict[str, Counter[str]] = {}
    for document in documents:
        for span in document.spans or ():
            surface = document.text[span.start : span.end]
            counts.setdefault(surface, Counter())[span.label] += 1
    known = {}
    for surface, labels in counts.items():
        label, number = labels.most_common(1)[0]
        if label in INNER and number >= MIN_COUNT and number >= MIN_SHARE * labels.total():
            known[surface] = label
    return known


def inner_spans(document: Document, outer: Span, known: Mapping[str, str]) -> Iterator[Span]:
    """Yield the inner spans of an outer one."""
    words = [w for w in document.tokens or () if outer.start <= w[0] and w[1] <= outer.end]
    taken = [False] * len(words)
    for size in range(len(words) - 1, 0, -1):
        for first in range(len(words) - size + 1):
            start, end = words[first][0], words[first + size - 1][1]
            label = known.get(document.text[start:end])
            if label is not None and not any(taken[first : first + size]):
                taken[first : first + size] = [True] * size
                yield Span(start, end, label)


def nested(document: Document, known: Mapping[str, str]) -> Document:
    """Return a document with its spans and the inner ones of the rule."""
    spans = document.spans or ()
    inner = [s for o in spans if o.label in OUTER for s in inner_spans(document, o, known)]
    return document.with_annotation(Annotation((*spans, *inner)))


def sample(pairs: Sequence[Pair]) -> list[Pair]:
    """Return all sentences with an inner span and others, in their order."""
    with_inner = [n for n, (one, two) in enumerate(pairs) if one.spans != two.spans]
    others = [n for n in range(len(pairs)) if n not in set(with_inner)]
    drawn = random.Random(0).sample(others, TRAIN - len(with_inner))
    return [pairs[n] for n in sorted((*with_inner, *drawn))]


def main() -> None:
    """Write all corpora and the counts."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    known = known_names(split_of("train"))
    counts: dict[str, dict[str, int]] = {}
    for name in ("train", "dev", "test"):
        flat = split_of(name)
        both = [nested(document, known) for document in flat]
        pairs = list(zip(flat, both, strict=True))
        if name == "train":
            pairs = sample(pairs)
            flat, both = [one for one, _ in pairs], [two for _, two in pairs]
        inner = Counter[str]()
        for one, two in pairs:
            inner.update(s.label for s in two.spans or ())
            inner.subtract(s.label for s in one.spans or ())
        counts[name] = {
            "documents": len(flat),
            "documents_with_nesting": sum(one.spans != two.spans for one, two in pairs),
            "outer_spans": sum(len(one.spans or ()) for one in flat),
            **{f"inner_{label}": inner[label] for label in INNER},
        }
        write_corpus(flat, folder / f"flat.{name}.jsonl", overwrite=True)
        write_corpus(both, folder / f"nested.{name}.jsonl", overwrite=True)
        if name == "test":
            plain = [one.with_annotation(UNANNOTATED) for one in flat]
            write_corpus(plain, folder / "plain.jsonl", overwrite=True)
    (folder / "counts.json").write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(counts, indent=1))


if __name__ == "__main__":
    main()
