"""Classification over real articles: the topics of BBC News."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from vermeil.data.counts import sum_counts
from vermeil.data.document import Annotation, Document
from vermeil.data.reply import Reply, State
from vermeil.data.words import split_words
from vermeil.tasks import make_task
from vermeil.tasks.classification.json_format import render_reply
from vermeil.tasks.config import LabelConfig, TaskConfig

TOPICS = {
    "business": LabelConfig(description="companies, markets, the economy"),
    "entertainment": LabelConfig(description="film, music, television, celebrities"),
    "politics": LabelConfig(description="government, parties, elections"),
    "sport": LabelConfig(description="athletes, teams, matches", aliases=("sports",)),
    "tech": LabelConfig(description="computers, telephones, the internet", aliases=("technology",)),
}
TASK = make_task(TaskConfig(name="classification", labels=TOPICS))


@pytest.fixture(scope="module")
def articles(vermeil_data: Path) -> list[Document]:
    with gzip.open(vermeil_data / "bbc.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    return [
        Document(r["id"], r["text"], annotation=Annotation(labels=(r["topic"],))) for r in records
    ]


def keyword_teacher(text: str) -> str:
    """A teacher of very little brain: the topic whose words occur most, else no answer."""
    hints = {
        "business": ("bank", "shares", "profit", "economy", "market", "firm"),
        "entertainment": ("film", "music", "actor", "album", "band", "oscar"),
        "politics": ("labour", "tory", "election", "minister", "blair", "mps"),
        "Sports": ("match", "cup", "coach", "season", "win", "injury"),
        "Technology": ("software", "users", "computer", "internet", "mobile", "broadband"),
    }
    words = Counter(text.lower().split())
    found = {topic: sum(words[hint] for hint in said) for topic, said in hints.items()}
    topic = max(found, key=found.__getitem__)
    if not found[topic]:
        return "I do not know what this article is about."
    return f"It is about {topic}.\n```json\n{render_reply(topic)}\n```"


def test_articles_pass_the_check_and_end_every_prompt(articles: list[Document]) -> None:
    assert len(articles) == 2225
    for article in articles:
        TASK.check(article)
        for prompt in TASK.prompts:
            assert TASK.render(prompt, article.text)[-1]["content"].endswith("\n" + article.text)


def test_replies_are_read_and_scored_and_the_totals_reconcile(articles: list[Document]) -> None:
    readings = [TASK.read(a.text, Reply(keyword_teacher(a.text))) for a in articles]
    states = Counter(reading.state for reading in readings)
    assert states.keys() == {State.DONE, State.UNPARSABLE}

    pairs = list(zip(articles, readings, strict=True))
    counts = sum_counts(
        TASK.count(article.annotation, reading.annotation) for article, reading in pairs
    )
    right = sum(article.labels == reading.annotation.labels for article, reading in pairs)
    assert counts.documents == counts.overall.gold == 2225
    assert counts.overall.predicted == states[State.DONE]
    assert counts.overall.correct == right
    assert counts.overall.recall == right / 2225 > 0.6
    assert sum(counts.confusion.values()) == 2225
    unread = sum(n for (_, said), n in counts.confusion.items() if said == "O")
    assert unread == states[State.UNPARSABLE]


def test_silver_labels_become_targets_that_decode_to_themselves(articles: list[Document]) -> None:
    for article in articles[::20]:
        reading = TASK.read(article.text, Reply(keyword_teacher(article.text)))
        silver = article.with_annotation(reading.annotation)
        target = TASK.encode(silver, split_words(silver.text))
        assert target.classes.shape == target.weights.shape == (1,)
        if reading.state is State.DONE:
            certain = np.eye(len(TASK.classes), dtype=np.float32)[target.classes]
            assert TASK.decode((), certain).labels == reading.annotation.labels
