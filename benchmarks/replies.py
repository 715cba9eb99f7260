"""Real replies, read and located: what is parsed, what is found, and how good it is.

Three public sets of verbatim replies (see tests/research_data.py for where they are looked for):

- GPT-3.5 with a reason per candidate, CoNLL-2003 test (GPT4NER),
- four models, lines and index lists, biodiversity and climate text (NER-annotation-with-LLMs),
- GPT-4 and Dolly, one line per token, FiNER-ORD (zero-shot-finance).

All go through `NerTask.read`, as they would in a run. Gold spans and what is found are compared as
strict character spans; where the authors' own parse is recorded, both are also compared by surface
and label, which is all that theirs has.

    VERMEIL_DATA=<folder> python benchmarks/replies.py --write docs/results/replies.md
"""

from __future__ import annotations

import argparse
import difflib
import gzip
import json
import os
import platform
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from vermeil.data.counts import Counts, MatchCounts, sum_counts
from vermeil.data.document import Annotation, Range, Span
from vermeil.data.reply import Reply, State
from vermeil.data.tags import tags_to_spans
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.protocol import ReplyResult

AUTHORS_GPT4NER = MatchCounts(4939, 6229, 5646)
"""What the parse of GPT4NER's authors finds in the same rows: F1 .832."""
GOAL_FINER = 0.69
GOAL_FLAGGED = 0.99

_PARSED = (State.DONE, State.EMPTY, State.UNPLACED)
LABEL = re.compile(r"\b([A-Z]{4,}(?:-[A-Z]+)*) \(")
FINER_TAGS = (
    *("O", "B-Person", "I-Person", "B-Location", "I-Location", "B-Organisation"),
    "I-Organisation",
)
_FINER_LABEL = re.compile(r"(?:Person|Location|Organisation|Other)(?:_[BI])?", re.IGNORECASE)

_MODEL_HEAD = (
    *("model", "format", "replies", "parsed", "detected", "located", "F1"),
    *("by surface", "authors by surface"),
)
_TOKEN_HEAD = (
    *("model", "replies", "follow", "of them flagged", "do not follow", "of them flagged"),
    *("precision", "recall", "F1"),
)


@dataclass(slots=True)
class Measured:
    """What became of the replies of one set."""

    replies: int = 0
    placed: int = 0
    states: Counter[str] = field(default_factory=Counter)
    mentions: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    counts: list[Counts] = field(default_factory=list)
    ours: MatchCounts = field(default_factory=lambda: MatchCounts(0, 0, 0))
    authors: MatchCounts = field(default_factory=lambda: MatchCounts(0, 0, 0))

    def add(self, reading: ReplyResult, task: NerTask, gold: Sequence[Span]) -> None:
        """Count one reading against the gold spans."""
        self.replies += 1
        self.placed += sum(mention.span is not None for mention in reading.mentions)
        self.states[reading.state.value] += 1
        self.mentions.update(mention.status.value for mention in reading.mentions)
        self.notes.update(reading.notes)
        self.counts.append(task.count(Annotation(tuple(gold)), reading.annotation))

    def add_whole(
        self, reading: ReplyResult, tokens: Sequence[Range], gold: Iterable[Span]
    ) -> None:
        """Count the spans that begin and end with a token: the others no tag can hold."""
        starts, ends = {start for start, _ in tokens}, {end for _, end in tokens}
        spans = reading.annotation.spans or ()
        said = {span.key for span in spans if span.start in starts and span.end in ends}
        wanted = {span.key for span in gold}
        self.ours += MatchCounts(len(said & wanted), len(said), len(wanted))

    @property
    def parsed(self) -> float:
        """Share of the replies that are done or empty."""
        return sum(self.states[state.value] for state in _PARSED) / self.replies

    @property
    def located(self) -> float:
        """Share of the mentions that have a span."""
        return self.placed / max(self.mentions.total(), 1)

    @property
    def score(self) -> MatchCounts:
        """Strict character spans against gold."""
        return sum_counts(self.counts).overall


def rows_of(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a set."""
    with gzip.open(folder / "replies" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def measure_reasons(folder: Path, reply_format: str = "reasons") -> Measured:
    """Read GPT-3.5's reasons; rows without a reply are left out.

    ``ours`` counts spans of whole tokens alone, as the authors' parse does.
    """
    task = task_of(("PER", "LOC", "ORG", "MISC"), reply_format)
    measured = Measured()
    for row in rows_of(folder, "gpt35_reasons_conll2003_test"):
        if row["reply"] is None:
            continue
        text, tokens = joined(row["tokens"])
        gold, _ = tags_to_spans(row["gold"], tokens)
        reading = task.read(text, Reply(row["reply"]))
        measured.add(reading, task, gold)
        measured.add_whole(reading, tokens, gold)
    return measured


def measure_four_models(folder: Path, detect: bool = False) -> dict[tuple[str, str], Measured]:
    """Read the replies of four models; keys are model and format.

    Some prompts ask for a part of the labels only; gold and the authors' spans of the others are
    left out.
    """
    formats = {"strings": "lines", "tokens": "token_indices"}
    result: dict[tuple[str, str], Measured] = {}
    for row in rows_of(folder, "biodiv_climate_4_models"):
        labels = tuple(dict.fromkeys(LABEL.findall(row["prompt"].split("Example 1:")[0])))
        name = formats[row["format"]]
        task = task_of(labels, "detect" if detect else name)
        text = row["sentence"]
        gold = [span for span in row["gold_spans"] if span[1] in labels]
        reading = task.read(text, Reply(row["raw_output"]))
        measured = result.setdefault((row["model"], name), Measured())
        measured.add(reading, task, gold_spans(text, gold))
        wanted = Counter((surface, label) for surface, label, *_ in gold)
        spans = reading.annotation.spans or ()
        ours = Counter((text[span.start : span.end], span.label) for span in spans)
        authors = Counter((s, label) for s, label, *_ in row["authors_predicted_spans"])
        measured.ours += _tally(ours, wanted)
        measured.authors += _tally(
            Counter({key: n for key, n in authors.items() if key[1] in labels}), wanted
        )
    return dict(sorted(result.items()))


@dataclass(slots=True)
class Flagged:
    """Replies of one model that follow the format or not, and how many were flagged of each."""

    measured: Measured = field(default_factory=Measured)
    astray: int = 0
    astray_flagged: int = 0
    following: int = 0
    following_flagged: int = 0

    @property
    def numbers(self) -> tuple[int, ...]:
        """Replies; those that follow, flagged of them; those that do not, flagged of them."""
        follow = (self.following, self.following_flagged)
        return self.measured.replies, *follow, self.astray, self.astray_flagged


def measure_tokens(folder: Path, reply_format: str = "token_lines") -> dict[str, Flagged]:
    """Read one line per token of GPT-4 and Dolly; keys are models."""
    task = task_of(("Person", "Location", "Organisation"), reply_format)
    result: dict[str, Flagged] = {}
    for row in rows_of(folder, "finer_ord_token_per_line"):
        text, tokens = joined(row["tokens"])
        gold, _ = tags_to_spans([FINER_TAGS[number] for number in row["gold_ids"]], tokens)
        one = result.setdefault(row["model"], Flagged())
        reading = task.read(text, Reply(row["reply"]))
        one.measured.add(reading, task, gold)
        flagged = reading.state not in (State.DONE, State.EMPTY)
        if follows(row["tokens"], row["reply"]):
            one.following += 1
            one.following_flagged += flagged
        else:
            one.astray += 1
            one.astray_flagged += flagged
    return result


def follows(tokens: Sequence[str], reply: str) -> bool:
    """Whether a reply follows the format, judged by the tokens that were asked for.

    Nine tenths of its lines are ``token:Label`` with a label that was asked for, and their tokens
    are those that were asked for, in order, but for a tenth.
    """
    lines = [line.strip() for line in reply.splitlines() if line.strip()]
    pairs = [line.rpartition(":") for line in lines]
    good = [token for token, _, label in pairs if _FINER_LABEL.fullmatch(label.strip())]
    said = [re.sub(r"_[BI]$", "", token.strip()) for token in good]
    alike = difflib.SequenceMatcher(None, said, list(tokens), autojunk=False).ratio()
    return bool(lines) and len(good) >= 0.9 * len(lines) and alike >= 0.9


def joined(tokens: Sequence[str]) -> tuple[str, list[Range]]:
    starts = [0]
    for token in tokens:
        starts.append(starts[-1] + len(token) + 1)
    return " ".join(tokens), [(s, s + len(t)) for s, t in zip(starts, tokens, strict=False)]


def gold_spans(text: str, gold: Iterable[Sequence[Any]]) -> list[Span]:
    """Gold spans by their words; where only surfaces are given, in the order of the text."""
    words, ranges = text.split(" "), joined(text.split(" "))[1]
    spans: list[Span] = []
    after = 0
    for surface, label, *numbers in gold:
        size = len(surface.split(" "))
        first = numbers[0] if numbers else _find(words, surface.split(" "), after)
        last = numbers[1] if numbers else first + size - 1
        after = last + 1
        spans.append(Span(ranges[first][0], ranges[last][1], label))
    return spans


def _find(words: Sequence[str], wanted: Sequence[str], after: int) -> int:
    size = len(wanted)
    return next(n for n in range(after, len(words)) if list(words[n : n + size]) == list(wanted))


def _tally(said: Counter[tuple[str, str]], wanted: Counter[tuple[str, str]]) -> MatchCounts:
    return MatchCounts((said & wanted).total(), said.total(), wanted.total())


@cache
def task_of(labels: tuple[str, ...], reply_format: str) -> NerTask:
    named: Mapping[str, Any] = {label: {} for label in labels}
    return NerTask(TaskConfig.model_validate({"labels": named, "reply_format": reply_format}))


def _row(*cells: object) -> str:
    return "| " + " | ".join(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells) + " |"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    return [_row(*head), _row(*("---" for _ in head)), *(_row(*row) for row in rows), ""]


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counter.most_common()) or "–"


def report(folder: Path) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the page, in lines, and the results."""
    reasons = measure_reasons(folder)
    models, detected = measure_four_models(folder), measure_four_models(folder, detect=True)
    tokens = measure_tokens(folder)
    page = [
        "# Real replies, parsed and located",
        "",
        "Written by `benchmarks/replies.py`; its head describes measurement and method.",
        "",
        f"- command: `{' '.join(['python', 'benchmarks/replies.py', *sys.argv[1:]])}`",
        f"- commit: {_commit()}",
        f"- machine: {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}",
        "",
        "*Parsed*: share of the replies with the state done or empty. *Located*: share of the",
        "mentions that became a span. F1: strict spans (start, end and label) against the gold of",
        "the set; an unusable reply counts as an empty one. No reply is quoted, because of the",
        "licences.",
        "",
        "## Reasons: GPT-3.5 on CoNLL-2003 test",
        "",
        "Replies of xszhong/GPT4NER, commit 5e621c92, one line per candidate; about two in a",
        "hundred belong to another sentence. *Whole tokens*: without spans that begin or end",
        "within a token of the corpus, since gold cannot contain them. The authors' parser also",
        f"leaves them out; it has F1 {AUTHORS_GPT4NER.f1:.4f} on these rows.",
        "",
        *_table(
            ("replies", "parsed", "located", "precision", "recall", "F1", "F1, whole tokens"),
            [(*_summary(reasons), f"{reasons.ours.f1:.4f}")],
        ),
        f"States: {_counted(reasons.states)}. Mentions: {_counted(reasons.mentions)}. "
        f"Notes: {_counted(reasons.notes)}.",
        "",
        "## Lines and index lists: four models on biodiversity and climate text",
        "",
        "Replies of volkanovska/NER-annotation-with-LLMs, commit 6a1e4c3e. *By surface*: F1 over",
        "surfaces and labels as multisets, for our parser and for the spans that the authors'",
        "parser recorded. *Detected*: share parsed if the format is not named.",
        "",
        *_table(
            _MODEL_HEAD,
            [
                (*key, m.replies, m.parsed, detected[key].parsed, m.located, *_scores(m))
                for key, m in models.items()
            ],
        ),
        *_table(
            ("model", "format", "states", "mentions", "notes"),
            [
                (*key, _counted(m.states), _counted(m.mentions), _counted(m.notes))
                for key, m in models.items()
            ],
        ),
        "## One line per token: GPT-4 and Dolly on FiNER-ORD",
        "",
        "Replies of gtfintechlab/zero-shot-finance, commit d8a6aad6. A reply *follows* the format",
        "if nine tenths of its lines are a token and a requested label, and nine tenths of the",
        "tokens are those of the sentence. This is measured independently of the parser.",
        "*Flagged*: the state is neither done nor empty.",
        "",
        *_table(
            _TOKEN_HEAD,
            [(name, *f.numbers, *_summary(f.measured)[3:]) for name, f in tokens.items()],
        ),
    ]
    astray = sum(f.astray for f in tokens.values())
    flagged = sum(f.astray_flagged for f in tokens.values())
    gpt4 = tokens["gpt4"].measured.score.f1
    results = [
        _result("GPT-3.5 reasons, CoNLL-2003 test", reasons.ours.f1, AUTHORS_GPT4NER.f1, "F1"),
        _result("replies that do not follow the format, flagged", flagged / astray, GOAL_FLAGGED),
        _result("GPT-4 token lines, FiNER-ORD", gpt4, GOAL_FINER, "F1"),
        *(
            _result(f"{model}, {name}: parsed", measured.parsed, None)
            for (model, name), measured in models.items()
        ),
    ]
    results[0] |= {
        "peer": round(AUTHORS_GPT4NER.f1, 4),
        "ratio": round(reasons.ours.f1 / AUTHORS_GPT4NER.f1, 4),
        "goal": 1.0,
    }
    return page, results


def _scores(measured: Measured) -> tuple[float, float, float]:
    return measured.score.f1, measured.ours.f1, measured.authors.f1


def _summary(measured: Measured) -> tuple[object, ...]:
    score = measured.score
    located = measured.located
    return measured.replies, measured.parsed, located, score.precision, score.recall, score.f1


def _result(name: str, ours: float, goal: float | None, unit: str = "share") -> dict[str, Any]:
    met = None if goal is None else ours >= goal
    values = {"name": name, "ours": round(ours, 4), "peer": None, "unit": unit, "ratio": None}
    return {**values, "goal": goal, "met": met}


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def main() -> None:
    """Measure, write the page, print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="write the page here")
    parser.add_argument("--json", type=Path, help="write the results here")
    options = parser.parse_args()
    folder = os.environ.get("VERMEIL_DATA")
    if not folder:
        sys.exit("set VERMEIL_DATA to the folder of the research data")
    page, results = report(Path(folder))
    print("\n".join(page))
    if options.write:
        options.write.write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for result in results:
        print("RESULT", json.dumps(result))


if __name__ == "__main__":
    main()
