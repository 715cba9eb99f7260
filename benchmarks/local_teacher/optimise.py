"""Optimisation of the prompt of a real small model: before and after, with tokens and time.

    VERMEIL_GGUF=<folder> python -m benchmarks.local_teacher.optimise --folder FOLDER [--conll]
    VERMEIL_GGUF=<folder> python -m benchmarks.local_teacher.optimise --folder FOLDER --reflective

60 gold sentences of the sample corpus (or of CoNLL-2003 dev), 2 folds, guidelines written by the
model itself, then demonstrations; with --reflective GEPA instead. JSON with a schema. Replies are
stored, so that the same command continues. The report is FOLDER/optimise-NAME.json.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from benchmarks.local_teacher.settings import (
    LARGER,
    ONE_THREAD,
    Setting,
    conll_sample,
    newswire_sample,
    store_of,
)

import vermeil

SENTENCES = 60
CONFIG = vermeil.OptimizeConfig(
    optimisers=("guidelines", "demonstrations"),
    folds=2,
    documents=20,
    rounds=1,
    rules=3,
    examples=12,
    demonstration_candidates=2,
    reflections=3,
    coach_max_tokens=600,
    max_calls=2000,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--conll", action="store_true", help="CoNLL-2003 dev")
    parser.add_argument("--reflective", action="store_true", help="GEPA, with the model as coach")
    options = parser.parse_args()
    sample = (conll_sample if options.conll else newswire_sample)(SENTENCES)
    setting = Setting(LARGER, "json", "none")
    local = vermeil.LocalEngineConfig.model_validate({**ONE_THREAD, "context": 6144})
    teacher = setting.teacher.model_copy(update={"local": local})
    started = time.monotonic()
    config = CONFIG
    if options.reflective:
        config = CONFIG.model_copy(update={"optimisers": ("reflective",)})
    report = vermeil.optimize(
        sample.documents, setting.task, teacher, config, store_of(options.folder)
    )
    record = {"seconds": round(time.monotonic() - started), **report.as_dict()}
    name = ("conll" if options.conll else "newswire") + ("-gepa" if options.reflective else "")
    file = options.folder / f"optimise-{name}.json"
    file.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    print(json.dumps({key: record[key] for key in record if key != "folds"}, ensure_ascii=False))


if __name__ == "__main__":
    main()
