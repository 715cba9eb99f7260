"""The prompts of relations: labels, types of relations, guidelines and the answer's format."""

from __future__ import annotations

from collections.abc import Sequence

from vermeil.data.reply import Message
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.messages import (
    Demonstration,
    check_prompt_name,
    chosen_steps,
    guidelines_part,
    json_answer_part,
    messages,
)
from vermeil.tasks.relations.reply_format import instruction
from vermeil.tasks.relations.types import RelationTypes

_TASK = """\
You annotate named entities and the relations between them: you find every stretch of a text that \
names something of one of the types below, and every pair of them that the text relates.

Types of entities:
{labels}

Types of relations, each with the types of its head and of its tail:
{relations}"""

_STEPS = """\
Think step by step, briefly and in plain words:
1. Understand the context: describe in a few words what the text is about.
2. List the candidates: every name in the text, also doubtful ones.
3. Decide for each candidate, from the context, whether it is an entity and of which type.
4. Decide for each pair of entities whether the text states one of the relations, and in which \
direction.
5. Justify the doubtful decisions in a few words.
Then give the answer."""

_INTRODUCTION = "Annotate the named entities and relations of this text."

PROMPTS: dict[str, str] = {"standard": "", "chain_of_thought": _STEPS}
"""Instruction of each prompt for the text before the answer; empty: the answer alone."""


def steps_of(prompt: str, steps: str) -> str:
    """Return the steps of a prompt: the given ones, or its own; empty if it has none."""
    return chosen_steps(PROMPTS[prompt], steps)


def render_prompt(
    prompt: str,
    text: str,
    labels: LabelSet,
    types: RelationTypes,
    guidelines: str,
    demonstrations: Sequence[Demonstration] = (),
    steps: str = "",
) -> tuple[Message, ...]:
    """Return the chat messages that request the entities and relations of ``text``.

    Args:
        prompt: a key of `PROMPTS`.
        text: the document's text, verbatim at the end, from the start of a line.
        labels: the entity types.
        types: the types of relations.
        guidelines: the user's annotation guidelines; may be empty.
        demonstrations: texts with their correct answers in the same format.
        steps: replaces the steps of a prompt that has some; empty: its own.

    Raises:
        ConfigError: there is no such prompt.
    """
    check_prompt_name(prompt, PROMPTS, "relations")
    parts = _TASK.split("{labels}")
    task = labels.listing().join(parts).replace("{relations}", listing(types), 1)
    reasoning = steps_of(prompt, steps)
    paragraphs = [
        task,
        guidelines_part(guidelines),
        reasoning,
        json_answer_part(instruction(labels, types), has_steps=bool(reasoning)),
    ]
    return messages(paragraphs, _INTRODUCTION, text, demonstrations)


def listing(types: RelationTypes) -> str:
    """Return the types of relations, one line each, with their ends and descriptions."""
    lines = []
    for name, words in zip(types.names, types.label_set.descriptions, strict=True):
        heads, tails = (", ".join(f(name)) for f in (types.head_labels, types.tail_labels))
        direction = ", in either direction" if types.is_symmetric(name) else ""
        line = f"- {name} (head: {heads}; tail: {tails}{direction})"
        lines.append(f"{line}: {words}" if words else line)
    return "\n".join(lines)
