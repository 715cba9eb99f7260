"""The files of a starter project. Its texts, people and companies are made up."""

from __future__ import annotations

import tomllib
from pathlib import Path

from vermeil.config.template import required_values, short_template

STARTERS = ("clinical", "finance", "legal", "support")
"""Starter projects. The files of each are in the folder of its name."""

_COPIED = ("guidelines.md", "gold.jsonl", "test.jsonl", "pool.txt")

_HEADER = """\
# Vermeil: the starter project {name}. Labels, guidelines and sample are an example: replace them
# with yours. The sample is made up, and too small for a model that you can use.
#
# `vermeil run` trains on gold only and needs no teacher. With a teacher: set [teacher], change
# blending.regimen to "recommended", put many of your own texts into pool.txt, and run it again.
# All other keys have defaults, see docs/configuration.md or `vermeil config explain SECTION`.
"""


def starter_files(name: str, teacher: str) -> dict[str, str]:
    """Return the contents of the files of a starter project, by file name.

    Args:
        name: one of `STARTERS`.
        teacher: kind of the teacher, a key of `vermeil.config.template.TEACHER_VALUES`.
    """
    folder = Path(__file__).parent / name
    labels = (folder / "labels.toml").read_text("utf-8")
    values = {
        **required_values(teacher),
        "task.name": tomllib.loads(labels)["task"]["name"],
        "task.guidelines_file": "guidelines.md",
        "corpora.gold": "gold.jsonl",
        "corpora.pool": "pool.txt",
        "corpora.test": "test.jsonl",
        "blending.regimen": "gold_only",
        "blending.budget.gold_epochs": 20,
        "blending.budget.batch_wordpieces": 64,
    }
    # The first paragraph of the file holds the name of the task.
    text = short_template(values, labels.partition("\n\n")[2], _HEADER.format(name=name))
    copied = {file: (folder / file).read_text("utf-8") for file in _COPIED}
    return {"vermeil.toml": text, **copied}
