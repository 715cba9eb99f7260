"""Compare the teachers of docs/results/teachers.md on the same sentences.

    VERMEIL_DATA=<folder> python benchmarks/paper/prepare.py build/paper
    python benchmarks/paper/teachers.py build/paper --write docs/results/teachers.md

Tables: the standard prompt against chain of thought, and the new teacher beside ChatGPT and UniNER:
precision, recall and F1 per type with 95 % intervals (articles resampled), paired differences, and
kinds of error. No text is quoted, because of the licence.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from prepare import TASK, rows_of

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.tables import p_text, write_between

from vermeil.corpora import read_corpus
from vermeil.data.document import Document
from vermeil.evaluation.bootstrap import Comparison, paired_bootstrap
from vermeil.evaluation.correction import holm
from vermeil.jobs.appraise import OVERALL, Appraisal, appraise

RESAMPLES = 10_000
NAMES = {
    "strong": "LLM of 2026, standard prompt",
    "strong-cot": "LLM of 2026, chain of thought",
    "chatgpt": "ChatGPT",
    "uniner": "UniNER",
}
ERRORS = ("boundary", "type", "both", "missing", "spurious")
BEGIN, END = "<!-- tables: written by teachers.py -->", "<!-- end of tables -->"


def read(folder: Path, name: str, ids: set[str] | None = None) -> list[Document]:
    """Return the documents of a corpus, limited to some ids."""
    documents = read_corpus(folder / f"{name}.jsonl")
    return [document for document in documents if ids is None or document.id in ids]


def group_counts(
    predicted: Sequence[Document], gold: Sequence[Document], label: str = OVERALL
) -> NDArray[np.int64]:
    """Return correct, predicted and gold items by article, shape (1, articles, 3)."""
    by_id = {document.id: document.annotation for document in predicted}
    sums: dict[str, NDArray[np.int64]] = {}
    for document in gold:
        counts = TASK.count(document.annotation, by_id[document.id])
        own = counts.overall if label == OVERALL else counts.per_label.get(label)
        row = [0, 0, 0] if own is None else [own.correct, own.predicted, own.gold]
        group = document.group_or_id
        sums[group] = sums.get(group, np.zeros(3, np.int64)) + np.array(row)
    return np.stack(list(sums.values()))[None]


def difference(
    one: Sequence[Document], other: Sequence[Document], gold: Sequence[Document], label: str
) -> Comparison:
    """Return F1 of one teacher minus F1 of another, with interval and p-value."""
    pair = (group_counts(documents, gold, label) for documents in (one, other))
    return paired_bootstrap(*pair, resamples=RESAMPLES, seed=0)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def f1(value: float) -> str:
    """Return .942 for 0.942."""
    return f"{value:.3f}".lstrip("0")


def score_rows(appraisals: Mapping[str, Appraisal]) -> Iterator[list[str]]:
    """Yield precision, recall and F1 with its interval, by teacher and type."""
    for name, appraisal in appraisals.items():
        for label in (OVERALL, *TASK.labels):
            own = appraisal.counts
            counts = own.overall if label == OVERALL else own.per_label[label]
            low, high = appraisal.intervals[label]["f1"]
            interval = f"{f1(counts.f1)} [{f1(low)}, {f1(high)}]"
            yield [NAMES[name], label, f1(counts.precision), f1(counts.recall), interval]


def error_rows(appraisals: Mapping[str, Appraisal]) -> Iterator[list[str]]:
    """Yield the numbers of errors by kind, per 100 gold mentions."""
    for name, appraisal in appraisals.items():
        kinds: Counter[str] = Counter()
        for (_, kind), number in appraisal.counts.errors.items():
            kinds[kind] += number
        gold = appraisal.counts.overall.gold
        yield [NAMES[name], *(f"{100 * kinds[kind] / gold:.1f}" for kind in ERRORS)]


def difference_rows(
    folder: Path, pairs: Sequence[tuple[str, str]], gold: Sequence[Document]
) -> Iterator[list[str]]:
    """Yield the paired differences of teachers by type, with p-values corrected over the table."""
    ids = {document.id for document in gold}
    asked = [(one, other, label) for one, other in pairs for label in (OVERALL, *TASK.labels)]
    found = [
        difference(read(folder, one, ids), read(folder, other, ids), gold, label)
        for one, other, label in asked
    ]
    corrected = holm([one.p_value for one in found])
    for (one, other, label), own, p in zip(asked, found, corrected, strict=True):
        ends = f"[{100 * own.low:+.1f}, {100 * own.high:+.1f}]"
        points = f"{100 * own.difference:+.1f} {ends}".replace("-", "−")
        yield [NAMES[one], NAMES[other], label, points, p_text(p)]


def confusion_rows(appraisals: Mapping[str, Appraisal]) -> Iterator[list[str]]:
    """Yield the four most frequent confusions of types, per 100 gold mentions."""
    for name, appraisal in appraisals.items():
        confusion = {
            pair: number
            for pair, number in appraisal.counts.confusion.items()
            if len(set(pair)) == 2
        }
        types = {p: n for p, n in confusion.items() if set(p) <= set(TASK.labels)}
        gold = appraisal.counts.overall.gold
        most = sorted(types.items(), key=lambda item: -item[1])[:4]
        shown = (f"{true} as {own} {100 * number / gold:.1f}" for (true, own), number in most)
        yield [NAMES[name], ", ".join(shown)]


def kind_rows(folder: Path, names: Sequence[str], gold: Sequence[Document]) -> Iterator[list[str]]:
    """Yield F1 by kind of sentence."""
    kinds = {
        "headline (no lower-case letter)": lambda text: text.upper() == text,
        "row of a table (three of ten words or more have a digit)": is_row,
        "other": lambda text: text.upper() != text and not is_row(text),
    }
    for kind, belongs in kinds.items():
        own = [document for document in gold if belongs(document.text)]
        ids = {document.id for document in own}
        scores = (appraise(read(folder, name, ids), own, TASK, 10).counts for name in names)
        yield [kind, f"{len(own):,}", *(f1(counts.overall.f1) for counts in scores)]


def is_row(text: str) -> bool:
    """Return whether a sentence is mostly numbers, as in tables of results and prices."""
    words = text.split()
    return text.upper() != text and sum(
        bool(re.search(r"\d", word)) for word in words
    ) >= 0.3 * len(words)


def lengths(ids: set[str]) -> Iterator[list[str]]:
    """Yield the mean number of characters and words of the replies of both prompts."""
    rows = [row for row in rows_of("llm2026_conll2003_train") if row["id"] in ids]
    for prompt in ("standard", "chain_of_thought"):
        replies = [row[prompt] for row in rows]
        characters = sum(map(len, replies)) / len(replies)
        words = sum(len(re.findall(r"\w+|[^\w\s]", reply)) for reply in replies) / len(replies)
        yield [prompt.replace("_", " "), f"{characters:.0f}", f"{words:.0f}"]


def page(folder: Path) -> Iterator[str]:
    """Yield the lines of the tables."""
    gold = read(folder, "gold")
    few = {document.id for document in read(folder, "strong-cot")}
    common = [document for document in gold if document.id in few]
    for sentences, names, pairs in (
        (
            common,
            ("strong", "strong-cot", "chatgpt", "uniner"),
            [("strong-cot", "strong"), ("strong-cot", "chatgpt")],
        ),
        (gold, ("strong", "chatgpt", "uniner"), [("strong", "chatgpt"), ("chatgpt", "uniner")]),
    ):
        ids = {document.id for document in sentences}
        groups = len({document.group_or_id for document in sentences})
        yield f"## The same {len(sentences):,} sentences ({groups} articles)"
        yield ""
        appraisals = {
            name: appraise(read(folder, name, ids), sentences, TASK, RESAMPLES) for name in names
        }
        head = ("teacher", "type", "precision", "recall", "F1 [95 %]")
        yield from table(head, list(score_rows(appraisals)))
        yield ""
        yield "Paired differences in F1 points (articles resampled; p corrected over the table):"
        yield ""
        head = ("teacher", "against", "type", "difference [95 %]", "p")
        yield from table(head, list(difference_rows(folder, pairs, sentences)))
        yield ""
        yield "Errors per 100 gold mentions:"
        yield ""
        yield from table(("teacher", *ERRORS), list(error_rows(appraisals)))
        yield ""
        yield "Most frequent confusions of types, per 100 gold mentions (gold as predicted):"
        yield ""
        yield from table(("teacher", "confusions"), list(confusion_rows(appraisals)))
        yield ""
        yield "F1 by kind of sentence:"
        yield ""
        head = ("sentence", "number", *(NAMES[name] for name in names))
        yield from table(head, list(kind_rows(folder, names, sentences)))
        yield ""
    yield "Mean length of the replies to both prompts (no usage figures were recorded):"
    yield ""
    yield from table(("prompt", "characters", "words and marks"), list(lengths(few)))


def main() -> None:
    """Print the tables, or write them into a page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    text = "\n".join(page(options.folder))
    if options.write is None:
        print(text)
        return
    commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], text=True).strip()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    about = f"Commit {commit}; {machine}; {RESAMPLES:,} resamples, seed 0."
    write_between(options.write, BEGIN, END, f"{about}\n\n{text}")


if __name__ == "__main__":
    main()
