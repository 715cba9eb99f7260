"""Letters about medicines, their annotation, and a teacher on loopback that finds it."""

from __future__ import annotations

import json
import random
import re
from typing import Any

from tests.chat_server import ChatServer

from vermeil.data.document import Annotation, Document, Span

DRUGS = ("metoprolol", "aspirin", "ibuprofen", "insulin", "heparin", "warfarin")
OPENINGS = ("Start", "Please continue", "We stopped", "The patient takes", "Reduce")
ENDS = ("today", "after the visit", "until the next letter", "in the morning", "for a week")
PATTERNS = {"DRUG": "|".join(DRUGS), "DOSE": r"\d+ mg"}
MODEL = "qwen3:8b"


def letters(number: int, kind: str) -> list[Document]:
    """Return annotated letters; those of different kinds share no text."""
    draw = random.Random(kind)
    texts = [
        f"{draw.choice(OPENINGS)} {draw.choice(DRUGS)} {draw.randint(1, 90) * 5} mg "
        f"{draw.choice(ENDS)}, {kind} letter {n} of {draw.randint(1000, 9999)}."
        for n in range(number)
    ]
    return [
        Document(f"{kind}-{n:03}", text, annotation=Annotation(spans=found(text)))
        for n, text in enumerate(texts)
    ]


def found(text: str) -> tuple[Span, ...]:
    """Return the correct spans of a letter."""
    matches = [
        Span(match.start(), match.end(), label)
        for label, pattern in PATTERNS.items()
        for match in re.finditer(pattern, text)
    ]
    return tuple(sorted(matches, key=lambda span: span.start))


class LettersTeacher(ChatServer):
    """The server. It misses about one name in five."""

    def __init__(self) -> None:
        super().__init__(answer, (MODEL,))


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """Return the reply to a request: names or the class of its last text."""
    messages = body["messages"]
    text = messages[-1]["content"].rpartition("Text:\n")[2]
    draw = random.Random(text)
    names = [s for s in found(text) if draw.random() < 0.8]
    entities = [{"text": text[s.start : s.end], "label": s.label} for s in names]
    label = "CARDIOLOGY" if "ventricle" in text else "OTHER"
    is_class = "CARDIOLOGY" in messages[0]["content"]
    content = json.dumps({"label": label} if is_class else {"entities": entities})
    if "step" in messages[0]["content"].casefold():
        content = f"I look at every word.\n\nFinal answer:\n{content}"
    usage = {"prompt_tokens": len(str(messages)) // 4, "completion_tokens": len(content) // 4}
    choice = {"index": 0, "message": {"role": "assistant", "content": content}}
    return {"choices": [{**choice, "finish_reason": "stop"}], "usage": usage}
