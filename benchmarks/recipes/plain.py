"""F1 of self-training by the number of plain sentences, with further rounds and a filter.

One draw of CoNLL-2003 with ChatGPT's labels: a Simple Mix student of gold and silver annotates
plain sentences (the rest of CoNLL-2003, then sentences of BBC articles), and Simple Mix students
learn from silver and these, all with the same budget. Each score is a file of the output folder.

    VERMEIL_DATA=… python benchmarks/paper/prepare.py build/paper
    VERMEIL_DATA=… python benchmarks/recipes/plain.py OUTPUT --sizes 0 3000 9000 20000 40000
    VERMEIL_DATA=… python benchmarks/recipes/plain.py OUTPUT --sizes 9000 --rounds 2 --min-score 0.5
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.conll import corpus
from benchmarks.recipes.tries import decoded, f1, read, rows_of, trained

from vermeil.blending.config import BlendingConfig, BudgetConfig
from vermeil.data.annotation_spans import with_origin
from vermeil.data.atomic import write_json
from vermeil.data.document import Document
from vermeil.student.student import Student
from vermeil.studies.cells.sampling import CellDocuments, sample_documents
from vermeil.tuning.trial import abstain_below

BLENDING = BlendingConfig(
    regimen="simple_mix",
    budget=BudgetConfig(name="equal", wordpieces=316_000, gold_fraction=0.27),
)
"""As long as 16 passes over 250 gold sentences and 3 over 4,000 silver ones."""
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"])")


def plain_sentences(known: set[str]) -> Iterator[Document]:
    """Yield the sentences of CoNLL-2003 that are not known, then those of the BBC articles."""
    yield from (d for d in corpus("train") if d.text not in known)
    path = Path(os.environ["VERMEIL_DATA"]) / "bbc.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for article in map(json.loads, file):
            paragraphs = (p.strip() for p in article["text"].splitlines())
            sentences = (s for p in paragraphs for s in SENTENCE_END.split(p) if s)
            for number, sentence in enumerate(sentences):
                yield Document(f"{article['id']}-{number}", sentence, str(article["id"]))


def annotated(student: Student, plain: Sequence[Document], min_score: float) -> list[Document]:
    """Return plain sentences with the student's labels; doubtful spans are unknown."""
    found = decoded(plain, rows_of(student, plain))
    found = [d.with_annotation(with_origin(d.annotation, "student")) for d in found]
    return abstain_below(min_score, found) if min_score else found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path, help="folder of the students' scores")
    parser.add_argument("--gold", type=int, default=250)
    parser.add_argument("--draw", type=int, default=0)
    parser.add_argument("--sizes", type=int, nargs="+", default=[0, 3000, 9000])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--min-score", type=float, default=0.0)
    options = parser.parse_args()
    draw = sample_documents(read("gold"), read("chatgpt"), options.gold, None, options.draw)
    known = {d.text for d in (*draw.gold, *draw.silver)}
    stream = plain_sentences(known)
    plain = [d for d, _ in zip(stream, range(max(options.sizes)), strict=False)]
    splits = {"dev": read("dev"), "test": corpus("test")}
    first, _ = trained(draw, options.draw, blending=BLENDING)
    labelled = annotated(first, plain, options.min_score)
    for size in options.sizes:
        own = labelled[:size]
        for number in range(1, options.rounds + 1):
            name = f"{options.gold}.{options.draw}.{size}.{number}.{options.min_score:g}.json"
            more = CellDocuments(draw.gold, (*draw.silver, *own))
            student = first if size == 0 else trained(more, options.draw, blending=BLENDING)[0]
            scores = {s: f1(decoded(d, rows_of(student, d)), d) for s, d in splits.items()}
            record = {"gold": options.gold, "draw": options.draw, "plain": size, "round": number}
            write_json(options.output / name, record | {"min_score": options.min_score} | scores)
            print(name, scores, flush=True)
            if number < options.rounds:
                own = annotated(student, plain[:size], options.min_score)


if __name__ == "__main__":
    main()
