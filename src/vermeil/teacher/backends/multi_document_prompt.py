"""Several documents in one request: how they are put together, and taken apart again.

Every document keeps a request of its own, with its own key and state. Requests that wait at the
same time are put into one: each text as one line of JSON, so that none can run into another one,
under a mark that is made from the text. The whole answer is stored under every one of them, and
each finds its own line by its mark. So it does not matter with which others a document was asked,
and an answer that lacks one document leaves just that one unparsable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from vermeil.data.reply import Message, Reply, Request, Usage
from vermeil.errors import ConfigError
from vermeil.tasks.protocol import ReplyResult
from vermeil.tasks.replies import canonical, objects_in

Read = Callable[[str, Reply], ReplyResult]
"""What a task makes of a reply to a text."""

_ID_KEY = "id"
_INSTRUCTION = """\
Several texts at once: the user's message ends with one text per line after the line "Texts:", \
each as {"id": "...", "text": "..."}. All that is said above holds for each text by itself. Give \
one answer per text, each on a line of its own and in the format above, with the text's id as \
first key: {"id": "...", and so on. Leave out no text."""

_BEFORE, _AFTER = "\n\nText:\n", "\n\nTexts:\n"


def to_multi_document(request: Request) -> Request:
    """Return a document's request as it is asked in company; alone it is a pack of one."""
    system, *shown, question = request.messages
    noted = {**system, "content": f"{system['content']}\n\n{_INSTRUCTION}"}
    examples = [_example(one, answer) for one, answer in zip(shown[::2], shown[1::2], strict=True)]
    turns = [message for pair in examples for message in pair]
    introduction = question["content"].removesuffix(request.text).removesuffix(_BEFORE)
    asked = {**question, "content": _texts(introduction, [request.text])}
    return replace(request, messages=(noted, *turns, asked))


def can_share_request(one: Request, other: Request) -> bool:
    """Whether two packable requests can be one: all but the texts is the same."""
    same = (one.model, one.parameters, one.sample) == (other.model, other.parameters, other.sample)
    return same and one.messages[:-1] == other.messages[:-1] and one.text != other.text


def merge_requests(requests: Sequence[Request]) -> Request:
    """Return one request for several packable ones that are alike; each text stands on one line."""
    first = requests[0]
    introduction = first.messages[-1]["content"].partition(_AFTER)[0]
    content = _texts(introduction, [one.text for one in requests])
    question = {**first.messages[-1], "content": content}
    parameters = dict(first.parameters)
    if isinstance(longest := parameters.get("max_tokens"), int):
        parameters["max_tokens"] = longest * len(requests)
    return replace(first, messages=(*first.messages[:-1], question), parameters=parameters)


def split_usage(reply: Reply, number: int) -> list[Reply]:
    """Return the whole reply for each of ``number`` documents, its usage divided among them."""
    used = reply.usage
    counted = (used.prompt_tokens, used.completion_tokens, used.cached_tokens)
    parts = zip(*(_split_evenly(tokens, number) for tokens in counted), strict=True)
    return [replace(reply, usage=Usage(*part)) for part in parts]


def extract_reply(text: str, reply: Reply) -> Reply:
    """Return the part of a pack's reply that is about ``text``.

    Where no line has the text's mark, or two that differ have it, nothing is left of the reply: it
    is unparsable or truncated, whatever it says about other texts.
    """
    own = text_id(text)
    found = {
        canonical(value): (start, end)
        for value, start, end in objects_in(reply.text)
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
    """Return how to read the reply to a packed document, given how to read one of its own."""
    return lambda text, reply: read(text, extract_reply(text, reply))


def text_id(text: str) -> str:
    """Return the mark of a text: the same whatever it is asked together with."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _texts(introduction: str, texts: Sequence[str]) -> str:
    lines = (json.dumps({_ID_KEY: text_id(one), "text": one}, ensure_ascii=False) for one in texts)
    return f"{introduction}{_AFTER}" + "\n".join(lines)


def _example(question: Message, answer: Message) -> tuple[Message, Message]:
    """Return a demonstration as a pack of one."""
    introduction, _, text = question["content"].partition(_BEFORE)
    try:
        said = {_ID_KEY: text_id(text), **json.loads(answer["content"])}
    except (ValueError, TypeError):
        raise ConfigError(
            "teacher.documents_per_request: several documents per request need answers in JSON; "
            "set it to 1, or choose another reply format"
        ) from None
    asked = {**question, "content": _texts(introduction, [text])}
    return asked, {**answer, "content": json.dumps(said, ensure_ascii=False)}


def _split_evenly(tokens: int, number: int) -> list[int]:
    """Return ``number`` whole shares that add up to ``tokens`` and differ by at most 1."""
    share, rest = divmod(tokens, number)
    return [share + (i < rest) for i in range(number)]
