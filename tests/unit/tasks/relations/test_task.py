"""Configuration, checks and votes of the task relations."""

from __future__ import annotations

from typing import Any

import pytest
from tests.relation_section import SECTION

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import PairAbstention, Relation
from vermeil.errors import ConfigError, DataError
from vermeil.tasks import make_task, task_for
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.relations.task import RelationsTask
from vermeil.tasks.votes import Verdicts

ANN, IBM, BOB = Span(0, 3, "PER"), Span(7, 10, "ORG"), Span(15, 18, "PER")
WORKS, MARRIED = Relation(0, 1, "works_for"), Relation(0, 2, "married")


def section(**changes: Any) -> TaskConfig:
    return TaskConfig.model_validate({**SECTION, **changes})


def test_pair_classes_and_allowed_ends(task: RelationsTask) -> None:
    assert task.head == "pair"
    assert task.labels == ("PER", "ORG", "LOC")
    assert task.classes == ("O", *(f"{p}-{n}" for n in task.labels for p in "BI"))
    assert task.pair_classes == ("none", "works_for", "in", "married")
    assert task.allows("works_for", "PER", "ORG")
    assert not task.allows("works_for", "ORG", "PER")
    assert task.allows("in", "ORG", "LOC")
    assert not task.allows("in", "LOC", "ORG")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"relations": {}}, r"task\.relations: there is no type of relation"),
        ({"relations": {"none": {}}}, "'none' means that there is no relation"),
        ({"relations": {"PER": {}}}, r"task\.relations\.PER: the name is also a label"),
        (
            {"relations": {"x": {"head": ["PRE"]}}},
            r"task\.relations\.x\.head: unknown label 'PRE'; did you mean PER\?; task\.labels has",
        ),
        (
            {"relations": {"x": {"tail": ["thing"]}}},
            r"task\.relations\.x\.tail: unknown label 'thing'; task\.labels has PER, ORG, LOC",
        ),
        (
            {"relations": {"x": {"aliases": ["z"]}, "y": {"aliases": ["Z"]}}},
            r"task\.relations\.y: the alias 'Z' is also used by x",
        ),
        ({"reply_format": "lines"}, "relations supports json only"),
    ],
)
def test_a_wrong_section_is_a_configuration_error(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_task(section(**changes))


def test_the_section_of_other_tasks_is_stored_as_before() -> None:
    assert "relations" not in TaskConfig.model_validate({"labels": {"A": {}}}).model_dump()
    stored = section().model_dump(mode="json")
    assert TaskConfig.model_validate(stored) == section()


@pytest.mark.parametrize(
    ("relation", "message"),
    [
        (Relation(0, 1, "employed by"), "unknown relation 'employed by'; write 'works_for' for it"),
        (Relation(0, 1, "owns"), r"unknown relation 'owns'; task\.relations has works_for, in"),
        (Relation(1, 0, "works_for"), "works_for connects PER with ORG; correct the relation"),
    ],
)
def test_a_relation_outside_the_types_is_a_data_error(
    task: RelationsTask, relation: Relation, message: str
) -> None:
    document = Document("d7", "Ann of IBM", annotation=Annotation((ANN, IBM), None, (relation,)))
    with pytest.raises(DataError, match=f"'d7'.*{message}"):
        task.check(document)


def test_documents_with_relations_determine_the_task() -> None:
    document = Document("d", "Ann of IBM", annotation=Annotation((ANN, IBM), None, (WORKS,)))
    guessed = task_for([document])
    assert isinstance(guessed, RelationsTask)
    assert guessed.pair_classes == ("none", "works_for")
    entities = document.with_annotation(Annotation((ANN, IBM), None, ()))
    assert task_for([entities]).name == "ner"


def voters() -> list[Annotation]:
    spans = (ANN, IBM, BOB)
    return [
        Annotation(spans, None, (WORKS, MARRIED)),
        Annotation(spans, None, (WORKS, Relation(2, 0, "married"))),
        Annotation((ANN, IBM), None, ()),
    ]


def test_relations_are_kept_by_votes(task: RelationsTask) -> None:
    vote = task.vote(voters(), "majority", abstain=True)
    assert vote.annotation.relations == (
        Relation(0, 1, "works_for", 2 / 3),
        Relation(0, 2, "married", 2 / 3),
    )
    assert vote.annotation.abstain_pairs == ()
    assert vote.counts["relations_kept"] == 2
    unanimous = task.vote(voters(), "unanimous", abstain=True)
    assert unanimous.annotation.relations == ()
    assert unanimous.annotation.abstain_pairs == (PairAbstention(0, 1, "works_for"),)
    assert unanimous.counts["relations_lost"] == 2
    assert task.vote(voters(), "unanimous", abstain=False).annotation.abstain_pairs == ()


def test_abstentions_of_one_voter_stay(task: RelationsTask) -> None:
    one = Annotation((BOB, ANN), None, (), abstain_pairs=(PairAbstention(1, 0, "married"),))
    vote = task.vote([one, *voters()[:2]], "any", abstain=False)
    assert PairAbstention(0, 2, "married") in vote.annotation.abstain_pairs
    assert vote.annotation.relations is not None


def test_a_verification_keeps_the_relations_of_confirmed_entities(task: RelationsTask) -> None:
    vote = task.vote(voters(), "unanimous", abstain=False)
    text = "Ann of IBM met Bob"
    (contested,) = vote.contested_spans
    assert contested.span.key == BOB.key
    confirmed = task.verification.apply_verdicts(text, vote, verdicts("PER"), abstain=False)
    assert [span.key for span in confirmed.annotation.spans or ()] == [ANN.key, IBM.key, BOB.key]
    # No reply decides about the pairs of a span that only the verification confirms.
    assert PairAbstention(2, None) in confirmed.annotation.abstain_pairs
    vote = task.vote(voters(), "majority", abstain=False)
    rejected = task.verification.apply_verdicts(text, vote, verdicts(None), abstain=False)
    assert [r.label for r in rejected.annotation.relations or ()] == ["works_for"]
    assert rejected.notes["relations_lost"] == 1


def test_corrected_entities_keep_their_relations(task: RelationsTask) -> None:
    base = Annotation((ANN, IBM, BOB), None, (WORKS, MARRIED))
    place = Span(7, 10, "LOC")
    corrected = task.make_annotation([ANN, place, Span(12, 14, "LOC")], [], base)
    # The type works_for does not connect a person with a place, and the last span is new.
    assert corrected.relations == ()
    assert corrected.abstain_pairs == (PairAbstention(None, 2), PairAbstention(2, None))
    assert task.make_annotation([ANN, IBM], [], base).relations == (WORKS,)
    assert task.make_annotation([ANN, IBM], []).relations is None


def verdicts(label: str | None) -> Verdicts:
    from vermeil.data.reply import State

    return Verdicts(State.DONE, {1: label})
