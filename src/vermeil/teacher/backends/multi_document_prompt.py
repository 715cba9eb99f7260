"""Multi-document prompts: merging the requests of several documents and splitting their reply.

Every document keeps its own request, with its own key and state. Requests that wait at the same
time are merged. Each text is one line of JSON with an id derived from the text, so that texts
cannot run into each other. The whole reply is stored under the key of every request, and each
document finds its own line by its id. So the result does not depend on the other documents of a
request. If a reply lacks one document, only that document is unparsable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from vermeil.data.reply import Message, Reply, Request, Usage
from vermeil.errors import ConfigError
from vermeil.tasks.protocol import ReplyResult
from vermeil.tasks.replies import canonical_json, json_objects

Read = Callable[[str, Reply], ReplyResult]
"""Function of a task that parses the reply to a text."""

_ID_KEY = "id"
_INSTRUCTION = """\
Several texts at once: the user's message ends with one text per line after the line "Texts:", \
each as {"id": "...", "text": "..."}. All that is said above holds for each text by itself. Give \
one answer per text, each on a line of its own and in the format above, with the text's id as \
first key: {"id": "...", and so on. Leave out no text."""

_BEFORE, _AFTER = "\n\nText:\n", "\n\nTexts:\n"


def to_multi_document(request: Request) -> Request:
    """Return a document's request in the multi-document format, with one document."""
    system, *examples, question = request.messages
    instructed = {**system, "content": f"{system['content']}\n\n{_INSTRUCTION}"}
    pairs = zip(examples[::2], examples[1::2], strict=True)
    turns = [message for pair in pairs for message in _example(*pair)]
    introduction = question["content"].removesuffix(request.text).removesuffix(_BEFORE)
    converted = {**question, "content": _texts(introduction, [request.text])}
    return replace(request, messages=(instructed, *turns, converted))


def can_share_request(one: Request, other: Request) -> bool:
    """Return whether two multi-document requests can be merged: only their texts differ."""
    same = (one.model, one.parameters, one.sample) == (other.model, other.parameters, other.sample)
    same = same and one.messages[:-1] == other.messages[:-1]
    return same and _introduction(one) == _introduction(other) and one.text != other.text


def merge_requests(requests: Sequence[Request]) -> Request:
    """Return one request for several that can share one, with each text on its own line."""
    first = requests[0]
    content = _texts(_introduction(first), [one.text for one in requests])
    question = {**first.messages[-1], "content": content}
    parameters = dict(first.parameters)
    if isinstance(max_tokens := parameters.get("max_tokens"), int):
        parameters["max_tokens"] = max_tokens * len(requests)
    return replace(first, messages=(*first.messages[:-1], question), parameters=parameters)


def split_usage(reply: Reply, number: int) -> list[Reply]:
    """Return the whole reply for each of ``number`` documents, with its usage divided evenly."""
    return [replace(reply, usage=share) for share in split_counts(reply.usage, number)]


def split_counts(usage: Usage, number: int) -> list[Usage]:
    """Return ``number`` shares of a usage that add up to it."""
    counts = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens)
    shares = zip(*(_split_evenly(tokens, number) for tokens in counts), strict=True)
    return [Usage(*share) for share in shares]


def extract_reply(text: str, reply: Reply) -> Reply:
    """Return the part of a multi-document reply that belongs to ``text``.

    If no line has the text's id, or two different lines have it, the returned reply is empty. It
    then counts as unparsable or truncated, independently of the lines for other texts.
    """
    own = text_id(text)
    found = {
        canonical_json(value): (start, end)
        for value, start, end in json_objects(reply.text)
        if value.get(_ID_KEY) == own
    }
    if len(found) == 1:
        was_cut = reply.finish_reason == "length"
        start, end = next(iter(found.values()))
        return replace(
            reply,
            text=reply.text[start:end],
            finish_reason="stop" if was_cut else reply.finish_reason,
            logprobs=reply.logprobs and reply.logprobs.for_range(start, end),
        )
    return reply if "{" not in reply.text else replace(reply, text="", logprobs=None)


def read_multi_document(read: Read) -> Read:
    """Return a parser of multi-document replies that applies ``read`` to a document's part."""
    return lambda text, reply: read(text, extract_reply(text, reply))


def text_id(text: str) -> str:
    """Return the id of a text, a digest that does not depend on the other texts."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _introduction(request: Request) -> str:
    """Return the last message before its texts; the texts themselves contain no line end."""
    return request.messages[-1]["content"].rpartition(_AFTER)[0]


def _texts(introduction: str, texts: Sequence[str]) -> str:
    lines = (json.dumps({_ID_KEY: text_id(one), "text": one}, ensure_ascii=False) for one in texts)
    return f"{introduction}{_AFTER}" + "\n".join(lines)


def _example(question: Message, answer: Message) -> tuple[Message, Message]:
    """Return a demonstration in the multi-document format, with one document."""
    introduction, _, text = question["content"].partition(_BEFORE)
    try:
        line = {_ID_KEY: text_id(text), **json.loads(answer["content"])}
    except (ValueError, TypeError):
        raise ConfigError(
            "teacher.documents_per_request: several documents per request need replies in JSON; "
            "set it to 1, or choose another task.reply_format"
        ) from None
    converted = {**question, "content": _texts(introduction, [text])}
    return converted, {**answer, "content": json.dumps(line, ensure_ascii=False)}


def _split_evenly(tokens: int, number: int) -> list[int]:
    """Return ``number`` integer shares that add up to ``tokens`` and differ by at most 1."""
    share, rest = divmod(tokens, number)
    return [share + (i < rest) for i in range(number)]
