"""Verification of contested mentions: one request per document, one decision per mention."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vermeil.data.reply import Message, Reply, State
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.messages import messages
from vermeil.tasks.ner.nested_votes import resolve_nested
from vermeil.tasks.ner.votes import resolve
from vermeil.tasks.replies import answer_objects, unusable_result, was_filtered, without_quotations
from vermeil.tasks.votes import Contested, Verdicts, VotedSpan, VoteResult, with_verdict

_KEY = "checks"

_TASK = """\
You check named entities that others marked in a text, where they did not agree or were not sure.

Types:
{labels}"""

_MENTIONS = """\
The user's message lists the mentions after the line "Mentions:", one per line as JSON: its \
number, the stretch of the text, the type that was proposed and, where the stretch stands there \
more than once, which occurrence is meant. Decide for each, from its context, whether exactly this \
stretch is an entity, and of which type."""

_ANSWER = """\
Answer with one line of JSON; your whole reply is that line.
Format: {"checks": [{"number": 1, "label": "..."}]}
One entry per mention. "label" is the right one of LABELS, or null if this stretch is no entity."""


class NerVerification:
    """Requests about contested mentions, and the effect of the decisions on the vote.

    Args:
        labels: the label set.
        guidelines: the user's annotation guidelines; may be empty.
        nested: whether spans may overlap.

    ``instruction`` holds the paragraphs of the system message without the one about the answer.
    """

    def __init__(self, labels: LabelSet, guidelines: str, *, nested: bool = False) -> None:
        self._labels, self._nested = labels, nested
        self.instruction = (
            _TASK.replace("{labels}", labels.listing()),
            f"Guidelines:\n{guidelines.strip()}" if guidelines.strip() else "",
            _MENTIONS,
        )
        self._answer = _ANSWER.replace("LABELS", labels.quoted())

    def render(self, text: str, contested: Sequence[Contested]) -> tuple[Message, ...]:
        """Return the chat messages about these mentions, numbered from 1."""
        mentions = [one for one in contested if isinstance(one, VotedSpan)]
        instruction = (*self.instruction, self._answer)
        return messages(instruction, self.introduction(text, mentions), text)

    @staticmethod
    def introduction(text: str, mentions: Sequence[VotedSpan]) -> str:
        """Return the list of mentions before the text, numbered from 1."""
        lines = [_line(number, one, text) for number, one in enumerate(mentions, start=1)]
        return "Check these mentions.\n\nMentions:\n" + "\n".join(lines)

    def read(self, text: str, reply: Reply) -> Verdicts:
        """Return the verdicts of a reply; the note ``off_schema`` counts unknown labels."""
        own = without_quotations(reply.text, text)
        parts = [] if was_filtered(reply) else answer_objects(own, _KEY, text)
        lists = [part[_KEY] for part in parts if isinstance(part[_KEY], list)]
        entries = [entry for one in lists for entry in one]
        if not lists or len(lists) < len(parts):
            failed = unusable_result(reply, "no complete answer about the mentions")
            return Verdicts(failed.state, problem=failed.problem)
        answers: dict[int, str | None] = {}
        unknown = 0
        for entry in entries:
            number, label = _entry(entry)
            if number is None:
                continue
            known = None if label is None else self._labels.normalise(label)
            if label is not None and known is None:
                unknown += 1
            else:
                answers.setdefault(number, known)
        return Verdicts(State.DONE, answers, notes={"off_schema": unknown} if unknown else {})

    def apply_verdicts(
        self,
        text: str,  # noqa: ARG002
        vote: VoteResult,
        verdicts: Verdicts,
        abstain: bool,
    ) -> VoteResult:
        """Return the vote with the verdicts applied; its notes count the outcomes."""
        counted = {"confirmed": 0, "relabelled": 0, "rejected": 0, "unanswered": 0}
        numbers = {one.span.key: n for n, one in enumerate(vote.contested_spans, start=1)}
        candidates: list[VotedSpan] = []
        for one in vote.voted_spans:
            number = numbers.get(one.span.key)
            if number is None:
                candidates.append(one)
            elif number not in verdicts.answers:
                counted["unanswered"] += 1
                candidates.append(one)
            else:
                label = verdicts.answers[number]
                counted[_outcome(one, label)] += 1
                candidates.append(with_verdict(one, label))
        if self._nested:
            result = resolve_nested(candidates, vote.abstained, vote.abstained_labels, abstain)
        else:
            result = resolve(candidates, vote.abstained, abstain)
        return replace(result, notes={**result.notes, **counted})


def _outcome(one: VotedSpan, label: str | None) -> str:
    if label is None:
        return "rejected"
    return "confirmed" if label == one.span.label else "relabelled"


def _line(number: int, one: VotedSpan, text: str) -> str:
    span = one.span
    surface = text[span.start : span.end]
    line: dict[str, Any] = {"number": number, "text": surface, "label": span.label}
    if text.count(surface) > 1:
        line["occurrence"] = 1 + text.count(surface, 0, span.start)
    return json.dumps(line, ensure_ascii=False)


def _entry(entry: Any) -> tuple[int | None, str | None]:
    """Return number and label of one entry; number None if the entry is malformed."""
    if not isinstance(entry, Mapping) or "label" not in entry:
        return None, None
    number, label = entry.get("number"), entry["label"]
    if not isinstance(number, int) or isinstance(number, bool):
        return None, None
    return (number, label) if label is None or isinstance(label, str) else (None, None)
