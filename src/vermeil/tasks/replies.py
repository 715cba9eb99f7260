"""What replies of every task have in common: a JSON object to find, and ways to go wrong.

A reply is usable only if it holds a whole JSON object of the shape that was asked for. Everything
else is named for what it is, and never read as "nothing there".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from vermeil.data.reply import Reply, State
from vermeil.tasks.protocol import ReplyResult

_DECODER = json.JSONDecoder()
_OPENING = re.compile(r'\{\s*"')
_OBJECT = re.compile(r'\{\s*["}]')
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_REFUSAL = re.compile(
    r"\W*(?:(?:(?:i['’]m|i am|we['’]re|we are)\s+)?(?:so |very )?sorry\W+(?:but\s+)?"
    r"|(?:my )?apologies\W+(?:but\s+)?|unfortunately\W+|as an ai\b[^.!?\n]{0,60}?,\s*)*"
    r"(?:(?:i|we)\s+(?:can(?:not|['’]t| not)|won['’]t|will not)"
    r"|(?:i am|i['’]m|we are|we['’]re) (?:unable|not able) to)\s+"
    r"(?:assist|help|comply|fulfil|engage|process|continue|do (?:this|that)"
    r"|complete (?:this|that|your)"
    r"|(?:provide|share|generate|create) (?:this|that|such|assistance))",
    re.IGNORECASE,
)
_LONGEST_REFUSAL = 800
"""Characters; a longer reply that begins like a refusal did something else as well."""


def last_object(text: str, key: str) -> dict[str, Any] | None:
    """Return the last JSON object in ``text`` that has ``key``, whatever stands around it.

    Reasoning, code fences and closing words are passed over. Where ``key`` is opened once more
    after that object, the answer itself is broken or cut off, and what was found before it is only
    a draft or a quotation of the instruction: then there is none.
    """
    found: dict[str, Any] | None = None
    position, end = 0, 0
    last = max(text.rfind(f'"{key}"'), 0)
    while opening := _OPENING.search(text, position, last + 1):
        try:
            value, position = _DECODER.raw_decode(text, opening.start())
        except ValueError:  # no JSON, or a number of absurd length
            position = opening.start() + 1
        except RecursionError:  # nested as no answer is
            return None
        else:
            having = next((inner for inner in _objects(value) if key in inner), None)
            found, end = (found, end) if having is None else (having, position)
    reopened = re.compile(rf'"{re.escape(key)}"\s*:').search(text, end)
    return None if reopened else found


def closed_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an object that has exactly these properties."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def without_quotations(reply: str, text: str) -> str:
    """Return a reply without the JSON objects that stand in the document's text, too.

    What a document holds is no answer, even if the teacher repeats it: a quotation, or an order
    that the text gave.
    """
    if "{" not in text or "{" not in reply:
        return reply
    own = {canonical(inner) for value, _, _ in objects_in(text) for inner in _objects(value)}
    pieces, at = [], 0
    for value, start, end in objects_in(reply):
        if canonical(value) in own:
            pieces.append(reply[at:start])
            at = end
    return "".join((*pieces, reply[at:]))


def objects_in(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Yield the JSON objects that stand in a text, none within another, with their ranges."""
    position = 0
    while opening := _OBJECT.search(text, position):
        try:
            value, position = _DECODER.raw_decode(text, opening.start())
        except ValueError:
            position = opening.start() + 1
        except RecursionError:  # nested as no answer is
            return
        else:
            yield value, opening.start(), position


def canonical(value: dict[str, Any]) -> str:
    """Return the one form that all ways to write a JSON object have in common."""
    return json.dumps(value, sort_keys=True)


def as_text(value: object) -> str | None:
    """Return a JSON string as text that can be written in UTF-8; None if it is not a string."""
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else None


def unusable(reply: Reply, problem: str, **notes: int) -> ReplyResult:
    """Name what is wrong with a reply that could not be parsed.

    REFUSED where the server filtered it or the model plainly declined, TRUNCATED where it reached
    the length limit, UNPARSABLE otherwise.
    """
    if was_refused(reply):
        return ReplyResult(State.REFUSED, problem="the teacher declined", notes=notes)
    if reply.finish_reason == "length":
        return ReplyResult(
            State.TRUNCATED, problem="cut off at the length limit before the answer", notes=notes
        )
    return ReplyResult(State.UNPARSABLE, problem=problem, notes=notes)


def was_refused(reply: Reply) -> bool:
    """Whether the server filtered the reply, or it is short and begins as a plain refusal."""
    if was_filtered(reply):
        return True
    return len(reply.text) <= _LONGEST_REFUSAL and _REFUSAL.match(reply.text) is not None


def was_filtered(reply: Reply) -> bool:
    """Whether the server withheld the reply or part of it: even a whole answer is then suspect."""
    return reply.finish_reason == "content_filter"


def was_cut_after_draft(reply: Reply) -> bool:
    """Whether the reply reached the length limit, and it was not an answer that it ended with.

    An answer "nothing there" before that point may be a quotation of the instruction.
    """
    return reply.finish_reason == "length" and not reply.text.rstrip(" \r\n`").endswith(("}", "]"))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a JSON value, outermost first along each branch."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
