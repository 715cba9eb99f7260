"""Replies of all tasks: JSON objects in a reply, quotations, refusals and truncation.

A reply is usable only if it holds a complete JSON object of the requested shape. Any other reply
gets a state that names the problem. It is never read as "nothing there".
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
"""Characters. A longer reply that begins like a refusal also holds other content."""


def last_object(text: str, key: str) -> dict[str, Any] | None:
    """Return the last JSON object in ``text`` that has ``key``, or None if there is none.

    Reasoning, code fences and closing words around it are ignored. If ``key`` occurs again after
    that object, the real answer is broken or cut off. The object before it is then a draft or a
    quotation of the instruction, and the result is None.
    """
    found: dict[str, Any] | None = None
    position, end = 0, 0
    last = max(text.rfind(f'"{key}"'), 0)
    while opening := _OPENING.search(text, position, last + 1):
        try:
            value, position = _DECODER.raw_decode(text, opening.start())
        except ValueError:  # no JSON, or a number with too many digits
            position = opening.start() + 1
        except RecursionError:  # nested deeper than any answer
            return None
        else:
            having = next((inner for inner in _objects(value) if key in inner), None)
            found, end = (found, end) if having is None else (having, position)
    reopened = re.compile(rf'"{re.escape(key)}"\s*:').search(text, end)
    return None if reopened else found


def closed_object_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an object with exactly these properties."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def without_quotations(reply: str, text: str) -> str:
    """Return a reply without the JSON objects that also occur in the document's text.

    Such an object is a quotation or the effect of an instruction in the text, and no answer.
    """
    if "{" not in text or "{" not in reply:
        return reply
    own = {canonical_json(inner) for value, _, _ in json_objects(text) for inner in _objects(value)}
    pieces, at = [], 0
    for value, start, end in json_objects(reply):
        if canonical_json(value) in own:
            pieces.append(reply[at:start])
            at = end
    return "".join((*pieces, reply[at:]))


def json_objects(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Yield the outermost JSON objects in a text, with start and end of each."""
    position = 0
    while opening := _OBJECT.search(text, position):
        try:
            value, position = _DECODER.raw_decode(text, opening.start())
        except ValueError:
            position = opening.start() + 1
        except RecursionError:  # nested deeper than any answer
            return
        else:
            yield value, opening.start(), position


def canonical_json(value: dict[str, Any]) -> str:
    """Return the canonical form of a JSON object: its keys are sorted."""
    return json.dumps(value, sort_keys=True)


def as_text(value: object) -> str | None:
    """Return a JSON string as text that UTF-8 can encode; None if the value is no string."""
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else None


def unusable_result(reply: Reply, problem: str, **notes: int) -> ReplyResult:
    """Return the result for a reply that could not be parsed.

    The state is REFUSED if the server filtered the reply or the model declined, TRUNCATED if the
    reply reached the length limit, and UNPARSABLE otherwise.

    Args:
        reply: the reply.
        problem: the reason for the state UNPARSABLE.
        **notes: irregularities of the reply, name to count.
    """
    if was_refused(reply):
        return ReplyResult(State.REFUSED, problem="the teacher declined", notes=notes)
    if reply.finish_reason == "length":
        return ReplyResult(
            State.TRUNCATED, problem="cut off at the length limit before the answer", notes=notes
        )
    return ReplyResult(State.UNPARSABLE, problem=problem, notes=notes)


def was_refused(reply: Reply) -> bool:
    """Return whether the server filtered the reply or it is short and begins with a refusal."""
    if was_filtered(reply):
        return True
    return len(reply.text) <= _LONGEST_REFUSAL and _REFUSAL.match(reply.text) is not None


def was_filtered(reply: Reply) -> bool:
    """Return whether the server withheld the reply or part of it.

    Even a complete answer is then not reliable.
    """
    return reply.finish_reason == "content_filter"


def was_cut_after_draft(reply: Reply) -> bool:
    """Return whether the reply reached the length limit and does not end with an answer.

    An empty answer before that point may be a quotation of the instruction.
    """
    return reply.finish_reason == "length" and not reply.text.rstrip(" \r\n`").endswith(("}", "]"))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object within a JSON value, outermost first along each branch."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield value
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
