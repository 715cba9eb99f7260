"""The files of a starter project. Its texts, people and companies are made up."""

from __future__ import annotations

from pathlib import Path

from vermeil.config.template import required_values, short_template

STARTERS: dict[str, str] = {
    "clinical": "ner",
    "finance": "ner",
    "legal": "ner",
    "support": "classification",
}
"""Starter projects, each with its task. The files of each are in the folder of its name."""

_COPIED = ("guidelines.md", "gold.jsonl", "test.jsonl", "pool.txt")

_HEADER = """\
# Vermeil: the starter project {name}. Labels, guidelines and sample are an example: replace them
# with yours. The sample is made up, and too small for a model that you can use.
#
# `vermeil run` trains on gold only and needs no teacher. With a teacher: set [teacher], change
# blending.regimen to "simple_mix", put many of your own texts into pool.txt, and run it again.
# All other keys have defaults, see docs/configuration.md or `vermeil config explain SECTION`.
"""


def starter_files(name: str, teacher: str) -> dict[str, str]:
    """Return the contents of the files of a starter project, by file name.

    Args:
        name: key of `STARTERS`.
        teacher: kind of the teacher, a key of `vermeil.config.template.TEACHER_VALUES`.
    """
    folder = Path(__file__).parent / name
    values = {
        **required_values(teacher),
        "task.name": STARTERS[name],
        "task.guidelines_file": "guidelines.md",
        "corpora.gold": "gold.jsonl",
        "corpora.pool": "pool.txt",
        "corpora.test": "test.jsonl",
        "blending.regimen": "gold_only",
        "blending.budget.gold_epochs": 20,
        "blending.budget.batch_wordpieces": 64,
    }
    labels = (folder / "labels.toml").read_text("utf-8")
    text = short_template(values, labels, _HEADER.format(name=name))
    copied = {file: (folder / file).read_text("utf-8") for file in _COPIED}
    return {"vermeil.toml": text, **copied}
