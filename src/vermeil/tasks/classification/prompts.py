"""The prompts of classification: labels, guidelines and the format of the answer."""

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
    json_answer_part,
    messages,
)

_TASK = """\
You classify texts: you say which one of these labels fits a text best.

Labels:
{labels}"""

_STEPS = """\
Think step by step, briefly and in plain words:
1. Understand the context: say in a few words what the text is about.
2. List the candidates: the labels that may fit.
3. Decide which of them fits best.
4. Justify the decision in a few words.
Then give the answer."""

_TASK_SEVERAL = """\
You classify texts: you give all of these labels that apply to a text, and no others. A text may \
have several labels, one, or none.

Labels:
{labels}"""

_STEPS_SEVERAL = """\
Think step by step, briefly and in plain words:
1. Understand the context: say in a few words what the text is about.
2. List the candidates: the labels that may apply.
3. Decide for each of them whether it applies.
4. Justify each decision in a few words.
Then give the answer."""

_INTRODUCTION = "Classify this text."

PROMPTS: dict[str, str] = {"standard": "", "chain_of_thought": _STEPS}
"""Instruction of each prompt for the text before the answer; empty: the answer alone."""


def steps_of(prompt: str, config: TaskConfig) -> str:
    """Return the steps of a prompt: those of the section, or its own; empty if it has none."""
    own = PROMPTS[prompt] and (_STEPS_SEVERAL if config.multi_label else PROMPTS[prompt])
    return chosen_steps(own, config.steps)


def render_prompt(
    prompt: str,
    text: str,
    labels: LabelSet,
    config: TaskConfig,
    answer: str,
    demonstrations: Sequence[Demonstration] = (),
) -> tuple[Message, ...]:
    """Return the chat messages that request the label of ``text``.

    Args:
        prompt: a key of `PROMPTS`.
        text: the document's text.
        labels: the labels to choose from.
        config: guidelines, steps, and whether a text may have several labels, or none.
        answer: the instruction for the answer's format.
        demonstrations: texts with their correct answers in the same format.

    Raises:
        ConfigError: there is no such prompt.
    """
    check_prompt_name(prompt, PROMPTS, "classification")
    reasoning = steps_of(prompt, config)
    instruction = [
        (_TASK_SEVERAL if config.multi_label else _TASK).replace("{labels}", labels.listing()),
        guidelines_part(config.guidelines),
        reasoning,
        json_answer_part(answer, has_steps=bool(reasoning)),
    ]
    return messages(instruction, _INTRODUCTION, text, demonstrations)
