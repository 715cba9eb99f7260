"""Does a real, weak, free teacher help? Students on 100 gold sentences and its silver.

    VERMEIL_GGUF=<folder> python -m benchmarks.local_teacher.students --folder FOLDER

Needs the recording of benchmarks.local_teacher.record (pool and train). The sample corpus, 100 gold
sentences, 3 seeds, equal budget of 40,000 wordpieces: gold_only, pooled, simple_mix, auto. Results
in FOLDER/students. Finished cells are kept, so that the same command continues.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.local_teacher.record import better_setting, gold_of
from benchmarks.local_teacher.settings import Sample, newswire, store_of

import vermeil
from vermeil.demo.settings import read_settings

REGIMENS = ("gold_only", "pooled", "simple_mix", "auto")
WORDPIECES = 40_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    setting, store = better_setting(options.folder), store_of(options.folder)
    shown = Sample("newswire", [], newswire("train.jsonl")).shown(setting)
    texts = [vermeil.Document(d.id, d.text, d.group) for f in ("pool", "train") for d in gold_of(f)]
    silver = vermeil.locate(
        texts, setting.task, setting.teacher, store, demonstrations=shown
    ).documents
    shipped = read_settings()
    budget = shipped.blending.budget.model_copy(update={"wordpieces": WORDPIECES})
    report = vermeil.study(
        vermeil.StudyCorpora(
            gold_of("train"), silver, newswire("dev.jsonl"), newswire("test.jsonl")
        ),
        vermeil.StudySettings(
            task=setting.task,
            study=vermeil.StudyConfig(
                regimens=REGIMENS, seeds=(0, 1, 2), gold_documents=100, keep_model=False
            ),
            student=shipped.student.model_copy(update={"threads": 1}),
            blending=shipped.blending.model_copy(update={"budget": budget}),
        ),
        options.folder / "students",
    )
    for row in report.results.summary:
        print(row, flush=True)
    for comparison in report.results.comparisons:
        print(comparison, flush=True)


if __name__ == "__main__":
    main()
