"""Mutated replies in every format: no exception, no span out of bounds, bounded time.

Each case starts from an answer that a reply format renders for a synthetic text (or from a recorded
reply, where the research data is there), and is then cut, duplicated, swapped, spliced with another
and sprinkled with what parsers trip over. It is read in its own format, in another, or by
detection. Checked for each: it ends in a named state, what is located lies within the text and
says what its status claims, and annotation and state agree. Measured: the time per reply.

Guided by coverage: one case in ten is read under a tracer, and a reply that takes a step through
parsers or location that none took before joins the fragments that later ones are made of.

    python -m benchmarks.fuzz_replies --count 1000000 --seed 1
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from benchmarks.coverage_guide import CoverageGuide

from vermeil.data.document import Document
from vermeil.data.mention import Status
from vermeil.data.reply import Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner import task as task_module
from vermeil.tasks.ner.formats import DETECT, REPLY_FORMATS
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText
from vermeil.tasks.ner.task import NerTask
from vermeil.tasks.protocol import ReplyResult

LIMIT_MS = 50.0
"""No reply of up to `FEW` characters may take longer; a longer one has more time in proportion."""
FEW = 5_000
TRACED = 10
"""One case in so many is read under the tracer."""
LONGEST = 2000
"""Characters of a fragment."""

_SENTENCE = """\
Ann Lee's saw New York , the 1. FC Köln ( U.S. ) in O'Hare – “x” İzmir 日本 東京 ไทย 😀 e\u0301t \
<b> &amp; [1] @@ ## | 7:30 {a} No entities Answer: \u200b ß ﬁn naïve RT @you #tag 2019-2020"""
WORDS = _SENTENCE.split(" ")
SCRAPS = (
    *"{}[]()<>\"'`|:,;\\/@#&*-_=%\n\t \0\u00a0\u200b\u2028\ud83d\ufeff",
    *("```", "```json\n", "<think>", "</think>", "<PER>", "</PER>", "</LOC>", "@@", "##", "](LOC)"),
    *(
        '"entities": [',
        '{"text": "',
        '", "label": "PER"}',
        "null",
        "None",
        "true",
        "[]",
        "{}",
        "/*",
    ),
    *("*/", "//", "# ", "\\u", "\\ud83d", "&lt;", "&#0;", "&#x110000;", "1. ", " | True | ", " | "),
    *(
        " (PER)",
        " (no entity)",
        ":O",
        ":B-PER",
        "_I",
        "Answer:",
        "No entities",
        "É",
        "e\u0301",
        "İ",
    ),
)
LABELS = {"PER": {"aliases": ["person"]}, "LOC": {"aliases": ["Location"]}, "ORG": {}}
FINISH = ("stop", "stop", "stop", "length", "content_filter", "")


@dataclass(frozen=True, slots=True)
class Case:
    """A reply to read: the text that it is about, how it is read, and the reply."""

    text: str
    name: str
    reply: Reply
    single: bool


UNUSABLE = (State.UNPLACED, State.REFUSED, State.TRUNCATED, State.UNPARSABLE)
"""States of a reply that leaves its document unannotated."""


def guided_replies(seed: int, count: int, fragments: Sequence[str] = ()) -> Iterator[Case]:
    """Yield cases, made more and more of replies that reached something new."""
    guide, pool = CoverageGuide(Path(task_module.__file__).parent), list(fragments)
    for number, case in enumerate(mutated_replies(seed, count, pool)):
        if number % TRACED == 0 and guide.reaches_new(partial(_read, case)):
            pool.append(case.reply.text[:LONGEST])
        yield case


def mutated_replies(seed: int, count: int, fragments: Sequence[str] = ()) -> Iterator[Case]:
    """Yield cases; the same seed yields the same ones. Fragments may be added meanwhile."""
    draw = random.Random(seed)
    names = list(REPLY_FORMATS)
    for _ in range(count):
        marked = _marked_text(draw)
        written = draw.choice(names)
        single = REPLY_FORMATS[written].single_label or draw.random() < 0.1
        reply = REPLY_FORMATS[written].render(marked)
        if fragments and draw.random() < 0.3:
            reply = draw.choice(fragments)
        for _ in range(draw.choice((0, 1, 1, 2, 3, 5, 8))):
            reply = _mutated(draw, reply, marked.text, fragments)
        read_as = draw.choice((written, written, DETECT, draw.choice(names)))
        if read_as in REPLY_FORMATS and REPLY_FORMATS[read_as].single_label:
            single = True
        yield Case(marked.text, read_as, Reply(reply, finish_reason=draw.choice(FINISH)), single)


def check_reading(case: Case) -> str:
    """Read a case and return its state; raise AssertionError if anything is not as it must be."""
    task, reading = _task(case.name, case.single), _read(case)
    usable = reading.state in (State.DONE, State.EMPTY)
    assert usable or reading.state in UNUSABLE, case
    assert reading.annotation.is_empty == (not usable), case
    assert bool(reading.mentions) == (reading.state in (State.DONE, State.UNPLACED)), case
    assert (reading.problem is None) == usable, case
    document = Document("d", case.text, annotation=reading.annotation)
    task.check(document)
    spans = reading.annotation.spans or ()
    assert reading.state is not State.DONE or spans or reading.annotation.abstain, case
    assert sorted(s.key for s in spans) == sorted(s.key for m in reading.mentions for s in m.spans)
    for one in reading.mentions:
        for span in one.spans:
            assert 0 <= span.start < span.end <= len(case.text), case
            if one.status is Status.EXACT:
                assert case.text[span.start : span.end] == one.mention.surface, (case, one)
    return reading.state.value


def _read(case: Case) -> ReplyResult:
    return _task(case.name, case.single).read(case.text, case.reply)


@cache
def _task(name: str, single: bool) -> NerTask:
    labels = {"PER": LABELS["PER"]} if single else LABELS
    return NerTask(TaskConfig.model_validate({"labels": labels, "reply_format": name}))


def _marked_text(draw: random.Random) -> InlineMarkedText:
    words = [draw.choice(WORDS) for _ in range(draw.randrange(1, 16))]
    text, marks = "", []
    for word in words:
        start = len(text)
        text += word
        if draw.random() < 0.25:
            marks.append(
                InlineMark(start, len(text), draw.choice(("PER", "LOC", "Location", "DATE")))
            )
        text += draw.choice((" ", " ", " ", "", "\n"))
    return InlineMarkedText(text, tuple(marks))


def _mutated(draw: random.Random, reply: str, text: str, fragments: Sequence[str]) -> str:
    first, last = sorted(draw.randrange(len(reply) + 1) for _ in range(2))
    kind = draw.randrange(9)
    if kind == 0:
        return reply[:last]
    if kind == 1:
        return reply[:first] + reply[last:]
    if kind == 2:
        return reply[:last] + reply[first:last] * draw.choice((1, 1, 2, 5)) + reply[last:]
    if kind == 3:
        middle = draw.randrange(first, last + 1)
        return reply[:first] + reply[middle:last] + reply[first:middle] + reply[last:]
    if kind == 4:
        return reply[:first] + draw.choice(SCRAPS) * draw.choice((1, 1, 1, 3, 30)) + reply[first:]
    if kind == 5:
        scrap = chr(draw.choice((draw.randrange(128), draw.randrange(0x3000))))
        return reply[:first] + scrap + reply[first:]
    if kind == 6:
        rendered = REPLY_FORMATS[draw.choice(list(REPLY_FORMATS))].render(_marked_text(draw))
        other = draw.choice(fragments) if fragments and draw.random() < 0.5 else rendered
        return reply[:first] + draw.choice(("", "\n", " ")) + other + reply[last:]
    if kind == 7:
        old, new = draw.choice(SCRAPS), draw.choice(SCRAPS)
        return reply.replace(old, new, draw.choice((1, 2, -1)))
    return draw.choice((text, "Sure, here it is:", "I'm sorry, but I can't help.")) + "\n" + reply


def recorded_fragments() -> tuple[str, ...]:
    """Real replies to splice in, where the research data is there."""
    folder = os.environ.get("VERMEIL_DATA")
    fragments = []
    for path in sorted(Path(folder, "replies").glob("*.jsonl.gz")) if folder else ():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        fragments += [row.get("reply") or row.get("raw_output") or "" for row in rows[::20]]
    return tuple(fragment[:LONGEST] for fragment in fragments)


def main() -> None:
    """Run the fuzz and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    states: Counter[str] = Counter()
    slowest, slowest_case = 0.0, None
    started = time.monotonic()
    for case in guided_replies(options.seed, options.count, recorded_fragments()):
        before = time.thread_time()
        states[check_reading(case)] += 1
        spent = (time.thread_time() - before) / max(1.0, len(case.reply.text) / FEW)
        if spent > slowest:
            slowest, slowest_case = spent, case
    seconds = time.monotonic() - started
    print(f"{options.count:,} replies in {seconds:.0f} s; states: {dict(states.most_common())}")
    if slowest_case is not None:
        print(f"slowest: {len(slowest_case.reply.text):,} characters as {slowest_case.name}")
    total = "mutated replies read without exception or span out of bounds"
    _result(total, options.count, "replies", 1_000_000, options.count >= 1_000_000)
    milliseconds = round(1000 * slowest, 2)
    _result(
        f"slowest mutated reply, per {FEW:,} characters",
        milliseconds,
        "ms",
        LIMIT_MS,
        milliseconds <= LIMIT_MS,
    )


def _result(name: str, ours: float, unit: str, goal: float, met: bool) -> None:
    result = {"name": name, "ours": ours, "peer": None, "unit": unit}
    print("RESULT", json.dumps({**result, "ratio": None, "goal": goal, "met": met}))


if __name__ == "__main__":
    main()
