"""However a reply is escaped and cut into tokens, each mention has the probability of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest
from benchmarks.fuzz_replies import mutated_replies
from hypothesis import given, settings
from hypothesis import strategies as st

from vermeil.data.mention import Mention
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.confidence import confidence
from vermeil.tasks.ner.formats import parse_reply
from vermeil.tasks.ner.reply_format import Question
from vermeil.teacher.backends.openai.logprobs import parse_logprobs
from vermeil.teacher.store.logprobs import decode_logprobs, encode_logprobs

LABELS = LabelSet.from_config(
    TaskConfig(labels={name: LabelConfig() for name in ("PER", "text", "label")})
)
SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\n": "\\n", "\t": "\\t"}
FORMATS = ("json", "json_list", "json_occurrence", "token_indices", "json_surfaces", "json_labels")

names = st.one_of(
    st.sampled_from(["text", "label", "PER", "entities", "Ann", "Ann Lee", "a", '"', "\\u0041"]),
    st.text(alphabet='Aé日😀" \\/:,{}[]\n\t', min_size=1, max_size=6),
)
pair_lists = st.lists(st.tuples(names, st.sampled_from(LABELS.names)), max_size=4)
before = st.sampled_from(
    [
        "",
        '"Ann" is a "PER".\n',
        "<think>Ann?</think>\n",
        '{"entities": [{"text": "a"}]}\nNo:\n',
        "é",
    ]
)
behind = st.sampled_from(["", "\n", "<|im_end|>", "\n</s>"])


@dataclass
class Written:
    """A reply as it is written, and where each mention stands in it, in order."""

    text: str = ""
    places: list[tuple[tuple[int, int], ...]] = field(default_factory=list)

    def add(self, piece: str) -> tuple[int, int]:
        start = len(self.text)
        self.text += piece
        return start, len(self.text)

    def quote(self, string: str, closing: int = 0) -> tuple[int, int]:
        """Add a string; its place is that of its characters and, if wanted, the closing quote."""
        self.add('"')
        start, end = self.add(string)
        self.add('"')
        return start, end + closing


@st.composite
def escaped(draw: st.DrawFn, string: Any) -> Any:
    """One of the ways in which JSON can write the characters of a string."""
    pieces = []
    for character in string:
        code = character.encode("utf-16-be").hex()
        ways = ["".join(f"\\u{code[i : i + 4]}" for i in range(0, len(code), 4))]
        if character in SHORT:
            ways.append(SHORT[character])
        if character not in '"\\\n\t':
            ways.append(character)
        pieces.append(draw(st.sampled_from(ways)))
    return "".join(pieces)


@st.composite
def replies(draw: st.DrawFn, name: str) -> Any:
    """Pairs of surface and label, and a reply with them."""
    pairs = draw(pair_lists)
    if name == "json_surfaces":
        pairs = list(dict(pairs).items())
    if name == "json_labels":
        pairs = [one for label in LABELS.names for one in pairs if one[1] == label]
    reply = Written(draw(before))
    write = {"json_labels": _by_label, "json_surfaces": _by_surface}.get(name, _entries)
    write(reply, pairs, name, lambda string: draw(escaped(string)))
    return pairs, reply


def _by_label(reply: Any, pairs: Any, _name: Any, escape: Any) -> None:
    reply.add("{")
    for number, label in enumerate(LABELS.names):
        reply.add(", " * (number > 0))
        place = reply.quote(escape(label))
        reply.add(": [")
        for i, surface in enumerate([one for one, own in pairs if own == label]):
            reply.add(", " * (i > 0))
            reply.places.append((reply.quote(escape(surface), closing=1), place))
        reply.add("]")
    reply.add("}")


def _by_surface(reply: Any, pairs: Any, _name: Any, escape: Any) -> None:
    reply.add("{")
    for i, (surface, label) in enumerate(pairs):
        reply.add(", " * (i > 0))
        first = reply.quote(escape(surface), closing=1)
        reply.add(":")
        reply.places.append((first, reply.quote(escape(label))))
    reply.add("}")


def _entries(reply: Any, pairs: Any, name: str, escape: Any) -> None:
    is_pair, is_list = name == "token_indices", name in ("token_indices", "json_list")
    reply.add("[" if is_list else '{"entities": [')
    for i, (surface, label) in enumerate(pairs):
        reply.add(",\n" * (i > 0) + ("[" if is_pair else '{"text":'))
        first = reply.quote(escape(surface), closing=1)
        reply.add(", " if is_pair else ',"label": ')
        reply.places.append((first, reply.quote(escape(label))))
        reply.add(", 0, 0]" if is_pair else "}")
    reply.add("]" if is_list else "]}")


@st.composite
def tokens_of(draw: st.DrawFn, text: str) -> Any:
    """Cut bytes anywhere; each piece with a log-probability."""
    data = text.encode()
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(data) - 1)), max_size=30)))
    cuts = [cut for cut in cuts if cut < len(data)]
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    values = draw(st.lists(st.integers(-200_000, 0), min_size=len(pieces), max_size=len(pieces)))
    return list(zip(pieces, [value / 100_000 for value in values], strict=True))


def expected(tokens: Any, text: str, places: Any) -> Any:
    """Add up, byte by byte, what has a part in a place; pieces of a character are one token."""
    owners, number = [], 0
    sums = [0.0]
    written = b""
    for piece, value in tokens:
        try:
            written.decode()
        except UnicodeDecodeError:
            pass  # the last character is not whole: this piece goes with the one before
        else:
            if written:
                number += 1
                sums.append(0.0)
        sums[number] += value
        written += piece
        owners += [number] * len(piece)
    having = set()
    for start, end in places:
        first, last = (len(text[:at].encode()) for at in (start, end))
        having.update(owners[first:last])
    return math.exp(math.fsum(sums[one] for one in having))


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=100)
@given(data=st.data())
def test_confidence_is_that_of_the_tokens_of_a_mention(name: str, data: st.DataObject) -> None:
    pairs, reply = data.draw(replies(name))
    text = reply.text
    tokens = data.draw(tokens_of(text))
    content = [
        {"token": piece.decode(errors="replace"), "bytes": list(piece), "logprob": value}
        for piece, value in tokens
    ]
    first, last = (
        {"token": hidden, "bytes": None, "logprob": -7.0} for hidden in ("\n", data.draw(behind))
    )
    logprobs = decode_logprobs(
        encode_logprobs(parse_logprobs({"content": [first, *content, last]}, text))
    )
    assert logprobs is not None
    parsed = parse_reply(name, text, Question("", LABELS))
    if not pairs:
        return
    assert parsed is not None
    assert [(m.surface, m.label) for m in parsed.mentions] == pairs
    for mention, places in zip(parsed.mentions, reply.places, strict=True):
        assert confidence(mention, logprobs) == pytest.approx(expected(tokens, text, places))


def test_a_mention_of_unknown_origin_has_no_confidence() -> None:
    logprobs = parse_logprobs({"content": [{"token": "Ann", "logprob": -1}]}, "Ann")
    assert logprobs is not None
    assert confidence(Mention("Ann", "PER"), logprobs) is None


def test_the_closing_quote_of_a_surface_counts_also_if_the_label_comes_first() -> None:
    reply = '[["Ann", "PER", 0, 0], ["PER", "Ann", 0, 0]]'
    parsed = parse_reply("token_indices", reply, Question("Ann", LABELS))
    assert parsed is not None
    held = [[reply[a or None : b or None] for a, b in m.reply_ranges] for m in parsed.mentions]
    assert held == [['Ann"', "PER"], ['Ann"', "PER"]]


@settings(max_examples=100)
@given(seed=st.integers(0, 2**32))
def test_ranges_in_a_broken_reply_hold_the_surface_and_label(seed: int) -> None:
    for case in mutated_replies(seed, 20):
        text = case.reply.text
        parsed = parse_reply(case.name, text, Question(case.text, LABELS))
        for mention in () if parsed is None else parsed.mentions:
            for place, string, quote in zip(
                mention.reply_ranges, (mention.surface, mention.label), (1, 0), strict=False
            ):
                start, end = (len(text) + at for at in place)
                raw = text[start : end - quote]
                if "\\" not in raw:  # else the string is what the escapes stand for
                    # Halves of surrogate pairs become U+FFFD, like everything unreadable.
                    pairs = raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
                    # A key such as "Persons:" stands for the label that it names.
                    if quote == 0 and pairs != string:
                        pairs = LABELS.of_heading(pairs) or pairs
                    assert ascii(pairs) == ascii(string)
