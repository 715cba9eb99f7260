"""Record the replies of a real small model about the sample corpus, like the other teacher's.

    VERMEIL_GGUF=<folder> python -m benchmarks.local_teacher.record --folder FOLDER [--files pool]

The setting is that of `better_setting` from the results of benchmarks.local_teacher.quality, in
FOLDER/quality.jsonl; --setting names another one. Replies are stored, so that the same command
continues. The recording is FOLDER/replies.local.jsonl: id, text and reply, one line per sentence.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.local_teacher.quality import results
from benchmarks.local_teacher.settings import LARGER, Sample, Setting, newswire, store_of

import vermeil
from vermeil.jobs.appraise import appraise
from vermeil.teacher.requests import make_requests
from vermeil.teacher.store.store import ReplyStore

FORMATS = ("json", "lines")
FILES = ("pool", "train", "dev", "test")
TOLERANCE = 0.01
"""Largest F1 difference to the better setting at which the faster one is used."""
BLOCK = 50
"""Sentences between two lines of progress."""


def better_setting(folder: Path) -> Setting:
    """Return the faster reply format that is at most one point of F1 below the better one.

    It is the rule of `vermeil pilot`: of settings that are equal on gold, the cheaper one.
    """
    found: dict[str, tuple[float, float]] = {}
    for record in results(folder / "quality.jsonl"):
        for reply_format in FORMATS:
            name = Setting(LARGER, reply_format, "covering").name
            if (record["setting"], record["sample"]) == (name, "newswire"):
                found[reply_format] = record["f1"], record["reply_tokens"]
    best = max(f1 for f1, _ in found.values())
    equal = [name for name, (f1, _) in found.items() if f1 >= best - TOLERANCE]
    return Setting(LARGER, min(equal, key=lambda name: found[name][1]), "covering")


def gold_of(file: str) -> list[vermeil.Document]:
    """Return the sentences of a file with the author's labels, for the scores."""
    return newswire("pool.gold.jsonl" if file == "pool" else f"{file}.jsonl")


def annotate_file(file: str, setting: Setting, store: Path) -> None:
    """Annotate a file in blocks, and print progress and F1."""
    gold, sample = gold_of(file), Sample("newswire", [], newswire("train.jsonl"))
    shown, task, teacher = sample.shown(setting), setting.task, setting.teacher
    plain = [vermeil.Document(d.id, d.text, d.group) for d in gold]
    for end in range(BLOCK, len(plain) + BLOCK, BLOCK):
        started = time.monotonic()
        report = vermeil.annotate(plain[:end], task, teacher, store, demonstrations=shown)
        sent, seconds = report.ask_report.sent, time.monotonic() - started
        if sent:
            done = min(end, len(plain))
            print(f"{file}: {done} of {len(plain)}, {seconds / sent:.1f} s each", flush=True)
    located = vermeil.locate(plain, task, teacher, store, demonstrations=shown)
    scores = appraise(located.documents, gold, task)
    low, high = scores.intervals["overall"]["f1"]
    record = {
        "file": file,
        "setting": setting.name,
        "f1": round(scores.counts.overall.f1, 4),
        "interval": [round(low, 3), round(high, 3)],
        "states": {state.value: number for state, number in located.states.items()},
        "by_label": {name: round(one.f1, 3) for name, one in scores.counts.per_label.items()},
    }
    print(json.dumps(record), flush=True)


def recorded_lines(files: tuple[str, ...], setting: Setting, store: Path) -> Iterator[str]:
    """Yield the lines of the recording, in the order of the ids."""
    sample = Sample("newswire", [], newswire("train.jsonl"))
    documents = sorted((d for file in files for d in gold_of(file)), key=lambda d: d.id)
    with ReplyStore(store) as replies:
        requests = make_requests(
            documents, setting.task, setting.teacher, demonstrations=sample.shown(setting)
        )
        for request in requests:
            reply = replies.get(request.key)
            if reply is not None:
                line: Mapping[str, str] = {
                    "id": request.document_id,
                    "text": request.text,
                    "reply": reply.text,
                }
                yield json.dumps(line, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--files", nargs="+", choices=FILES, default=("pool", "train"))
    parser.add_argument("--setting", choices=FORMATS, help="reply format; default: the better one")
    options = parser.parse_args()
    chosen = options.setting
    setting = Setting(LARGER, chosen, "covering") if chosen else better_setting(options.folder)
    store = store_of(options.folder)
    print(f"recording with {setting.name}", flush=True)
    for file in options.files:
        annotate_file(file, setting, store)
        target = options.folder / "replies.local.jsonl"
        lines = recorded_lines(FILES, setting, store)
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
