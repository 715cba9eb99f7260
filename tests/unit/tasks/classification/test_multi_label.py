"""Several labels per text: prompts, replies, votes, hierarchy, targets and scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.counts import sum_counts
from vermeil.data.document import Annotation, Document, LabelAbstention
from vermeil.data.example import IGNORED
from vermeil.data.reply import Reply, State
from vermeil.errors import ConfigError, DataError
from vermeil.tasks import make_task, task_for
from vermeil.tasks.classification.json_list import parse_reply, render_reply
from vermeil.tasks.classification.multi_label import MultiLabelTask
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.hierarchy import counts_by_level

LABELS: dict[str, Any] = {
    "sport": {"description": "athletes, teams, matches"},
    "sport/football": {"aliases": ["soccer"]},
    "sport/tennis": {},
    "tech": {"threshold": 0.3},
}


def task_of(labels: dict[str, Any], **settings: Any) -> MultiLabelTask:
    section = {"name": "classification", "multi_label": True, "labels": labels, **settings}
    made = make_task(TaskConfig.model_validate(section))
    assert isinstance(made, MultiLabelTask)
    return made


TASK = task_of(LABELS)


def document(*labels: str, unknown: tuple[str, ...] = ()) -> Document:
    abstain = (LabelAbstention(unknown),) if unknown else ()
    return Document("d", "They won.", annotation=Annotation(labels=labels, abstain_labels=abstain))


def test_the_prompt_has_descriptions_and_asks_for_the_most_specific_labels() -> None:
    system, user = TASK.render("standard", "They won.", [document("sport", "sport/football")])[:2]
    assert "- sport: athletes, teams, matches\n- sport/football" in system["content"]
    assert 'A label "a/b" is a part of the label "a"' in system["content"]
    assert user["content"].endswith("They won.")
    answer = TASK.render("standard", "x", [document("sport", "sport/football")])[2]
    assert answer["content"] == '{"labels": ["sport/football"]}'
    flat = task_of({"sport": {}, "tech": {}}).render("standard", "x")[0]["content"]
    assert "a/b" not in flat


@pytest.mark.parametrize(
    ("reply", "labels"),
    [
        ('{"labels": ["tech"]}', ("tech",)),
        ('```json\n{"labels": ["Soccer", "tech"]}\n```', ("sport", "sport/football", "tech")),
        ('{"labels": "tech"}', ("tech",)),
        ('{"labels": "tech, sport"}', ("sport", "tech")),
        ('{"labels": {"tech": true, "sport": false}}', ("tech",)),
        ('{"labels": [{"label": "tech", "reason": "x"}]}', ("tech",)),
        ('{"topics": ["sport > tennis"]}', ("sport", "sport/tennis")),
        ('{"labels": ["tech", "weather"]}', ("tech",)),
    ],
)
def test_replies_are_read_tolerantly_and_a_child_implies_its_parent(
    reply: str, labels: tuple[str, ...]
) -> None:
    found = TASK.read("They won.", Reply(reply, finish_reason="stop"))
    assert (found.state, found.annotation.labels) == (State.DONE, labels)
    assert found.notes == ({"off_schema": 1} if "weather" in reply else {})


@pytest.mark.parametrize(
    ("reply", "reason", "state", "notes"),
    [
        ('{"labels": []}', "stop", State.EMPTY, {}),
        ('{"labels": ["none"]}', "stop", State.EMPTY, {}),
        ('{"labels": ["weather"]}', "stop", State.UNPARSABLE, {"off_schema": 1}),
        ('{"labels": [7]}', "stop", State.UNPARSABLE, {"malformed": 1}),
        ('{"labels": ["te', "length", State.TRUNCATED, {}),
        ("none of them", "stop", State.UNPARSABLE, {}),
        ('{"labels": ["tech"]}', "content_filter", State.REFUSED, {}),
        ('I am sorry, I cannot help. {"labels": []}', "stop", State.REFUSED, {}),
    ],
)
def test_a_reply_without_a_label_is_never_read_as_one(
    reply: str, reason: str, state: State, notes: dict[str, int]
) -> None:
    found = TASK.read("They won.", Reply(reply, finish_reason=reason))
    assert (found.state, found.notes) == (state, notes)
    assert found.annotation.is_empty == (state is not State.EMPTY)


@given(st.sets(st.sampled_from(TASK.labels)))
def test_rendered_labels_are_read_again(labels: set[str]) -> None:
    found = parse_reply(render_reply(labels), "x", TASK.label_set)
    assert found is not None
    assert found.unknown == ()
    closed = TASK.read("x", Reply(render_reply(labels))).annotation.labels
    assert closed == TASK.read("x", Reply(render_reply(closed or ()))).annotation.labels
    assert labels <= set(closed or ())


def test_a_parent_that_is_missing_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match=r"'sport/football' is part of 'sport'.* add \[task"):
        task_of({"sport/football": {}, "tech": {}})


def test_only_some_tasks_have_several_labels() -> None:
    section = {"name": "ner", "multi_label": True, "labels": {"PER": {}}}
    with pytest.raises(ConfigError, match=r"task\.multi_label: supported by classification"):
        make_task(TaskConfig.model_validate(section))


def test_the_vote_is_per_label_and_the_minority_can_be_unknown() -> None:
    annotations = [
        Annotation(labels=("sport", "sport/football")),
        Annotation(labels=("sport", "tech")),
        Annotation(labels=("sport",), abstain_labels=(LabelAbstention(("tech",)),)),
    ]
    dropped = TASK.vote(annotations, "majority", abstain=False).annotation
    assert dropped.labels == ("sport",)
    assert dropped.abstain_labels == ()
    assert dropped.label_scores is not None
    assert dropped.label_scores["tech"] == 0.5  # the third voter abstains from it
    masked = TASK.vote(annotations, "majority", abstain=True)
    assert masked.annotation.unknown_labels == {"sport/football", "tech"}
    assert masked.notes == {"undecided": 2}
    target = TASK.encode(document().with_annotation(masked.annotation), ())
    assert target.classes.tolist() == [1, IGNORED, 0, IGNORED]


def test_targets_are_closed_upwards_and_masked_per_label() -> None:
    target = TASK.encode(document("sport/tennis", unknown=("tech", "sport")), ())
    assert target.classes.tolist() == [1, 0, 1, IGNORED]
    assert TASK.encode(Document("d", "x"), ()).classes.tolist() == [IGNORED] * 4


def test_decoding_uses_the_threshold_of_each_label_and_keeps_every_score() -> None:
    found = TASK.decode((), np.array([[0.2, 0.7, 0.1, 0.35]], np.float32))
    assert found.labels == ("sport", "sport/football", "tech")
    assert found.label_scores == {
        "sport": 0.2,
        "sport/football": 0.7,
        "sport/tennis": 0.1,
        "tech": 0.35,
    }
    pairs = list(TASK.scored_labels(Annotation(labels=("tech",)), found))
    assert (0.35, True) in pairs
    assert len(pairs) == 4


def test_gold_that_abstains_from_a_label_does_not_score_it() -> None:
    gold = document("sport", unknown=("tech",)).annotation
    predicted = Annotation(labels=("sport", "tech"))
    counts = TASK.count(gold, predicted)
    assert (counts.overall.correct, counts.overall.predicted, counts.overall.gold) == (1, 1, 1)
    assert TASK.mistakes(document("sport", unknown=("tech",)), predicted) == ()
    wrong = TASK.mistakes(document("sport"), Annotation(labels=("tech",)))
    assert [one.describe() for one in wrong] == [
        "missing: correct is sport; the answer has nothing",
        "spurious: correct is no label; the answer has tech",
    ]


def test_scores_are_summed_per_level() -> None:
    counts = sum_counts(
        [
            TASK.count(
                Annotation(labels=("sport/tennis",)), Annotation(labels=("sport/football",))
            ),
            TASK.count(Annotation(labels=("tech",)), Annotation(labels=("tech",))),
        ]
    )
    levels = counts_by_level(counts.per_label)
    assert {level: (c.correct, c.predicted, c.gold) for level, c in levels.items()} == {
        1: (2, 2, 2),
        2: (0, 1, 1),
    }
    assert counts_by_level({"a/b": counts.overall}) == {}


def test_every_label_is_a_region_of_its_own() -> None:
    probabilities = np.array([[0.9, 0.6, 0.2, 0.35]], np.float32)
    labelled = document("sport", "sport/tennis", unknown=("tech",))
    regions = TASK.regions(labelled, (), probabilities, [probabilities])
    assert [one.label for one in regions] == ["sport", "sport/football", "sport/tennis"]
    assert [one.teacher_choice for one in regions] == [1, 0, 1]
    assert [one.student_choice for one in regions] == [1, 1, 0]
    assert np.exp(regions[0].log_probs).tolist() == pytest.approx([0.1, 0.9], abs=1e-6)
    assert regions[0].auxiliary_log_probs.shape == (1, 2)
    gold = TASK.span_keys(document("sport", "sport/football"), ())
    assert [one.candidate_index(gold) for one in regions] == [1, 1, 0]


def test_an_unknown_label_is_refused_also_in_an_abstention() -> None:
    with pytest.raises(DataError, match="unknown label 'weather'"):
        TASK.check(document("tech", unknown=("weather",)))


def test_documents_with_several_labels_determine_the_task() -> None:
    found = task_for([document("sport/tennis", "tech")])
    assert found.labels == ("sport", "sport/tennis", "tech")
    assert found.config.multi_label
