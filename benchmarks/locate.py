"""How fast location is: strings that are not in the text, ordinary mentions, growing texts.

    python -m benchmarks.locate [--peer PYTHON] [--repeat 5] [--save FILE]

PYTHON is the interpreter of an environment with langextract 1.7.1 (or name it in
VERMEIL_LANGEXTRACT); without it, ours is measured alone:

    python -m venv lx && lx/bin/pip install langextract==1.7.1

Both sides get the same 5,000-token text, made of the sentences that Vermeil ships, and the same 20
strings of 30 tokens, drawn at random from the words of the text: every word is there, none of the
strings is. Measured is the alignment alone, on one thread, in seconds of CPU, best
of several runs (the peer: one run).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import subprocess
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from vermeil.data.mention import Mention, Status
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.mentions import locate
from vermeil.tasks.ner.alignment.occurrences import find_occurrences

LABELS = LabelSet.from_config(
    TaskConfig(labels={name: LabelConfig() for name in ("PER", "ORG", "LOC", "MISC")})
)
PEER = """
import json, sys, time
from langextract import data, resolver
case = json.load(sys.stdin)
made = [data.Extraction(extraction_class="x", extraction_text=s) for s in case["strings"]]
aligner = resolver.Resolver(format_type=data.FormatType.JSON)
started = time.process_time()
found = list(aligner.align(made, case["text"], token_offset=0))
seconds = time.process_time() - started
aligned = sum(one.char_interval is not None for one in found)
print(json.dumps({"seconds": seconds, "aligned": aligned}))
"""


def sample() -> list[dict[str, Any]]:
    """Return the annotated documents of the shipped corpus."""
    lines: list[str] = []
    for name in ("train", "dev", "test", "pool.gold"):
        file = files("vermeil.demo.newswire").joinpath(f"{name}.jsonl")
        lines += file.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def text_of(documents: list[dict[str, Any]], tokens: int) -> str:
    """Return so many tokens of running text, beginning anew where the sample ends."""
    words = [word for document in documents for word in document["text"].split()]
    return " ".join((words * math.ceil(tokens / len(words)))[:tokens])


def strings_of(text: str, number: int, tokens: int) -> list[str]:
    """Return strings of random words of the text."""
    rng = random.Random(0)
    words = text.split()
    return [" ".join(rng.choices(words, k=tokens)) for _ in range(number)]


def fastest(repeat: int, work: Callable[[], object]) -> float:
    """Return the seconds of the fastest run; the first warms up."""
    seconds = []
    for _ in range(repeat + 1):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)


def unalignable(text: str, strings: list[str]) -> None:
    """Look for strings that are not there."""
    located = locate(text, [Mention(one, "PER") for one in strings], LABELS)
    assert all(one.status is Status.NOT_FOUND for one in located)


def ordinary(documents: list[dict[str, Any]]) -> list[tuple[str, list[Mention]]]:
    """Return the texts with a faithful reply to each."""
    return [
        (text, [Mention(text[s["start"] : s["end"]], s["label"]) for s in one["spans"]])
        for one in documents
        for text in [one["text"]]
    ]


def peer_seconds(python: str, text: str, strings: list[str]) -> float:
    """Run the other side in its own environment."""
    case = json.dumps({"text": text, "strings": strings})
    done = subprocess.run(
        [python, "-W", "ignore", "-c", PEER], input=case, capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    print(f"langextract: {said['seconds']:.2f} s, {said['aligned']} of {len(strings)} aligned")
    return float(said["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", default=os.environ.get("VERMEIL_LANGEXTRACT"))
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--save", type=Path, help="JSON file to write")
    options = parser.parse_args()
    documents = sample()
    text = text_of(documents, 5_000)
    strings = strings_of(text, 20, 30)
    results: list[dict[str, Any]] = []

    ours = fastest(options.repeat, lambda: unalignable(text, strings))
    peer = peer_seconds(options.peer, text, strings) if options.peer else None
    results.append(
        {
            "name": "unalignable",
            "ours": ours,
            "peer": peer,
            "unit": "s",
            "ratio": peer / ours if peer else 0.05 / ours,
            "goal": 0.05,
            "met": ours <= 0.05,
        }
    )
    replies = ordinary(documents)
    number = sum(len(said) for _, said in replies)
    seconds = fastest(options.repeat, lambda: [locate(t, said, LABELS) for t, said in replies])
    results.append(_rate("ordinary mentions, sentences", number / seconds))
    names = sorted(
        {m.surface for _, said in replies for m in said if find_occurrences(text, m.surface)}
    )
    said = [Mention(one, "PER") for one in names]
    seconds = fastest(options.repeat, lambda: locate(text, said, LABELS))
    results.append(_rate("ordinary mentions, one text of 5,000 tokens", len(said) / seconds, None))

    sizes = [2_500, 5_000, 10_000, 20_000]
    times = []
    for size in sizes:
        longer = text_of(documents, size)
        times.append(fastest(options.repeat, lambda t=longer: unalignable(t, strings)))  # type: ignore[misc]
        print(f"{size:,} tokens: {times[-1] * 1000:.1f} ms")
    exponent = math.log(times[-1] / times[0]) / math.log(sizes[-1] / sizes[0])
    results.append(
        {
            "name": "growth with text length, exponent",
            "ours": exponent,
            "peer": None,
            "unit": "",
            "ratio": 1.15 / exponent,
            "goal": 1.15,
            "met": exponent <= 1.15,
        }
    )
    if options.save:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        report = {**machine, "sizes": sizes, "seconds": times, "results": results}
        options.save.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for result in results:
        print("RESULT", json.dumps(result))


def _rate(name: str, ours: float, goal: float | None = 20_000) -> dict[str, Any]:
    return {
        "name": name,
        "ours": ours,
        "peer": None,
        "unit": "1/s",
        "ratio": ours / goal if goal else None,
        "goal": goal,
        "met": ours >= goal if goal else None,
    }


if __name__ == "__main__":
    main()
