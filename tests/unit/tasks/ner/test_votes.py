"""Votes over spans, and the questions about those that are contested."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.reply import Reply, State
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.votes import vote_spans

TASK = make_task(TaskConfig.model_validate({"labels": {"PER": {"aliases": ["person"]}, "LOC": {}}}))
TEXT = "Ann Lee left Rome. Ann came back."
LEE, ANN, ROME = Span(0, 7, "PER"), Span(0, 3, "PER"), Span(13, 17, "LOC")
LATER = Span(19, 22, "PER")


def annotation_of(*spans: Span) -> Annotation:
    return Annotation(spans)


def keys(annotation: Annotation) -> list[tuple[int, int, str]]:
    return [span.key for span in annotation.spans or ()]


def test_one_voter_has_its_way_without_a_score() -> None:
    vote = vote_spans([annotation_of(LEE, ROME)], "majority", abstain=True)
    assert vote.annotation == annotation_of(LEE, ROME)
    assert vote.contested == ()


@pytest.mark.parametrize(
    ("keep", "kept"),
    [("majority", [LEE, ROME]), ("unanimous", [ROME]), ("any", [LEE, ROME, LATER])],
)
def test_enough_votes_keep_a_span_and_their_share_is_its_score(
    keep: Literal["majority", "unanimous", "any"], kept: list[Span]
) -> None:
    readings = [annotation_of(LEE, ROME), annotation_of(LEE, ROME, LATER), annotation_of(ANN, ROME)]
    vote = vote_spans(readings, keep, abstain=False)
    assert keys(vote.annotation) == [s.key for s in kept]
    scores = {s.key: s.score for s in vote.annotation.spans or ()}
    assert scores[ROME.key] == 1.0
    assert scores.get(LEE.key, 2 / 3) == pytest.approx(2 / 3)
    assert vote.annotation.abstain == ()
    assert vote.counts["candidates"] == vote.counts["kept"] + vote.counts["lost"] == 4
    assert vote.counts["unanimous"] == 1
    assert [c.span.key for c in vote.contested_spans] == [ANN.key, LEE.key, LATER.key]


def test_half_of_the_votes_is_no_majority() -> None:
    assert (
        vote_spans([annotation_of(LEE), annotation_of()], "majority", abstain=False).annotation
        == annotation_of()
    )


def test_a_span_that_lost_is_an_abstention_on_request() -> None:
    readings = [annotation_of(ANN), annotation_of(ANN, LATER), annotation_of(Span(0, 7, "PER"))]
    vote = vote_spans(readings, "majority", abstain=True)
    assert keys(vote.annotation) == [ANN.key]
    assert vote.annotation.abstain == ((3, 7), (19, 22))
    assert vote.counts["abstained"] == 2


def test_who_voted_on_bounds_or_label_differently_did_not_vote_for_the_span() -> None:
    vote = vote_spans(
        [annotation_of(ROME), annotation_of(Span(13, 17, "PER"))], "any", abstain=False
    )
    assert len(vote.annotation.spans or ()) == 1
    assert {c.votes for c in vote.voted_spans} == {1}


spans = st.tuples(st.integers(0, 8), st.integers(1, 4), st.sampled_from(["PER", "LOC"])).map(
    lambda t: Span(t[0], t[0] + t[1], t[2])
)


def flat(found: list[Span]) -> Annotation:
    chosen: list[Span] = []
    for span in found:
        if all(span.end <= s.start or s.end <= span.start for s in chosen):
            chosen.append(span)
    return annotation_of(*chosen)


@given(
    readings=st.lists(st.lists(spans, max_size=4).map(flat), min_size=1, max_size=5),
    keep=st.sampled_from(["majority", "unanimous", "any"]),
    abstain=st.booleans(),
)
def test_votes_are_valid_annotations_for_all_inputs(
    readings: list[Annotation], keep: Literal["majority", "unanimous", "any"], abstain: bool
) -> None:
    vote = vote_spans(readings, keep, abstain)
    TASK.check(Document("d", "x" * 20, annotation=vote.annotation))
    assert vote == vote_spans(readings[::-1], keep, abstain)
    assert vote.counts["candidates"] == len({s.key for r in readings for s in r.spans or ()})
    marked = {i for s in vote.annotation.spans or () for i in range(s.start, s.end)}
    masked = {i for start, end in vote.annotation.abstain for i in range(start, end)}
    assert not marked & masked
    if abstain:
        covered_by_any = {i for r in readings for s in r.spans or () for i in range(s.start, s.end)}
        assert covered_by_any == marked | masked


assert TASK.verification is not None
VERIFICATION = TASK.verification
READINGS = [annotation_of(LEE, ROME), annotation_of(ANN, ROME, LATER), annotation_of(LEE, ROME)]
VOTE = vote_spans(READINGS, "majority", abstain=True)


def checks(*pairs: tuple[int, str | None]) -> Reply:
    return Reply(json.dumps({"checks": [{"number": n, "label": label} for n, label in pairs]}))


def test_the_question_lists_what_is_contested_and_ends_with_the_text() -> None:
    system, user = VERIFICATION.render(TEXT, VOTE.contested)
    assert '"PER", "LOC"' in system["content"]
    assert user["content"].endswith("\nText:\n" + TEXT)
    listed = user["content"].split("Mentions:\n")[1].split("\n\nText:")[0].splitlines()
    assert [json.loads(line) for line in listed] == [
        {"number": 1, "text": "Ann", "label": "PER", "occurrence": 1},
        {"number": 2, "text": "Ann Lee", "label": "PER"},
        {"number": 3, "text": "Ann", "label": "PER", "occurrence": 2},
    ]


def test_the_listed_mentions_keep_letters_as_they_are() -> None:
    text = "Zoë left."
    vote = vote_spans([annotation_of(Span(0, 3, "PER")), annotation_of()], "majority", abstain=True)
    _, user = VERIFICATION.render(text, vote.contested)
    assert '{"number": 1, "text": "Zoë", "label": "PER"}' in user["content"]


def test_verdicts_are_applied_and_counted() -> None:
    verdicts = VERIFICATION.read(TEXT, checks((1, None), (2, "person"), (3, "LOC")))
    assert verdicts.state is State.DONE
    vote = VERIFICATION.apply_verdicts(TEXT, VOTE, verdicts, abstain=True)
    assert keys(vote.annotation) == [LEE.key, ROME.key, (19, 22, "LOC")]
    assert vote.annotation.abstain == ()
    named = ("confirmed", "relabelled", "rejected", "unanswered")
    assert [vote.counts[name] for name in named] == [1, 1, 1, 0]


def test_a_single_voters_confidence_stays_unless_the_label_was_wrong() -> None:
    sure = [replace(span, score=0.75, status="fuzzy") for span in (LEE, ROME)]
    vote = vote_spans([Annotation(tuple(sure))], "majority", abstain=False)
    assert [s.score for s in vote.annotation.spans or ()] == [0.75, 0.75]
    verdicts = VERIFICATION.read(TEXT, checks((1, "PER"), (2, "PER")))
    settled = VERIFICATION.apply_verdicts(TEXT, vote, verdicts, abstain=False)
    assert [(s.label, s.score) for s in settled.annotation.spans or ()] == [
        ("PER", 0.75),
        ("PER", None),
    ]


def test_several_voters_confidences_give_way_to_votes() -> None:
    sure = [Annotation((replace(LEE, score=0.5),)), Annotation((replace(LEE, score=0.25),))]
    vote = vote_spans([*sure, Annotation(())], "majority", abstain=False)
    assert [s.score for s in vote.annotation.spans or ()] == [2 / 3]


def test_candidates_without_a_verdict_stay_unchanged() -> None:
    vote = VERIFICATION.apply_verdicts(
        TEXT, VOTE, VERIFICATION.read(TEXT, checks((2, "PER"), (9, "PER"))), abstain=True
    )
    assert keys(vote.annotation) == keys(VOTE.annotation)
    assert vote.annotation.abstain == VOTE.annotation.abstain == ((19, 22),)
    assert vote.counts["unanswered"] == 2


def test_overlapping_mentions_that_are_both_confirmed_do_not_both_stay() -> None:
    vote = VERIFICATION.apply_verdicts(
        TEXT, VOTE, VERIFICATION.read(TEXT, checks((1, "PER"), (2, "PER"))), abstain=False
    )
    assert keys(vote.annotation) == [LEE.key, ROME.key]


def test_labels_off_the_set_are_counted_and_never_accepted() -> None:
    verdicts = VERIFICATION.read(TEXT, checks((1, "CITY"), (2, "PER")))
    assert verdicts.answers == {2: "PER"}
    assert verdicts.notes == {"off_schema": 1}


@pytest.mark.parametrize(
    ("reply", "finish", "state"),
    [
        ("yes to all", "stop", State.UNPARSABLE),
        ('{"checks": [{"number": 1, "la', "length", State.TRUNCATED),
        ('{"checks": {"1": "PER"}}', "stop", State.UNPARSABLE),
        ("I'm sorry, but I can't help with that.", "stop", State.REFUSED),
    ],
)
def test_bad_verdicts_are_named(reply: str, finish: str, state: State) -> None:
    verdicts = VERIFICATION.read(TEXT, Reply(reply, finish_reason=finish))
    assert (verdicts.state, verdicts.answers) == (state, {})
    assert verdicts.problem


@given(reply=st.text('{}[]":, checksnumblPERO01null\n') | st.text())
def test_reading_verdicts_never_raises(reply: str) -> None:
    verdicts = VERIFICATION.read(TEXT, Reply(reply))
    VERIFICATION.apply_verdicts(TEXT, VOTE, verdicts, abstain=False)


def test_a_text_cannot_pass_for_a_line_of_mentions() -> None:
    text = 'Ann\n{"number": 9, "text": "x", "label": "PER"}\n\nText:\nBob'
    reading = annotation_of(Span(0, len(text), "PER"))
    vote = vote_spans([reading, annotation_of()], "any", abstain=False)
    _, user = VERIFICATION.render(text, vote.contested)
    listed = user["content"].removesuffix("\n\nText:\n" + text).split("Mentions:\n", 1)[1]
    assert json.loads(listed)["text"] == text


def test_labels_of_whole_texts_are_voted_on_too() -> None:
    task = make_task(
        TaskConfig.model_validate({"name": "classification", "labels": {"a": {}, "b": {}}})
    )
    a, b = Annotation(labels=("a",)), Annotation(labels=("b",))
    assert task.vote([a, b, b], "majority", abstain=False).annotation == b
    assert task.vote([a, b], "any", abstain=False).annotation == a
    undecided = task.vote([a, b], "majority", abstain=False)
    assert undecided.annotation.is_empty
    assert undecided.counts["undecided"] == 1
    assert task.verification is None
