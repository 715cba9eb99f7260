"""Settings that the runs with a real model share: corpora, task, teacher and demonstrations."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.conll import corpus

import vermeil
from vermeil.data.document import Document
from vermeil.demo.corpus import NEWSWIRE
from vermeil.demo.settings import read_settings
from vermeil.tasks.protocol import Task
from vermeil.teacher.demonstrations import Demonstrations

LARGER = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
SMALLER = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
SEED = 0
ONE_THREAD = {"processes": 1, "slots": 1, "threads": 1}


@dataclass(frozen=True, slots=True)
class Setting:
    """How a model is used.

    Args:
        model: file in the folder of VERMEIL_GGUF.
        reply_format: reply format of the task; JSON is held to a schema.
        shown: kind of demonstrations; five of them.
    """

    model: str
    reply_format: str
    shown: str

    @property
    def name(self) -> str:
        return f"{self.model.split('-instruct')[0]}, {self.reply_format}, {self.shown}"

    @property
    def task(self) -> Task:
        settings = read_settings().task.model_dump() | {"reply_format": self.reply_format}
        return vermeil.make_task(vermeil.TaskConfig.model_validate(settings))

    @property
    def teacher(self) -> vermeil.TeacherConfig:
        values: dict[str, Any] = {
            "backend": "local",
            "model": self.model,
            "max_tokens": 512,
            "timeout": 3600.0,
            "concurrency": 1,
            "structured": "json_schema" if self.reply_format == "json" else "off",
            "demonstrations": {"kind": self.shown},
            "local": ONE_THREAD,
        }
        return vermeil.TeacherConfig.model_validate(values)


@dataclass(frozen=True, slots=True)
class Sample:
    """Gold sentences on which a setting is scored, and gold for its demonstrations."""

    name: str
    documents: list[Document]
    demonstrations: list[Document]

    def shown(self, setting: Setting) -> Demonstrations:
        """Return the demonstrations of a setting.

        Covering ones are never of a group that is scored: all of them stay in the engine's cache.
        """
        return vermeil.choose_demonstrations(
            setting.teacher.demonstrations, self.demonstrations, ()
        )


def newswire(file: str) -> list[Document]:
    """Return the documents of a file of the sample corpus."""
    return list(vermeil.read_corpus(NEWSWIRE / file))


def newswire_sample(number: int) -> Sample:
    """Draw sentences of the sample corpus's gold, without the groups of the demonstrations."""
    gold = newswire("train.jsonl")
    return Sample("newswire", _draw(_without_shown(gold), number), gold)


def conll_sample(number: int) -> Sample:
    """Draw sentences of CoNLL-2003 dev; demonstrations are of its training part."""
    return Sample("CoNLL-2003 dev", _draw(corpus("dev"), number), corpus("train"))


def _without_shown(gold: list[Document]) -> list[Document]:
    covering = vermeil.DemonstrationsConfig(kind="covering")
    shown = vermeil.choose_demonstrations(covering, gold, ()).first
    groups = {document.group_or_id for document in shown}
    return [document for document in gold if document.group_or_id not in groups]


def _draw(documents: list[Document], number: int) -> list[Document]:
    return random.Random(SEED).sample(documents, min(number, len(documents)))


def store_of(folder: Path) -> Path:
    """Return the file of all replies."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "replies.sqlite"
