"""A teacher on loopback whose errors depend on what its prompt contains, and gold for it.

Rules that it follows only if the prompt mentions them:

- "national team": names of teams are ORG; without it, it labels them LOC.
- "title": titles of works are MISC; without it, it misses them.
- "weekday": it labels weekdays MISC, which is wrong in gold (a harmful rule).

It also learns the first two from demonstrations, and classifies texts about fairs only with a rule.
As a coach, it writes these rules, the harmful one first, for the errors that its request shows.
"""

from __future__ import annotations

import json
import random
import re
import threading
from typing import Any

from tests.chat_server import ChatServer

from vermeil.data.document import Annotation, Document, Span

PEOPLE = ("Ann Lee", "Bo Diaz", "Cy Falk", "Di Moss")
TEAMS = ("Italy", "France", "Brazil", "Ghana")
CITIES = ("Rome", "Oslo", "Lima", "Bonn")
TITLES = ("Moby Dick", "Dune", "Emma")
DAYS = ("Monday", "Friday")
LABELS = {"PER": "people", "ORG": "organisations", "LOC": "places", "MISC": ""}
NEUTRAL_RULE = "Names may be abbreviated."
_KNOWN = {
    **dict.fromkeys(PEOPLE, "PER"),
    **dict.fromkeys(TEAMS, "ORG"),
    **dict.fromkeys(CITIES, "LOC"),
    **dict.fromkeys(TITLES, "MISC"),
}
RULES = {
    "weekday": {"label": "MISC", "rule": "Every weekday is MISC."},
    "neutral": {"label": "PER", "rule": NEUTRAL_RULE},
    "team": {"label": "ORG", "rule": "The name of a country as a national team is ORG."},
    "title": {"label": "MISC", "rule": "The title of a book or film is MISC."},
}


def gold(number: int) -> list[Document]:
    """Return annotated sentences in groups of two; some have teams, titles or weekdays."""
    return [_document(i) for i in range(number)]


def _document(i: int) -> Document:
    person, city = PEOPLE[i % 4], CITIES[(i // 2) % 4]
    middle = (
        f"saw {TEAMS[i % 4]} play in",
        f"read {TITLES[i % 3]} in",
        f"on {DAYS[i % 2]} left for",
        f"met {PEOPLE[(i + 1) % 4]} in",
    )[(i // 3) % 4]
    text = f"{person} {middle} {city}, report {i}."
    spans = [Span(m.start(), m.end(), label) for m, label in _found(text)]
    return Document(f"d{i}", text, f"g{i // 2}", annotation=Annotation(spans=tuple(spans)))


def _found(text: str) -> list[tuple[re.Match[str], str]]:
    return [(m, label) for name, label in _KNOWN.items() for m in re.finditer(name, text)]


class PromptedTeacher(ChatServer):
    """The server.

    Args:
        coach: behaviour as a coach: ``rules``, ``refuse`` or ``nonsense``.
        obeys: whether guidelines and demonstrations change its answers.
        noise: share of the names that it misses at random, newly drawn for every prompt.
        knows: whether it makes no error from the beginning.
    """

    def __init__(
        self, coach: str = "rules", obeys: bool = True, knows: bool = False, noise: float = 0.0
    ) -> None:
        self.coach, self.obeys, self.knows, self.noise = coach, obeys, knows, noise
        self.seen: list[list[dict[str, str]]] = []
        self.tokens = 0
        self._lock = threading.Lock()
        super().__init__(self.answer)

    @property
    def coach_calls(self) -> int:
        """Number of requests to the coach."""
        return sum(_is_for_coach(messages) for messages in self.seen)

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the body of a reply; its tokens are a quarter of the characters."""
        messages = body["messages"]
        text = self._coach(messages) if _is_for_coach(messages) else self._annotate(messages)
        prompt = sum(len(message["content"]) for message in messages) // 4
        usage = {"prompt_tokens": prompt, "completion_tokens": len(text) // 4 + 1}
        with self._lock:
            self.seen.append(messages)
            self.tokens += sum(usage.values())
        choice = {"index": 0, "message": {"role": "assistant", "content": text}}
        return {"choices": [{**choice, "finish_reason": "stop"}], "usage": usage}

    def _annotate(self, messages: list[dict[str, str]]) -> str:
        *before, last = messages
        text = last["content"].rpartition("Text:\n")[2]
        if "entit" not in messages[0]["content"]:
            return _classify(messages[0]["content"], text)
        # Instructions, and what the answers of demonstrations show.
        prompt = " ".join(m["content"] for m in before if m["role"] == "system").casefold()
        draw = random.Random(prompt + text)
        shown = " ".join(m["content"] for m in before if m["role"] == "assistant")
        if not self.obeys:
            prompt = shown = ""
        teams = self.knows or "national team" in prompt or "ORG" in shown
        titles = self.knows or "title" in prompt or "MISC" in shown
        entities = []
        for match, label in sorted(_found(text), key=lambda pair: pair[0].start()):
            if (label == "MISC" and not titles) or draw.random() < self.noise:
                continue
            found = "LOC" if label == "ORG" and not teams else label
            entities.append({"text": match[0], "label": found})
        if "weekday" in prompt:
            entities += [{"text": day, "label": "MISC"} for day in DAYS if day in text]
        return json.dumps({"entities": entities})

    def _coach(self, messages: list[dict[str, str]]) -> str:
        if self.coach == "refuse":
            return "I'm sorry, but I can't help with that."
        if self.coach == "nonsense":
            return "Rules are made to be broken."
        request = messages[1]["content"]
        if '"text"' in messages[0]["content"]:
            return self._rewrite(request)
        if "correct is trade" in request:
            return json.dumps({"rules": [{"label": "trade", "rule": "A fair is trade."}]})
        wanted = ["weekday", "neutral"]
        wanted += ["team"] if "as ORG; the answer has" in request else []
        wanted += ["title"] if "as MISC; the answer has nothing" in request else []
        return (
            "Here they are:\n```json\n"
            + json.dumps({"rules": [RULES[w] for w in wanted]})
            + "\n```"
        )

    def _rewrite(self, request: str) -> str:
        rules = [RULES["team"]["rule"]] if "as ORG; the answer has" in request else []
        rules += [RULES["title"]["rule"]] if "as MISC; the answer has nothing" in request else []
        return json.dumps({"text": " ".join(rules) or NEUTRAL_RULE})


def _classify(instruction: str, text: str) -> str:
    """Return the topic of a text; fairs are trade only if the guidelines mention them."""
    topics = {"A win": "sport", "A merger": "money"}
    topics["A fair"] = "trade" if "A fair" in instruction else "sport"
    return json.dumps({"label": next(topics[one] for one in topics if text.startswith(one))})


def _is_for_coach(messages: list[dict[str, str]]) -> bool:
    return "You improve" in messages[0]["content"]
