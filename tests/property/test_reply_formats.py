"""Invariants of every reply format: it parses its own answers and never raises."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from benchmarks.fuzz_replies import check_reading, guided_replies, mutated_replies
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vermeil.data.document import Span
from vermeil.data.reply import Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.alignment.occurrences import is_whole_word
from vermeil.tasks.ner.formats import REPLY_FORMATS, parse_reply
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText
from vermeil.tasks.ner.reply_format import Question
from vermeil.tasks.ner.task import NerTask

GIVES_TEXT_BACK = ("token_lines", "xml_tags", "html_spans", "markdown_links", "at_marks")
LABELS = {"PER": {}, "named place": {"aliases": ["LOC"]}, "A&B <x>": {}}

pieces = st.one_of(
    st.text(alphabet="ab 7.'\"é\u0301日😀", max_size=5),
    st.sampled_from(
        ["<PER>", "</PER>", "&lt;", "&amp;", "[x](PER)", "\\[", "@@", "##", " | ", "1. ", "(PER)"]
    ),
    st.sampled_from(["Answer:", "\n", "```", "No entities", "</span>", ":O", "_B", "{", "}", "\\"]),
    st.text(max_size=3).filter(lambda s: s.encode("utf-8", "ignore").decode() == s),
)


def task_for(name: str) -> NerTask:
    labels: dict[str, Any] = {"PER": {}} if REPLY_FORMATS[name].single_label else LABELS
    if name in ("markdown_links", "lines", "reasons", "xml_tags", "token_lines"):
        labels = {label: {} for label in labels if "<" not in label}  # not to be written in these
    return NerTask(TaskConfig.model_validate({"labels": labels, "reply_format": name}))


@st.composite
def marked_texts(draw: st.DrawFn, name: str, parts: Any = pieces) -> Any:
    """A text with marks that neither touch white space at their ends nor each other."""
    texts = draw(st.lists(parts, max_size=8))
    text, marks = "", []
    for part in texts:
        start = len(text) + (len(part) - len(part.lstrip()))
        text += part
        end = len(text) - (len(part) - len(part.rstrip()))
        if start < end and draw(st.booleans()):
            marks.append(InlineMark(start, end, draw(st.sampled_from(task_for(name).labels))))
        text += draw(st.sampled_from(["", " ", "  "]))
    return InlineMarkedText(text, tuple(marks))


words = st.sampled_from(
    ["Ann", "Lee's", "Rome", "1. FC", "the", "(PER)", "O'", "“x”", "日本", "😀"]
)


@pytest.mark.parametrize("name", REPLY_FORMATS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_format_reads_what_it_renders(name: str, data: st.DataObject) -> None:
    parts = pieces if REPLY_FORMATS[name].is_json_line or name in GIVES_TEXT_BACK else words
    marked = data.draw(marked_texts(name, parts))
    assume(name != "token_lines" or marked.text.strip())
    task = task_for(name)
    parsed = parse_reply(
        name, REPLY_FORMATS[name].render(marked), Question(marked.text, task.label_set)
    )
    assert parsed is not None
    assert parsed.notes == {}
    if name in GIVES_TEXT_BACK:
        assert parsed.mentions == ()
        assert parsed.marked is not None
        if name != "token_lines":
            # White space around the text may belong to the reply.
            assert parsed.marked.text.strip() == marked.text.strip()
        found = [(squeezed(parsed.marked.surface(m)), m.label) for m in parsed.marked.marks]
        assert found == [(squeezed(marked.surface(m)), m.label) for m in marked.marks]
        return
    found = [(m.surface, m.label) for m in parsed.mentions]
    expected = [(marked.surface(m), m.label) for m in marked.marks]
    if name == "json_surfaces":  # has no repeats
        assert dict(reversed(expected)) == dict(found)
    elif name == "json_labels":  # has lost the order between labels
        assert Counter(found) == Counter(expected)
    else:
        assert found == expected


def squeezed(surface: str) -> str:
    return "".join(surface.split())


@pytest.mark.parametrize("name", ["xml_tags", "html_spans", "markdown_links", "at_marks"])
@settings(max_examples=60)
@given(data=st.data())
def test_spans_come_back_from_the_text_with_its_tags(name: str, data: st.DataObject) -> None:
    marked = data.draw(marked_texts(name, words))
    # A mark within a word is taken for a slip.
    assume(all(is_whole_word(marked.text, (mark.start, mark.end)) for mark in marked.marks))
    task = task_for(name)
    reading = task.read(marked.text, Reply(REPLY_FORMATS[name].render(marked)))
    expected = tuple(Span(m.start, m.end, m.label).key for m in marked.marks)
    assert tuple(span.key for span in reading.annotation.spans or ()) == expected
    assert reading.state is (State.DONE if expected else State.EMPTY)


@settings(max_examples=200)
@given(seed=st.integers(0, 2**32))
def test_mutated_replies_are_read_or_named(seed: int) -> None:
    for case in mutated_replies(seed, 5):
        check_reading(case)


@pytest.mark.slow
def test_a_hundred_thousand_mutated_replies_are_read_or_named() -> None:
    states = Counter(check_reading(case) for case in guided_replies(2026, 100_000))
    assert states.total() == 100_000
    assert states.keys() >= {"done", "empty", "unparsable", "truncated"}
