"""The prompts of NER: labels, guidelines and the format of the answer."""

from __future__ import annotations

from collections.abc import Sequence

from vermeil.data.reply import Message
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.messages import (
    Demonstration,
    check_prompt_name,
    chosen_steps,
    guidelines_part,
    messages,
)
from vermeil.tasks.ner.reply_format import ReplyFormat

_TASK = """\
You annotate named entities: you find every stretch of a text that names something of one of the \
types below, and say which type it is.

Types:
{labels}"""

_NESTED = """\
Entities may overlap: an entity may lie within another one, and one stretch of text may have \
several types. Annotate each of them on its own, the outer and the inner ones."""

_STEPS = """\
Think step by step, briefly and in plain words:
1. Understand the context: say in a few words what the text is about.
2. List the candidates: every name in the text, also doubtful ones.
3. Decide for each candidate, from the context, whether it is an entity and of which type.
4. Justify the doubtful decisions in a few words.
Then give the answer."""

_INTRODUCTION = "Annotate the named entities of this text."

PROMPTS: dict[str, str] = {"standard": "", "chain_of_thought": _STEPS}
"""Instruction of each prompt for the text before the answer; empty: the answer alone."""


def steps_of(prompt: str, steps: str) -> str:
    """Return the steps of a prompt: the given ones, or its own; empty if it has none."""
    return chosen_steps(PROMPTS[prompt], steps)


def render_prompt(
    prompt: str,
    text: str,
    labels: LabelSet,
    config: TaskConfig,
    answer: ReplyFormat,
    demonstrations: Sequence[Demonstration] = (),
) -> tuple[Message, ...]:
    """Return the chat messages that request the named entities of ``text``.

    Args:
        prompt: a key of `PROMPTS`.
        text: the document's text, verbatim at the end, from the start of a line.
        labels: the entity types.
        config: the section, for guidelines, steps and nested entities.
        answer: the format of the answer.
        demonstrations: texts with their correct answers in the same format.

    Raises:
        ConfigError: there is no such prompt.
    """
    check_prompt_name(prompt, PROMPTS, "ner")
    reasoning = steps_of(prompt, config.steps)
    instruction = [
        _TASK.replace("{labels}", labels.listing()),
        _NESTED if config.nested else "",
        guidelines_part(config.guidelines),
        reasoning,
        f"{answer.position_instruction(bool(reasoning))}\n{answer.instruction(labels)}",
    ]
    return messages(instruction, _INTRODUCTION, text, demonstrations)
