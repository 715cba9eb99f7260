from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.relation_section import SECTION

from vermeil.data.document import Annotation, Span
from vermeil.data.relation import PairAbstention, Relation
from vermeil.data.reply import Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.relations.task import RelationsTask
from vermeil.tasks.votes import VoteResult

TASK = RelationsTask(TaskConfig.model_validate(SECTION))
TEXT = "Ann of IBM met Bob near IBM"
ANN, IBM, BOB, OTHER = (
    Span(0, 3, "PER"), Span(7, 10, "ORG"), Span(15, 18, "PER"), Span(24, 27, "ORG")
)  # fmt: skip
SPANS = (ANN, IBM, BOB, OTHER)
WORKS, MARRIED = Relation(0, 1, "works_for"), Relation(0, 2, "married")


def vote(*relations: tuple[Relation, ...], abstain: bool = True) -> VoteResult:
    voters = [Annotation(spans=SPANS, relations=own) for own in relations]
    return TASK.vote(voters, "majority", abstain)


def answer(relations: list[Any], checks: list[Any] | None = None) -> Reply:
    parts: dict[str, Any] = {} if checks is None else {"checks": checks}
    return Reply(json.dumps({**parts, "relations": relations}), finish_reason="stop")


def verdict(result: VoteResult, reply: Reply, *, abstain: bool = True) -> VoteResult:
    found = TASK.verification.read(TEXT, reply)
    assert found.state is State.DONE, found.problem
    return TASK.verification.apply_verdicts(TEXT, result, found, abstain)


def keys(result: VoteResult) -> list[tuple[int, int, str]]:
    return [one.key for one in result.annotation.relations or ()]


DISPUTED = (WORKS, MARRIED), (MARRIED,)
"""Two voters: one of two has works_for."""


def test_only_contested_relations_are_in_the_request() -> None:
    result = vote(*DISPUTED)
    [contested] = result.contested
    assert contested.is_contested
    system, user = TASK.verification.render(TEXT, result.contested)
    line = {"number": 1, "head": "Ann", "tail": "IBM", "tail_occurrence": 1, "label": "works_for"}
    assert json.dumps(line) in user["content"]
    assert "married" not in user["content"]
    assert user["content"].endswith(f"\n\nText:\n{TEXT}")
    assert "- works_for (head: PER; tail: ORG): is employed by" in system["content"]
    assert "mentions" not in system["content"]
    assert '{"relations": [{"number": 1, "label": "..."}]}' in system["content"]


def test_agreement_needs_no_request() -> None:
    assert vote((WORKS,), (WORKS,)).contested == ()


def test_entities_alone_have_the_request_of_entities() -> None:
    voters = [Annotation(spans=SPANS, relations=()), Annotation(spans=SPANS[:3], relations=())]
    result = TASK.vote(voters, "any", abstain=False)
    request = TASK.verification.render(TEXT, result.contested)
    assert request == TASK.entities.verification.render(TEXT, result.contested_spans)


def test_entities_and_relations_share_one_request() -> None:
    voters = [
        Annotation(spans=SPANS, relations=(WORKS,)), Annotation(spans=SPANS[:3], relations=())
    ]  # fmt: skip
    result = TASK.vote(voters, "any", abstain=False)
    system, user = TASK.verification.render(TEXT, result.contested)
    assert user["content"].index("Mentions:\n") < user["content"].index("Relations:\n")
    assert system["content"].count("Format: ") == 1
    assert '"checks": [{"number": 1, "label": "..."}], "relations"' in system["content"]
    reply = answer([{"number": 1, "label": None}], [{"number": 1, "label": None}])
    found = verdict(result, reply)
    assert [span.key for span in found.annotation.spans or ()] == [s.key for s in SPANS[:3]]
    assert keys(found) == []
    assert (found.notes["rejected"], found.notes["relations_rejected"]) == (1, 1)


def test_a_confirmed_relation_is_kept_and_no_longer_unknown() -> None:
    result = vote(*DISPUTED)
    assert keys(result) == [MARRIED.key]
    assert result.annotation.abstain_pairs == (PairAbstention(*WORKS.key),)
    found = verdict(result, answer([{"number": 1, "label": "employed by"}]))
    assert keys(found) == [WORKS.key, MARRIED.key]
    assert found.annotation.abstain_pairs == ()
    assert found.counts["relations_confirmed"] == 1
    assert (found.counts["relations_kept"], found.counts.get("relations_lost", 0)) == (2, 0)


def test_a_rejected_relation_is_known_to_be_none() -> None:
    found = verdict(vote(*DISPUTED), answer([{"number": 1, "label": None}]))
    assert keys(found) == [MARRIED.key]
    assert found.annotation.abstain_pairs == ()
    assert found.counts["relations_rejected"] == 1
    assert found.counts["relations_lost"] == 1


def test_a_relation_gets_the_type_of_the_verdict_if_its_ends_allow_it() -> None:
    result = vote((MARRIED,), ())
    works = verdict(result, answer([{"number": 1, "label": "works_for"}]))
    assert keys(works) == []
    assert works.counts["relations_relabelled"] == 1


def test_without_an_answer_the_vote_stays() -> None:
    result = vote(*DISPUTED)
    for reply in (answer([]), answer([{"number": 7, "label": None}, "x", {"number": True}])):
        found = verdict(result, reply)
        assert found.annotation == result.annotation
        assert found.counts["relations_unanswered"] == 1


def test_unknown_types_are_counted() -> None:
    found = TASK.verification.read(TEXT, answer([{"number": 1, "label": "hates"}]))
    assert found.notes == {"off_schema": 1}
    assert found.relation_answers == {}


def test_a_place_among_several_is_contested_with_one_reply() -> None:
    reply = {
        "entities": [{"text": "Ann", "label": "PER"}, {"text": "IBM", "label": "ORG"}],
        "relations": [{"head": "Ann", "label": "works_for", "tail": "IBM"}],
    }
    reading = TASK.read(TEXT, Reply(json.dumps(reply), finish_reason="stop"))
    result = TASK.vote([reading.annotation], "majority", abstain=True)
    assert len(result.voted_relations) == 1
    is_ambiguous = bool(reading.annotation.abstain_pairs)
    assert [one.is_contested for one in result.voted_relations] == [is_ambiguous]
    assert is_ambiguous == ("relations_ambiguous" in reading.notes)


@given(st.text() | st.text('{}[]":,relationschecknumbabel1 ', max_size=60))
def test_reading_never_raises(text: str) -> None:
    found = TASK.verification.read(TEXT, Reply(text, finish_reason="stop"))
    assert found.state in (State.DONE, State.REFUSED, State.TRUNCATED, State.UNPARSABLE)
