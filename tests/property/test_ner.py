"""Invariants of tags, decoding and scoring for all texts, replies and probabilities."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2

from vermeil.data.counts import sum_counts
from vermeil.data.document import Annotation, Document, Span
from vermeil.data.reply import Reply
from vermeil.data.tags import spans_to_tags, tags_to_spans
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.decoding import best_path, decode_spans
from vermeil.tasks.ner.formats.json_entities import render_reply
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.scoring import count_spans
from vermeil.tasks.ner.task import NerTask

CONFIG = TaskConfig(labels={"PER": {}, "LOC": {}, "ORG": {}})
LABELS = LabelSet.from_config(CONFIG)
TASK = NerTask(CONFIG)

labels = st.sampled_from(LABELS.names)


@st.composite
def planted(draw: st.DrawFn, *, distinct: Any) -> Any:
    """A tokenised text with disjoint spans planted in it."""
    names = [f"w{n}" for n in range(12)] if distinct else ["Ann", "Rome", "x"]
    words = draw(st.lists(st.sampled_from(names), max_size=12, unique=distinct))
    starts = [sum(len(w) + 1 for w in words[:n]) for n in range(len(words))]
    tokens = [(start, start + len(w)) for start, w in zip(starts, words, strict=True)]
    cuts = sorted(draw(st.sets(st.integers(0, len(words)), max_size=8)))
    spans = [
        Span(tokens[first][0], tokens[end - 1][1], draw(labels))
        for first, end in itertools.pairwise(cuts)
        if draw(st.booleans())
    ]
    return " ".join(words), tokens, tuple(spans)


@given(planted(distinct=False))
def test_encoding_and_decoding_give_back_the_spans(case: Any) -> None:
    text, tokens, spans = case
    target = TASK.encode(Document("d", text, annotation=Annotation(spans)), tokens)
    assert target.encoding_losses == {}
    certain = np.eye(len(TASK.classes), dtype=np.float32)[target.classes]
    decoded = TASK.decode(tokens, certain)
    assert [s.key for s in decoded.spans or ()] == [s.key for s in spans]
    assert all(s.score == 1.0 for s in decoded.spans or ())


probabilities = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.just(5)),
    elements=st.floats(0, 1, width=32),
)


def allowed(path: Sequence[int]) -> bool:
    """IOB2 over the classes O, B-X, I-X, B-Y, I-Y, spelled out."""
    before = 0
    for number in path:
        if number in (2, 4) and before not in (number, number - 1):
            return False
        before = number
    return True


@settings(max_examples=60)
@given(probabilities)
def test_decoding_finds_the_best_of_all_allowed_sequences(
    given_probabilities: NDArray[np.float32],
) -> None:
    logs = np.log(np.maximum(given_probabilities.astype(np.float64), 1e-30))
    steps = range(len(logs))
    every = itertools.product(range(5), repeat=len(logs))
    best = max(sum(logs[i, path[i]] for i in steps) for path in every if allowed(path))
    path = best_path(given_probabilities).tolist()
    assert allowed(path)
    np.testing.assert_allclose(sum(logs[i, path[i]] for i in steps), best, rtol=1e-9)


@given(probabilities)
def test_decoded_spans_equal_the_spans_of_the_best_tag_sequence(
    given_probabilities: NDArray[np.float32],
) -> None:
    tokens = [(3 * n, 3 * n + 2) for n in range(len(given_probabilities))]
    names = ("O", "B-X", "I-X", "B-Y", "I-Y")
    tags = [names[number] for number in best_path(given_probabilities)]
    spans, repaired = tags_to_spans(tags, tokens)
    assert repaired == 0
    decoded = decode_spans(tokens, given_probabilities, ("X", "Y"))
    assert [s.key for s in decoded] == [s.key for s in spans]


@st.composite
def scored_sentences(draw: st.DrawFn) -> Any:
    """Sentences, each with gold and predicted spans over the same tokens."""
    sentences = []
    for _ in range(draw(st.integers(1, 4))):
        size = draw(st.integers(1, 8))
        tokens = [(3 * n, 3 * n + 2) for n in range(size)]
        sides = []
        for _ in range(2):
            tags = draw(
                st.lists(
                    st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG"]),
                    min_size=size,
                    max_size=size,
                )
            )
            sides.append(tags_to_spans(tags, tokens)[0])
        sentences.append((tokens, *sides))
    return sentences


@given(scored_sentences())
def test_strict_scores_are_those_of_seqeval(sentences: Any) -> None:
    counts = sum_counts(count_spans(gold, predicted) for _, gold, predicted in sentences)
    gold_tags = [spans_to_tags(gold, tokens)[0] for tokens, gold, _ in sentences]
    tags = [spans_to_tags(predicted, tokens)[0] for tokens, _, predicted in sentences]
    for average, ours in (("micro", counts.overall.f1), ("macro", counts.macro_f1)):
        theirs = 0.0
        if counts.overall.gold or counts.overall.predicted:  # seqeval cannot score nothing
            theirs = f1_score(
                gold_tags, tags, average=average, mode="strict", scheme=IOB2, zero_division=0
            )
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


@given(scored_sentences())
def test_confusions_reconcile_with_the_tallies(sentences: Any) -> None:
    counts = sum_counts(count_spans(gold, predicted) for _, gold, predicted in sentences)
    assert counts.documents == len(sentences)
    for label, tally in counts.per_label.items():
        row = sum(n for (gold, _), n in counts.confusion.items() if gold == label)
        column = sum(n for (_, predicted), n in counts.confusion.items() if predicted == label)
        assert (row, column) == (tally.gold, tally.predicted)
        assert counts.confusion.get((label, label), 0) >= tally.correct
    assert counts.span_only is not None
    assert counts.span_only.correct >= counts.overall.correct


@given(planted(distinct=True), st.data())
def test_the_length_limit_never_makes_a_reply_empty(case: Any, data: st.DataObject) -> None:
    text, _, spans = case
    marked = InlineMarkedText.from_spans(text, spans)
    expected_keys = [(s.start, s.end, s.label) for s in spans]
    whole = 'If there is none: {"entities": []} is the answer, but\n' + render_reply(marked)[:-2]
    draft = range(whole.index("}") + 1, whole.index("}") + 3)
    cut = data.draw(st.integers(0, len(whole) - 1).filter(lambda n: n not in draft))
    reading = TASK.read(text, Reply(whole[:cut], finish_reason="length"))
    if reading.annotation.is_empty:
        assert str(reading.state) == "truncated"
        return
    kept = [s.key for s in reading.annotation.spans or ()]
    assert kept
    assert kept == expected_keys[: len(kept)]
    assert reading.notes == {"truncated": 1}
    beyond = (kept[-1][1], len(text))
    assert reading.annotation.abstain == ((beyond,) if beyond[0] < beyond[1] else ())
