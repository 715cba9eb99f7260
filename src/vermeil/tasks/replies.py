"""Replies of all tasks: JSON objects in a reply, quotations, refusals and truncation.

A reply is usable only if it holds a complete JSON object of the requested shape. Any other reply
gets a state that names the problem. It is never read as "nothing there".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from vermeil.data.reply import REASONING_ONLY, Reply, State
from vermeil.tasks.answer_context import is_draft, is_possibility, is_quotation, relation
from vermeil.tasks.protocol import ReplyResult


def _with_all_values(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object that loses no value of a repeated key: lists are joined."""
    values: dict[str, list[Any]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return {key: found[0] if len(found) == 1 else _joined(found) for key, found in values.items()}


def _joined(values: list[Any]) -> Any:
    if all(value == values[0] for value in values):
        return values[0]
    return [one for value in values for one in (value if isinstance(value, list) else [value])]


_DECODER = json.JSONDecoder(object_pairs_hook=_with_all_values)
_OPENING = re.compile(r'\{\s*"')
_OBJECT = re.compile(r'\{\s*["}]')
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_REFUSAL_LEAD = (
    r"\W*(?:(?:(?:i['’]m|i am|we['’]re|we are)\s+)?(?:so |very )?sorry\W+(?:but\s+)?"
    r"|(?:my )?apologies\W+(?:but\s+)?|unfortunately\W+|as an ai\b[^.!?\n]{0,60}?,\s*)*"
    r"(?:(?:i|we)\s+(?:can(?:not|['’]t| not)|won['’]t|will not)"
    r"|(?:i am|i['’]m|we are|we['’]re) (?:unable|not able) to)\s+"
)
_REFUSED_ACTION = (
    r"(?:assist|help|comply|fulfil|engage|process|continue|do (?:this|that)"
    r"|complete (?:this|that|your)"
    r"|(?:provide|share|generate|create) (?:this|that|such|assistance))"
)
_REFUSAL = re.compile(_REFUSAL_LEAD + _REFUSED_ACTION, re.IGNORECASE)
_REFUSAL_WITH_ANSWER = re.compile(
    rf"{_REFUSAL_LEAD}(?:{_REFUSED_ACTION}|(?:extract|annotate|label|tag|analy[sz]e|perform|answer"
    r"|respond|discuss|complete|identify|provide|share|handle|work|do)\b"
    r"(?!\s+(?:any|a single|further|more|other|named|entit\w+|names)\b))"
    r"|\W*(?:sorry\W+(?:but )?)?(?:i|we) (?:must |have to |need to )?(?:decline|refuse)\b"
    r"|\W*(?:sorry\W+(?:but )?)?(?:i['’]m|i am) not comfortable\b"
    r"|\W*th(?:is|e) (?:request|content|text|task) (?:violates|goes against|is against)\b",
    re.IGNORECASE,
)
"""Refusals beside an empty answer; "I cannot identify any entities" is an answer."""
_SENTENCE_START = re.compile(r"\A|[\n.!?:}\]]\s*|(?<=[>`])\s*")
_COMPLETE = frozenset(
    (
        *("", "none", "null", "stop", "stopped", "eos", "eostoken", "endturn"),
        *("stopsequence", "stoptoken", "endoftext", "complete", "completed", "finished"),
    )
)
"""Finish reasons of a reply that the model ended."""
_LIMITS = frozenset(
    (
        *("length", "maxtokens", "maxlength", "maxnewtokens", "maxoutputtokens"),
        *("maxcompletiontokens", "modellength", "tokenlimit", "limit", "maxcontextlength"),
        *("modelcontextwindowexceeded", "contextlengthexceeded"),
    )
)
"""Finish reasons of a reply that reached a length limit."""
_FILTERED = frozenset(
    (
        *("contentfilter", "contentfiltered", "filtered", "safety", "imagesafety", "recitation"),
        *("blocklist", "blocked", "spii", "refusal", "refused", "prohibitedcontent"),
        *("contentpolicyviolation", "guardrailintervened", "guardrail", "sensitive"),
        *("sensitivecontent", "moderation", "modelarmor", "language", "errortoxic"),
    )
)
"""Finish reasons of a reply that the server withheld, in whole or in part."""
_REASONED_ONLY = REASONING_ONLY.replace("_", "")
_NO_ANSWER_AFTER_REASONING = (
    "the reply is empty: the model only reasoned; turn its reasoning off or shorten it "
    "(teacher.extra), or raise teacher.max_tokens"
)
_LONGEST_REFUSAL = 800
"""Characters. A longer reply that begins like a refusal also holds other content."""


def answer_objects(reply: str, key: str, text: str) -> list[dict[str, Any]]:
    """Return the JSON objects with ``key`` that are the answer: several if it has several parts.

    Reasoning, code fences, quotations and drafts are left out. If ``key`` occurs again after the
    last object, the real answer is broken or cut off. The objects before it are then drafts or
    quotations of the instruction, and the result is empty.

    Args:
        reply: the reply.
        key: the key of the answer.
        text: the document's text.
    """
    parts: list[dict[str, Any]] = []
    position, end, lower = 0, 0, 0
    last = max(reply.rfind(f'"{key}"'), 0)
    after_draft = False
    while opening := _OPENING.search(reply, position, last + 1):
        start = opening.start()
        try:
            value, position = _DECODER.raw_decode(reply, start)
        except ValueError:  # no JSON, or a number with too many digits
            position = start + 1
            continue
        except RecursionError:  # nested deeper than any answer
            return []
        having = list(_objects_with(value, key))
        if not having:
            continue
        before, end = reply[end:start], position
        if parts and is_possibility(reply, start, lower):
            continue
        is_part = parts and not after_draft and relation(before, text) == "part"
        if not is_part:
            parts = []
        parts += having
        after_draft = is_draft(reply, start, lower) or is_quotation(reply, start, lower)
        lower = position
    reopened = re.compile(rf'"{re.escape(key)}"\s*:').search(reply, end)
    return [] if reopened else parts


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
    if ended_at_limit(reply):
        return ReplyResult(
            State.TRUNCATED, problem="cut off at the length limit before the answer", notes=notes
        )
    if _folded_reason(reply) == _REASONED_ONLY:
        problem = _NO_ANSWER_AFTER_REASONING
    elif not ended_normally(reply):
        problem = f"{problem}; the server ended the reply with the reason {reply.finish_reason!r}"
    return ReplyResult(State.UNPARSABLE, problem=problem, notes=notes)


def was_refused(reply: Reply) -> bool:
    """Return whether the server filtered the reply or it is short and begins with a refusal."""
    if was_filtered(reply):
        return True
    return len(reply.text) <= _LONGEST_REFUSAL and _REFUSAL.match(reply.text) is not None


def unreliable_empty_result(reply: Reply, text: str) -> ReplyResult | None:
    """Return the result for an empty answer that is not reliable; None if it is reliable.

    It is not reliable after a refusal, or if the server ended the reply for an unknown reason.

    Args:
        reply: a reply with an empty answer.
        text: the document's text. A refusal that it contains is a quotation.
    """
    if _holds_refusal(reply, text):
        return ReplyResult(State.REFUSED, problem="the teacher declined, with an empty answer")
    if ended_normally(reply) or ended_at_limit(reply):
        return None
    problem = f"an empty answer that the server ended with the reason {reply.finish_reason!r}"
    return ReplyResult(State.UNPARSABLE, problem=problem)


def _holds_refusal(reply: Reply, text: str) -> bool:
    if len(reply.text) > _LONGEST_REFUSAL:
        return False
    starts = (found.end() for found in _SENTENCE_START.finditer(reply.text))
    found = (_REFUSAL_WITH_ANSWER.match(reply.text, start) for start in starts)
    return any(one is not None and one.group().strip() not in text for one in found)


def was_filtered(reply: Reply) -> bool:
    """Return whether the server withheld the reply or part of it.

    Even a complete answer is then not reliable.
    """
    return _folded_reason(reply) in _FILTERED


def ended_at_limit(reply: Reply) -> bool:
    """Return whether the reply reached a length limit."""
    return _folded_reason(reply) in _LIMITS


def ended_normally(reply: Reply) -> bool:
    """Return whether the model ended the reply; an unknown finish reason counts as an abort."""
    return _folded_reason(reply) in _COMPLETE


def was_cut_after_draft(reply: Reply) -> bool:
    """Return whether the reply did not end normally and does not end with an answer.

    An empty answer before that point may be a quotation of the instruction.
    """
    return not ended_normally(reply) and not reply.text.rstrip(" \r\n`").endswith(("}", "]"))


def _folded_reason(reply: Reply) -> str:
    """Return the letters of the finish reason: servers write MAX_TOKENS, maxTokens, max-tokens."""
    return re.sub(r"[^a-z]+", "", reply.finish_reason.casefold()).removeprefix("finishreason")


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


def _objects_with(value: Any, key: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost objects with ``key`` within a JSON value, in the order of the value."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, dict) and key in value:
            yield value
        elif isinstance(value, dict):
            stack.extend(reversed(value.values()))
        elif isinstance(value, list):
            stack.extend(reversed(value))
