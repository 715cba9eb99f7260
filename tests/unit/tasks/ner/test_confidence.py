"""Confidences of spans from the log-probabilities of a reply's tokens."""

from __future__ import annotations

import math
from typing import Any

import pytest

from vermeil.data.logprobs import Logprobs
from vermeil.data.reply import Reply
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.ner.task import NerTask

TEXT = "Ann Lee saw Ann in New York today"


def task(reply_format: str = "json", **settings: Any) -> NerTask:
    labels = {"PER": {"aliases": ["person"]}, "LOC": {}}
    return NerTask(
        TaskConfig.model_validate({"labels": labels, "reply_format": reply_format, **settings})
    )


def scores(
    reply_format: str,
    tokens: list[str],
    text: str = TEXT,
    finish_reason: str = "stop",
    **settings: Any,
) -> Any:
    """Read a reply of tokens and halves: one that is marked with * has probability 1/2, else 1."""
    pieces = [token.strip("*") for token in tokens]
    ends = tuple(sum(map(len, pieces[: n + 1])) for n in range(len(pieces)))
    values = tuple(math.log(0.5) * token.startswith("*") for token in tokens)
    reply = Reply("".join(pieces), finish_reason, logprobs=Logprobs(ends, values))
    reading = task(reply_format, **settings).read(text, reply)
    found = [(text[s.start : s.end], s.score) for s in reading.annotation.spans or ()]
    rounded = [(surface, None if s is None else round(s, 3)) for surface, s in found]
    return rounded, reading.notes.get("without_confidence", 0)


LEE = ['{"entities": [', '{"text": "', "Ann", " Lee", '"', ', "label": "', "PER", '"}', "]}"]


ONE = ['{"entities": [', '{"text": "', "Ann Lee", '", "label": "PER"}', "]}"]


@pytest.mark.parametrize(
    ("doubted", "score"),
    [(0, 1), (1, 1), (2, 0.5), (3, 0.5), (4, 0.5), (5, 1), (6, 0.5), (7, 1), (8, 1)],
)
def test_surface_closing_quote_and_label_count(doubted: int, score: float) -> None:
    tokens = [f"*{token}" if n == doubted else token for n, token in enumerate(LEE)]
    assert scores("json", tokens) == ([("Ann Lee", score)], 0)


def test_a_token_that_extends_beyond_the_mention_counts_fully() -> None:
    tokens = ['{"entities": [{"text":', '* "Ann', ' Lee", "label": "', '*PER"}]}']
    assert scores("json", tokens) == ([("Ann Lee", 0.25)], 0)


def test_equal_mentions_have_each_their_own() -> None:
    tokens = ['[["', "*Ann", '", "PER"], ["', "Ann Lee", '", "', "*person", '"], ["', "**New"]
    tokens += ["* York", '", "LOC"]]']
    assert scores("json_list", tokens) == ([("Ann Lee", 0.5), ("Ann", 0.5), ("New York", 0.25)], 0)


@pytest.mark.parametrize(
    ("reply_format", "tokens"),
    [
        ("json_surfaces", ['{"', "*Ann Lee", '": "', "PER", '"}']),
        ("json_labels", ['{"', "PER", '": ["', "*Ann Lee", '"], "LOC": []}']),
        ("token_indices", ['[["', "*Ann Lee", '", "PER", 0, 1]]']),
        ("detect", ['{"', "PER", '": ["', "*Ann Lee", '"]}']),
        ("json", ["Sure: {'entities': [{'text': '", "*Ann Lee", "', 'label': 'PER'}]}"]),
        ("json", ['<think>"Ann Lee"?</think>', *ONE[:2], "*Ann Lee", *ONE[3:]]),
        ("json", [*ONE, '\nNo, "Ann Lee": ', *ONE[:2], "*Ann Lee", *ONE[3:]]),
        ("json", ['{"entities": [{"label": "', "*PER", '", "text": "', "Ann Lee", '"}]}']),
    ],
)
def test_it_is_found_in_every_way_to_write_json(reply_format: str, tokens: list[Any]) -> None:
    assert scores(reply_format, tokens) == ([("Ann Lee", 0.5)], 0)


@pytest.mark.parametrize(
    ("reply_format", "tokens"),
    [
        ("lines", ["Ann Lee", "* (PER)"]),
        ("xml_tags", ["*<PER>", "Ann Lee", "</PER>", " saw Ann in New York today"]),
        ("json", ['{"entities": [{"text": "', "Ann Lee", '", "label": ', "*PER", "}]}"]),
    ],
)
def test_what_is_not_known_is_not_guessed_but_counted(reply_format: str, tokens: list[str]) -> None:
    found, unknown = scores(reply_format, tokens)
    assert unknown == (found != [])
    assert all(score is None for _, score in found)


def test_where_a_quotation_was_taken_out_nothing_is_known() -> None:
    quotation = '{"a": 1}'
    text = f"Ann Lee wrote {quotation}."
    assert scores("json", [quotation, *LEE], text) == ([("Ann Lee", None)], 1)


def test_whole_entries_of_a_reply_that_was_cut_off_have_theirs() -> None:
    tokens = [*LEE[:2], "*Ann", *LEE[3:7], '"}, {"text": "New Yo']
    assert scores("json", tokens, finish_reason="length") == ([("Ann Lee", 0.5)], 0)


def test_all_places_of_a_mention_have_its_confidence() -> None:
    tokens = ['{"entities": [{"text": "', "*Oslo", '", "label": "LOC"}]}']
    assert scores("json", tokens, "Oslo, Oslo") == ([("Oslo", 0.5), ("Oslo", 0.5)], 0)


def test_a_mention_that_the_text_lacks_has_none_and_takes_none_away() -> None:
    tokens = ['{"entities": [{"text": "Zoe", "label": "PER"}, {"text": "', "*Ann Lee", *ONE[3:]]
    assert scores("json", tokens) == ([("Ann Lee", 0.5)], 0)


def test_without_log_probabilities_spans_have_no_score() -> None:
    reading = task().read(TEXT, Reply("".join(LEE)))
    assert [s.score for s in reading.annotation.spans or ()] == [None]
    assert reading.notes == {}
