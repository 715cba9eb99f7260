"""Quality of a real small model as teacher, by setting; replies are stored, so that it resumes.

    VERMEIL_GGUF=<folder> python -m benchmarks.local_teacher.quality --folder FOLDER STEP...

Steps: newswire (covering demonstrations × {JSON with a schema, lines} on 100 sentences of the
sample corpus), zero-shot (the same without demonstrations), conll (the same on CoNLL-2003 dev, but
30 sentences for lines without demonstrations; needs VERMEIL_DATA), tags (xml_tags, and nearest
demonstrations, on 30 sentences), smaller (the 0.5B model, covering × lines on 100 sentences).
Results: FOLDER/quality.jsonl.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.local_teacher.settings import (
    LARGER,
    SEED,
    SMALLER,
    Sample,
    Setting,
    conll_sample,
    newswire_sample,
    store_of,
)

import vermeil
from vermeil.jobs.appraise import appraise
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.store import ReplyStore

RESAMPLES = 10_000
Trial = tuple[Setting, Sample]


def _both(shown: str, sample: Sample) -> Iterator[Trial]:
    for reply_format in ("json", "lines"):
        yield Setting(LARGER, reply_format, shown), sample


def _conll() -> Iterator[Trial]:
    yield from _both("covering", conll_sample(100))
    yield Setting(LARGER, "json", "none"), conll_sample(100)
    yield Setting(LARGER, "lines", "none"), conll_sample(30)  # slow: it writes to the limit


def _tags() -> Iterator[Trial]:
    for name, shown in (("xml_tags", "covering"), ("json", "nearest")):
        for sample in (newswire_sample(30), conll_sample(30)):
            yield Setting(LARGER, name, shown), sample


def _smaller() -> Iterator[Trial]:
    for sample in (newswire_sample(100), conll_sample(100)):
        yield Setting(SMALLER, "lines", "covering"), sample


STEPS: dict[str, Callable[[], Iterator[Trial]]] = {
    "newswire": lambda: _both("covering", newswire_sample(100)),
    "zero-shot": lambda: _both("none", newswire_sample(100)),
    "conll": _conll,
    "tags": _tags,
    "smaller": _smaller,
}


def measure(setting: Setting, sample: Sample, store: Path) -> dict[str, Any]:
    """Annotate the sample and score the replies.

    Returns:
        F1 with its interval over articles, F1 by label, states, tokens and seconds per sentence.
    """
    task, teacher, shown = setting.task, setting.teacher, sample.shown(setting)
    with suppress(vermeil.errors.TeacherStoppedError):  # the failures are counted below
        vermeil.annotate(sample.documents, task, teacher, store, demonstrations=shown)
    located = vermeil.locate(sample.documents, task, teacher, store, demonstrations=shown)
    scores = appraise(located.documents, sample.documents, task, RESAMPLES, SEED)
    total = scores.counts
    with ReplyStore(store) as replies:
        requests = make_requests(sample.documents, task, teacher, demonstrations=shown)
        found = [reply for r in requests if (reply := replies.get(r.key)) is not None]
    number = max(1, len(found))
    return {
        "setting": setting.name,
        "sample": sample.name,
        "sentences": len(sample.documents),
        "f1": round(total.overall.f1, 4),
        "interval": [round(end, 3) for end in scores.intervals["overall"]["f1"]],
        "precision": round(total.overall.precision, 4),
        "recall": round(total.overall.recall, 4),
        "by_label": {name: round(score.f1, 3) for name, score in total.per_label.items()},
        "states": {state.value: n for state, n in located.states.items()},
        "seconds": round(sum(reply.latency for reply in found) / number, 2),
        "prompt_tokens": round(sum(r.usage.prompt_tokens for r in found) / number),
        "cached_tokens": round(sum(r.usage.cached_tokens for r in found) / number),
        "reply_tokens": round(sum(r.usage.completion_tokens for r in found) / number, 1),
    }


def results(file: Path) -> list[dict[str, Any]]:
    """Return the results of earlier runs."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("steps", nargs="+", choices=tuple(STEPS))
    options = parser.parse_args()
    store = store_of(options.folder)
    file = options.folder / "quality.jsonl"
    known = {(r["setting"], r["sample"], r["sentences"]) for r in results(file)}
    for step in options.steps:
        for setting, sample in STEPS[step]():
            if (setting.name, sample.name, len(sample.documents)) in known:
                continue
            print(f"{step}: {setting.name}, {sample.name}", flush=True)
            line = json.dumps({"step": step, **measure(setting, sample, store)})
            print(line, flush=True)
            with file.open("a", encoding="utf-8") as stream:
                stream.write(line + "\n")


if __name__ == "__main__":
    main()
