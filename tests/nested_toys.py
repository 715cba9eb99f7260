"""Made-up texts with names within names, and the section of their task."""

from __future__ import annotations

from typing import Any

from vermeil.data.document import Annotation, Document, Span
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import Task

LABELS: dict[str, Any] = {"ORG": {"description": "organisations"}, "LOC": {}, "PER": {}}
CITIES = ("Leeds", "Rome", "Oslo", "Lima")
PEOPLE = ("Ann", "Bo", "Cy")


def nested_section(**values: Any) -> TaskConfig:
    """The section of the task; ``values`` are further keys."""
    return TaskConfig.model_validate({"labels": LABELS, "nested": True, **values})


def nested_task(**values: Any) -> Task:
    """The task with nested spans."""
    return make_task(nested_section(**values))


def nested_documents(number: int, prefix: str = "d") -> list[Document]:
    """Sentences with a place within an organisation, and a person."""
    return [_document(i, f"{prefix}{i}") for i in range(number)]


def _document(i: int, name: str) -> Document:
    city, person = CITIES[i % 4], PEOPLE[i % 3]
    kind = ("Bank", "Club", "Press")[(i // 4) % 3]
    text, spans = "", []

    def add(piece: str, label: str = "") -> None:
        nonlocal text
        if label:
            spans.append(Span(len(text), len(text) + len(piece), label))
        text += piece

    add(person, "PER")
    add(" joined ")
    start = len(text)
    add(city, "LOC")
    add(f" {kind}")
    spans.append(Span(start, len(text), "ORG"))
    add(f" in {i}")
    return Document(name, text, f"g{i // 2}", annotation=Annotation(tuple(spans)))
