"""Short text and HTML of a student for people: the representations in a console and a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from vermeil.student.config import StudentConfig
from vermeil.tasks.pair_task import pair_task
from vermeil.tasks.protocol import Task

SHOWN_LABELS = 8
"""Maximum number of labels in the short form."""


def student_facts(
    task: Task, config: StudentConfig, parameters: int, temperature: float
) -> dict[str, str]:
    """Return what describes a student, by name.

    Args:
        task: task of the student.
        config: its settings.
        parameters: number of weights.
        temperature: divisor of the logits.
    """
    facts = {
        "task": task.name,
        "labels": ", ".join(task.labels),
        **({"relation types": ", ".join(task.config.relations)} if pair_task(task) else {}),
        "encoder": config.encoder,
        "parameters": f"{parameters:,}",
        "head": f"{task.head}{', CRF' if config.crf else ''}",
        "context": config.context,
    }
    if temperature != 1.0:
        facts["temperature"] = f"{temperature:.3g}"
    return facts


def student_summary(facts: Mapping[str, str], labels: Sequence[str]) -> str:
    """Return one line with the task, its labels, the encoder and the number of weights."""
    shown = list(labels[:SHOWN_LABELS])
    if further := len(labels) - len(shown):
        shown.append(f"… {further} more")
    size = f"{facts['parameters']} parameters"
    return f"Student({facts['task']}: {', '.join(shown)}; encoder={facts['encoder']!r}, {size})"


def student_html(facts: Mapping[str, str]) -> str:
    """Return a table of the facts. Values are escaped."""
    rows = (
        f'<tr><th style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in facts.items()
    )
    return f"<table><caption>Student</caption>{''.join(rows)}</table>"
