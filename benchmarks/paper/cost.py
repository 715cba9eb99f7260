"""Write the costs of docs/results/blends.md: price of the silver, and the gold that it replaces.

    VERMEIL_DATA=<folder> python benchmarks/paper/cost.py build/paper

Price: the requests that `vermeil annotate` sends for the 3,755 silver sentences, one sentence each,
and the recorded replies of the large language model. Their characters become tokens by two ratios
that the tokenizer of Qwen2.5 gave for 1,259 requests of this kind and their replies (see
docs/results/local.md); tokenizers of other models differ by some per cent. Prices: the built-in
list.

Replaced gold: the number of gold sentences at which gold only, trained as long, has the F1 of a
blend; linear in the logarithm of the number between the measured sizes. Means over seeds. Reads the
cells of docs/results/teachers/*-*/study, also while some are missing.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from blends import PAGE, TEACHERS, Cells, read_cells
from prepare import LABELS, rows_of

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.tables import write_between

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.data.reply import Usage
from vermeil.studies.format import f1, regimen_name
from vermeil.studies.report.markdown import table
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.price_list import built_in_list
from vermeil.teacher.limits.prices import PER_DOLLAR, price_of
from vermeil.teacher.requests import make_requests
from vermeil.teacher.tokens import count_characters

MODELS = ("gpt-6-luna", "claude-sonnet-5-5", "gpt-6.2-astra")
SENTENCES = 3755
PROMPT_RATIO, REPLY_RATIO = 3.39, 2.68
"""Characters per token of prompts and of replies."""
BEGIN, END = "<!-- costs: written by cost.py -->", "<!-- end of costs -->"


def prices(folder: Path) -> str:
    """Return the table of prices, a row per prompt and model."""
    texts = list(read_corpus(CorpusConfig(path=folder / "gold.jsonl")))
    rows = []
    for prompt, key in (("standard", "standard"), ("chain of thought", "chain_of_thought")):
        usage = usage_of(texts, key)
        for model in MODELS:
            teacher = TeacherConfig(
                base_url="https://api.example.org/v1", model=model, allow_remote=True
            )
            costs = [price_of(teacher, batch) for batch in (False, True)]
            dollars = [f"{p.cost(usage) / PER_DOLLAR:,.2f}" for p in costs if p is not None]
            tokens = (f"{usage.prompt_tokens:,}", f"{usage.completion_tokens:,}")
            rows.append((prompt, model, *tokens, *dollars))
    head = ("prompt", "model", "prompt tokens", "reply tokens", "dollars", "dollars, batch")
    return table(head, rows)


def usage_of(texts: Sequence[Document], prompt: str) -> Usage:
    """Return the tokens of the requests and replies of as many sentences as there is silver."""
    values = {"labels": {n: {"description": d} for n, d in LABELS.items()}}
    teacher = TeacherConfig.model_validate({"model": MODELS[0], "prompt": prompt})
    requests = make_requests(texts, make_task(TaskConfig.model_validate(values)), teacher)
    asked = statistics.fmean(map(count_characters, requests))
    replies = [row[prompt] for row in rows_of("llm2026_conll2003_train") if row.get(prompt)]
    answered = statistics.fmean(map(len, replies))
    return Usage(round(SENTENCES * asked / PROMPT_RATIO), round(SENTENCES * answered / REPLY_RATIO))


def means(cells: Cells, teacher: str, size: int) -> Mapping[str, float]:
    """Return the mean test F1 of each regimen over its seeds."""
    found: dict[str, list[float]] = {}
    for cell in cells.get((teacher, size), ()):
        if cell.test is not None:
            found.setdefault(cell.regimen, []).append(cell.test.overall.f1)
    return {regimen: statistics.fmean(values) for regimen, values in found.items()}


def gold_only(cells: Cells) -> list[tuple[int, float]]:
    """Return mean F1 of gold only by the number of gold sentences, ascending."""
    sizes = sorted(size for teacher, size in cells if teacher == "gold")
    scores = ((size, means(cells, "gold", size).get("gold_only")) for size in sizes)
    return [(size, score) for size, score in scores if score is not None]


def replaced(curve: Sequence[tuple[int, float]], score: float) -> str:
    """Return the number of gold sentences at which gold only has this F1, in words."""
    if score <= curve[0][1]:
        return f"at most {curve[0][0]:,}"
    for (small, low), (large, high) in pairwise(curve):
        if low < score <= high:
            share = (score - low) / (high - low)
            number = math.exp(math.log(small) + share * math.log(large / small))
            return f"{round(number, -1 if number < 1000 else -2):,.0f}"
    return f"more than {curve[-1][0]:,}"


def break_even(cells: Cells) -> Iterator[str]:
    """Yield the tables of gold only by size, and of the gold that silver replaces."""
    curve = gold_only(cells)
    if len(curve) < 2:
        return
    yield table(
        ("gold sentences", *(f"{size:,}" for size, _ in curve)),
        [("F1 of gold only", *(f1(score) for _, score in curve))],
    )
    rows = []
    for teacher, title in TEACHERS.items():
        for size in sorted(size for name, size in cells if name == teacher):
            for regimen, score in means(cells, teacher, size).items():
                name, gold = regimen_name(regimen), replaced(curve, score)
                rows.append((title, f"{size:,}", name, f1(score), gold))
    yield table(("teacher", "gold", "regimen", "F1", "as gold only with"), rows)


def main(folder: Path) -> None:
    """Write the tables between the marks of the page."""
    dated = built_in_list().as_of
    parts = [
        f"{SENTENCES:,} silver sentences, prices of {dated}:",
        prices(folder),
        *break_even(read_cells()),
    ]
    text = "\n\n".join(parts)
    write_between(PAGE, BEGIN, END, text)
    print(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
