"""The prompts of classification: labels, guidelines and the format of the answer."""

from __future__ import annotations

from collections.abc import Sequence

from vermeil.data.reply import Message
from vermeil.errors import ConfigError
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.messages import Demonstration, messages

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


def render_prompt(
    prompt: str,
    text: str,
    labels: LabelSet,
    guidelines: str,
    answer: str,
    demonstrations: Sequence[Demonstration] = (),
    *,
    several: bool = False,
) -> tuple[Message, ...]:
    """Return the chat messages that request the label of ``text``.

    Args:
        prompt: a key of `PROMPTS`.
        text: the document's text.
        labels: the labels to choose from.
        guidelines: the user's annotation guidelines; may be empty.
        answer: the instruction for the answer's format.
        demonstrations: texts with their correct answers in the same format.
        several: whether a text may have several labels, or none.

    Raises:
        ConfigError: there is no such prompt.
    """
    if prompt not in PROMPTS:
        known = ", ".join(PROMPTS)
        raise ConfigError(f"no prompt {prompt!r} in task classification; there are {known}")
    whole = "the last line of your reply is" if PROMPTS[prompt] else "your whole reply is"
    instruction = [
        (_TASK_SEVERAL if several else _TASK).replace("{labels}", labels.listing()),
        f"Guidelines:\n{guidelines.strip()}" if guidelines.strip() else "",
        _STEPS_SEVERAL if several and PROMPTS[prompt] else PROMPTS[prompt],
        f"Answer with one line of JSON; {whole} that line.\n{answer}",
    ]
    return messages(instruction, _INTRODUCTION, text, demonstrations)
