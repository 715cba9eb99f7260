"""Weight averaging, agreement of surfaces, ensembles and masked language modelling, one draw each.

Gold and silver of CoNLL-2003 (ChatGPT's labels), Simple Mix, an equal budget; every variant of a
draw shares its trainings, so that differences come from the variant alone. Each draw is a file of
the output folder, and is not run again.

    VERMEIL_DATA=… python benchmarks/paper/prepare.py build/paper
    VERMEIL_DATA=… python benchmarks/recipes/tries.py OUTPUT --draws 0 1
    VERMEIL_DATA=… python benchmarks/recipes/tries.py OUTPUT --draws 1 2 3 4 --average --gold 1000
    python benchmarks/recipes/tries.py OUTPUT --table
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.conll import TASK, corpus
from benchmarks.recipes.masked_words import train_on_masked_words

from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.annotation_spans import with_origin
from vermeil.data.atomic import write_json
from vermeil.data.document import Annotation, Document
from vermeil.data.words import words_of
from vermeil.evaluation.documents import evaluate
from vermeil.refinement.scorers.student_trainer import predict_proba
from vermeil.student.config import StudentConfig
from vermeil.student.loop.hooks import TrainingHooks
from vermeil.student.student import Student
from vermeil.studies.cells.sampling import CellDocuments, sample_documents
from vermeil.training.fit import encode_corpora, train_student

BLENDING = BlendingConfig(
    regimen="simple_mix",
    budget=BudgetConfig(name="equal", wordpieces=100_000, gold_fraction=0.5),
)
SILVER, PLAIN, STUDENTS = 2000, 4000, 3
SHARES = (0.1, 0.3, 0.5)
"""Parts of the training, at its end, over which weights are averaged; .5 is all steps on gold."""
EVERY = 4
"""Steps between two weights of an average."""

Rows = Mapping[str, NDArray[np.float32]]
Weights = dict[str, torch.Tensor]


class Average:
    """An observer of a training that averages the weights of its last steps."""

    def __init__(self, network: torch.nn.Module, steps: int) -> None:
        self.network, self.steps = network, steps
        self.sums: dict[float, Weights] = {share: {} for share in SHARES}
        self.counts: Counter[float] = Counter()

    def is_due(self, step: int) -> bool:
        return (self.steps - step) % EVERY == 0 and step > self.steps * (1 - max(SHARES))

    def observe(self, step: int) -> None:
        for share in SHARES:
            if step > self.steps * (1 - share):
                self.counts[share] += 1
                add(self.sums[share], self.network.state_dict())

    def weights(self, share: float) -> Weights:
        return scaled(self.sums[share], 1 / self.counts[share])


def add(total: Weights, weights: Mapping[str, torch.Tensor]) -> None:
    """Add weights to a sum; tensors that are no decimal numbers are kept."""
    for name, own in weights.items():
        if name in total and own.is_floating_point():
            total[name] += own.double()
        elif name not in total:
            total[name] = own.detach().double() if own.is_floating_point() else own.clone()


def scaled(total: Weights, factor: float) -> Weights:
    return {n: t * factor if t.is_floating_point() else t for n, t in total.items()}


def trained(
    draw: CellDocuments,
    seed: int,
    encoder: str = "embedded",
    blending: BlendingConfig = BLENDING,
    *,
    averaged: bool = False,
) -> tuple[Student, Average | None]:
    """Train a student with Simple Mix."""
    config = StudentConfig(encoder=encoder, threads=1)
    student = Student.create(TASK, config, seed)
    gold, silver = encode_corpora(student, draw.gold, draw.silver)
    wordpieces, size = blending.budget.wordpieces or 0, blending.budget.batch_wordpieces
    average = Average(student.network, wordpieces // size) if averaged else None
    train_student(student, gold, silver, blending, seed, TrainingHooks(observer=average))
    return student, average


def rows_of(student: Student, documents: Sequence[Document]) -> Rows:
    return dict(predict_proba(student, documents))


def decoded(documents: Sequence[Document], rows: Rows) -> list[Document]:
    return [d.with_annotation(TASK.decode(words_of(d), rows[d.id])) for d in documents]


def f1(predicted: Sequence[Document], documents: Sequence[Document]) -> float:
    return round(evaluate(predicted, documents, TASK).overall.f1, 4)


def by_group(documents: Sequence[Document]) -> Iterator[list[Document]]:
    groups = defaultdict(list)
    for document in documents:
        groups[document.group_or_id].append(document)
    yield from groups.values()


def with_majority(documents: Sequence[Document]) -> list[Document]:
    """Give all mentions of a surface in an article the label that most of them have."""
    found = []
    for group in by_group(documents):
        labels: dict[str, Counter[str]] = defaultdict(Counter)
        for document in group:
            for span in document.spans or ():
                labels[document.text[span.start : span.end]][span.label] += 1
        for document in group:
            spans = []
            for span in document.spans or ():
                [(label, number), *_] = labels[document.text[span.start : span.end]].most_common(1)
                is_clear = number > labels[document.text[span.start : span.end]][span.label]
                spans.append(replace(span, label=label) if is_clear else span)
            found.append(document.with_annotation(Annotation(spans=tuple(spans))))
    return found


def with_shared_rows(documents: Sequence[Document], rows: Rows, share: float) -> Rows:
    """Mix the probabilities of a capitalised word with their mean over its article."""
    mixed = {}
    for group in by_group(documents):
        places: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for document in group:
            for place, (start, end) in enumerate(words_of(document)):
                word = document.text[start:end]
                if word[:1].isupper():
                    places[word].append((document.id, place))
        mixed.update({document.id: rows[document.id].copy() for document in group})
        for own in places.values():
            mean = np.mean([rows[name][place] for name, place in own], axis=0)
            for name, place in own:
                mixed[name][place] = (1 - share) * rows[name][place] + share * mean
    return mixed


def draw_scores(draw: CellDocuments, seed: int, plain: Sequence[Document]) -> dict[str, Any]:
    """Return F1 on dev and test of every variant of a draw."""
    splits = {"dev": read("dev"), "test": corpus("test")}
    found: dict[str, dict[str, float]] = defaultdict(dict)

    def score(name: str, student: Student) -> dict[str, Rows]:
        rows = {split: rows_of(student, documents) for split, documents in splits.items()}
        for split, documents in splits.items():
            found[name][split] = f1(decoded(documents, rows[split]), documents)
        print(name, found[name], flush=True)
        return rows

    first, average = trained(draw, seed, averaged=True)
    assert average is not None
    rows = [score("simple_mix", first)]
    for split, documents in splits.items():
        found["majority of surfaces"][split] = f1(
            with_majority(decoded(documents, rows[0][split])), documents
        )
        for share in (0.25, 0.5):
            shared = with_shared_rows(documents, rows[0][split], share)
            name = f"shared probabilities, {share}"
            found[name][split] = f1(decoded(documents, shared), documents)
    annotations, last = [rows_of(first, plain)], first.network.state_dict()
    soup: Weights = {}
    add(soup, last)
    for share in SHARES:
        first.network.load_state_dict(average.weights(share))
        score(f"averaged, last {share:.0%}", first)
    for number in range(1, STUDENTS):
        other, _ = trained(draw, seed + 100 * number)
        rows.append(score(f"simple_mix, student {number + 1}", other))
        annotations.append(rows_of(other, plain))
        add(soup, other.network.state_dict())
    first.network.load_state_dict(scaled(soup, 1 / STUDENTS))
    score(f"averaged over {STUDENTS} students", first)
    for split, documents in splits.items():
        mean = mean_rows([own[split] for own in rows])
        found[f"ensemble of {STUDENTS}"][split] = f1(decoded(documents, mean), documents)
    for name, own in (
        ("self-training, one student", annotations[0]),
        (f"self-training, ensemble of {STUDENTS}", mean_rows(annotations)),
    ):
        added = [
            d.with_annotation(with_origin(d.annotation, "student")) for d in decoded(plain, own)
        ]
        student, _ = trained(CellDocuments(draw.gold, (*draw.silver, *added)), seed)
        score(name, student)
    return dict(found)


def average_scores(draw: CellDocuments, seed: int) -> dict[str, Any]:
    """Return F1 on dev and test of the last weights and of the averages over the last steps."""
    splits = {"dev": read("dev"), "test": corpus("test")}
    student, average = trained(draw, seed, averaged=True)
    assert average is not None
    weights = {f"averaged, last {share:.0%}": average.weights(share) for share in SHARES[1:]}
    found = {}
    for name, own in ({"simple_mix": student.network.state_dict()} | weights).items():
        student.network.load_state_dict(own)
        found[name] = {s: f1(decoded(d, rows_of(student, d)), d) for s, d in splits.items()}
    print(found, flush=True)
    return found


def mean_rows(parts: Sequence[Rows]) -> Rows:
    return {name: np.mean([part[name] for part in parts], axis=0) for name in parts[0]}


def read(name: str) -> list[Document]:
    """Read a file of benchmarks/paper/prepare.py."""
    path = Path(__file__).parents[2] / f"build/paper/{name}.jsonl"
    return list(read_corpus(CorpusConfig(path=path, tag_key="gold"), TASK.check))


def masked_scores(draw: CellDocuments, seed: int, folder: Path, passes: int) -> dict[str, Any]:
    """Return F1 of a student whose encoder was first trained to restore masked words."""
    encoder = folder / f"masked-{passes}"
    if not encoder.exists():
        train_on_masked_words([d.text for d in corpus("train")], encoder, passes)
    student, _ = trained(draw, seed, str(encoder))
    splits = {"dev": read("dev"), "test": corpus("test")}
    scores = {s: f1(decoded(docs, rows_of(student, docs)), docs) for s, docs in splits.items()}
    return {f"masked words first, {passes} passes": scores}


def table(folder: Path) -> None:
    """Print the mean F1 of every variant, and its difference to Simple Mix in the same draws."""
    cells: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(folder.glob("*.json")):
        own = json.loads(path.read_text())
        cells[own["gold"]].append(own)
    for gold, found in sorted(cells.items()):
        scores: dict[str, dict[int, dict[str, float]]] = defaultdict(dict)
        for own in found:
            for name, values in own["scores"].items():
                scores[name][own["draw"]] = values
        base = scores["simple_mix"]
        for name, values in scores.items():
            line = [f"{gold:>5} gold, {name:34}"]
            for split in ("dev", "test"):
                mean = statistics.fmean(own[split] for own in values.values())
                gains = [100 * (own[split] - base[draw][split]) for draw, own in values.items()]
                signed = ", ".join(f"{gain:+.1f}" for gain in gains)
                line.append(f"{split} {mean:.3f} ({signed})")
            print("  ".join(line))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path, help="folder of the draws")
    parser.add_argument("--draws", type=int, nargs="+", default=[0])
    parser.add_argument("--gold", type=int, default=250)
    parser.add_argument("--average", action="store_true", help="averages of steps only")
    parser.add_argument("--masked", type=int, default=0, help="passes over masked words instead")
    parser.add_argument("--table", action="store_true", help="only print the table")
    options = parser.parse_args()
    for number in () if options.table else options.draws:
        kind = f"masked-{options.masked}" if options.masked else "variants"
        kind = "average" if options.average else kind
        path = options.output / f"{options.gold}.{number}.{kind}.json"
        if path.exists():
            continue
        draw = sample_documents(read("gold"), read("chatgpt"), options.gold, SILVER, number)
        if options.average:
            scores = average_scores(draw, number)
        elif options.masked:
            scores = masked_scores(draw, number, options.output, options.masked)
        else:
            known = {d.text for d in (*draw.gold, *draw.silver)}
            plain = [d for d in corpus("train") if d.text not in known][:PLAIN]
            scores = draw_scores(draw, number, plain)
        write_json(path, {"gold": options.gold, "draw": number, "scores": scores})
    table(options.output)


if __name__ == "__main__":
    main()
