"""Replies with entities and relations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.relation_section import SECTION

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.logprobs import Logprobs
from vermeil.data.relation import PairAbstention, Relation
from vermeil.data.reply import Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import ReplyResult
from vermeil.tasks.relations.task import RelationsTask

TEXT = "Ann of IBM met Bob of Siemens in Rome ."
ENTITIES = [
    {"text": "Ann", "label": "PER"},
    {"text": "IBM", "label": "ORG"},
    {"text": "Bob", "label": "PER"},
    {"text": "Siemens", "label": "ORG"},
    {"text": "Rome", "label": "LOC"},
]


def reply(relations: Any, entities: Any = ENTITIES) -> str:
    return json.dumps({"entities": entities, "relations": relations})


def read(task: RelationsTask, answer: str, text: str = TEXT, **more: Any) -> ReplyResult:
    result = task.read(text, Reply(answer, **more))
    task.check(Document("d", text, annotation=result.annotation))
    return result


def found(result: ReplyResult, text: str = TEXT) -> list[tuple[str, str, str]]:
    spans = result.annotation.spans or ()

    def surface(number: int) -> str:
        return text[spans[number].start : spans[number].end]

    relations = result.annotation.relations or ()
    return [(surface(one.head), one.label, surface(one.tail)) for one in relations]


TWO = [
    {"head": "Ann", "label": "works_for", "tail": "IBM"},
    {"head": "Bob", "label": "works_for", "tail": "Siemens"},
]
EXPECTED = [("Ann", "works_for", "IBM"), ("Bob", "works_for", "Siemens")]
IDS = [{"id": f"e{n}", **entity} for n, entity in enumerate(ENTITIES)]
NUMBERS = [{"id": n, **entity} for n, entity in enumerate(ENTITIES)]


@pytest.mark.parametrize(
    "answer",
    [
        reply(TWO),
        f"Here is the answer:\n```json\n{reply(TWO)}\n```\nI hope this helps.",
        reply([{"subject": r["head"], "predicate": "Works-For", "object": r["tail"]} for r in TWO]),
        reply([{"head": "ann", "type": "employed by", "tail": "ibm"}, TWO[1]]),
        reply([["Ann", "works_for", "IBM"], ["Bob", "works_for", "Siemens"]]),
        reply([["works_for", "Ann", "IBM"], ["works_for", "Bob", "Siemens"]]),
        reply({"works_for": [["Ann", "IBM"], {"head": "Bob", "tail": "Siemens"}]}),
        reply(
            [{"head": {"text": "Ann", "label": "PER"}, "label": "works_for", "tail": "IBM"}, TWO[1]]
        ),
        reply([{"head": "e0", "label": "works_for", "tail": "e1"}, TWO[1]], IDS),
        reply(
            [
                {"head_id": 0, "label": "works_for", "tail_id": 1},
                {"head": {"id": 2}, "relation": "works_for", "tail": {"id": 3}},
            ],
            NUMBERS,
        ),
        reply(TWO).replace('"', "'"),
        reply(TWO).replace("}, {", "} {").replace("]}", ",]}"),
        f"Draft: {reply(TWO[:1])}\nFinal answer: {reply(TWO)}",
        json.dumps({"entities": ENTITIES}) + "\n" + json.dumps({"relations": TWO}),
    ],
)
def test_many_shapes_of_a_reply_mean_the_same(task: RelationsTask, answer: str) -> None:
    result = read(task, answer)
    assert result.state is State.DONE
    assert found(result) == EXPECTED
    assert result.annotation.abstain_pairs == ()


def test_no_relation_is_an_answer_and_no_list_of_relations_is_none(task: RelationsTask) -> None:
    nothing = read(task, reply([]))
    assert (nothing.annotation.relations, nothing.annotation.abstain_pairs) == ((), ())
    assert not nothing.notes
    missing = read(task, json.dumps({"entities": ENTITIES}))
    assert missing.annotation.abstain_pairs == (PairAbstention(),)
    assert missing.notes == {"relations_missing": 1}
    empty = read(task, '{"entities": [], "relations": []}')
    assert (empty.state, empty.annotation) == (State.EMPTY, Annotation((), None, ()))


def test_relations_without_any_entity_make_a_reply_unplaced(task: RelationsTask) -> None:
    result = read(task, reply(TWO, []))
    assert result.state is State.UNPLACED
    assert result.annotation.is_empty


def test_an_end_without_a_span_masks_all_pairs_of_the_other_end(task: RelationsTask) -> None:
    result = read(task, reply([{"head": "Ann", "label": "works_for", "tail": "Apple"}]))
    assert result.annotation.relations == ()
    assert result.annotation.abstain_pairs == (PairAbstention(0, None, "works_for"),)
    assert result.notes == {"relations_unplaced": 1}
    ignoring = RelationsTask(TaskConfig.model_validate({**SECTION, "unlocated": "ignore"}))
    result = read(ignoring, reply([{"head": "Ann", "label": "works_for", "tail": "Apple"}]))
    assert result.annotation.abstain_pairs == ()
    assert result.notes == {"relations_unplaced": 1}


def test_an_unknown_type_masks_its_pair_and_is_off_schema(task: RelationsTask) -> None:
    result = read(task, reply([{"head": "Ann", "label": "met", "tail": "Bob"}]))
    assert result.annotation.relations == ()
    assert result.annotation.abstain_pairs == (PairAbstention(0, 2),)
    assert result.notes == {"relations_off_schema": 1}


def test_a_turned_relation_is_off_schema_and_masks_the_allowed_direction(
    task: RelationsTask,
) -> None:
    result = read(task, reply([{"head": "IBM", "label": "works_for", "tail": "Ann"}]))
    assert result.annotation.relations == ()
    assert result.annotation.abstain_pairs == (PairAbstention(0, 1, "works_for"),)
    assert result.notes == {"relations_off_schema": 1}


def test_symmetric_relations_begin_at_the_first_span_and_count_once(task: RelationsTask) -> None:
    both = [
        {"head": "Bob", "label": "married", "tail": "Ann"},
        {"head": "Ann", "label": "married", "tail": "Bob"},
    ]
    result = read(task, reply(both))
    assert found(result) == [("Ann", "married", "Bob")]
    assert result.notes == {"relations_duplicate": 1}


REPEATED = "Ann visited Rome . Later , and for many years , Ann lived in Rome ."
PLACES = [{"text": text, "label": label} for text, label in [("Ann", "PER"), ("Rome", "LOC")] * 2]


def test_of_names_that_occur_twice_the_nearest_pair_is_related(task: RelationsTask) -> None:
    one = {"head": "Ann", "label": "in", "tail": "Rome"}
    result = read(task, reply([one], PLACES), REPEATED)
    # Spans: Ann 0, Rome 1, Ann 2, Rome 3; the gap of the first pair is the smallest.
    assert result.annotation.relations == (Relation(0, 1, "in"),)
    assert {pair.key for pair in result.annotation.abstain_pairs} == {
        (0, 3, "in"),
        (2, 1, "in"),
        (2, 3, "in"),
    }
    assert result.notes == {"relations_ambiguous": 1}


def test_evidence_decides_among_repeated_names(task: RelationsTask) -> None:
    one = {"head": "Ann", "label": "in", "tail": "Rome", "evidence": "Ann lived in Rome"}
    result = read(task, reply([one], PLACES), REPEATED)
    assert result.annotation.relations == (Relation(2, 3, "in"),)


def test_a_repeated_relation_takes_the_next_pair(task: RelationsTask) -> None:
    one = {"head": "Ann", "label": "in", "tail": "Rome"}
    # Equal entries in one list are kept; the second one takes the next nearest pair.
    result = read(task, reply([one, one], PLACES), REPEATED)
    assert result.annotation.relations == (Relation(0, 1, "in"), Relation(2, 3, "in"))


def test_an_id_means_its_own_occurrence(task: RelationsTask) -> None:
    entities = [{"id": n, **place} for n, place in enumerate(PLACES)]
    result = read(task, reply([{"head": 2, "label": "in", "tail": 1}], entities), REPEATED)
    assert result.annotation.relations == (Relation(2, 1, "in"),)
    assert result.annotation.abstain_pairs == ()


def test_malformed_entries_are_counted_and_the_others_kept(task: RelationsTask) -> None:
    wrong = [{"head": "Ann"}, "Ann works for IBM", {"head": 7, "label": "in", "tail": 8}]
    result = read(task, reply([*wrong, TWO[1]]))
    assert found(result) == EXPECTED[1:]
    assert result.notes == {"relations_malformed": 3}


def test_a_relation_of_a_span_with_itself_is_counted(task: RelationsTask) -> None:
    result = read(task, reply([{"head": "Ann", "label": "married", "tail": "Ann"}]))
    assert result.annotation.relations == ()
    assert result.notes == {"relations_self": 1}


def test_a_list_that_was_cut_off_leaves_all_other_pairs_unknown(task: RelationsTask) -> None:
    cut = reply(TWO)[:-30]
    result = read(task, cut, finish_reason="length")
    assert found(result) == EXPECTED[:1]
    assert PairAbstention() in result.annotation.abstain_pairs
    assert result.notes["relations_truncated"] == 1


def test_a_reply_in_the_documents_text_is_no_answer(task: RelationsTask) -> None:
    text = TEXT + reply(TWO)
    result = read(task, reply(TWO) + "\n" + reply([]), text)
    assert result.annotation.relations == ()


def test_the_confidence_of_a_relation_is_the_probability_of_its_tokens(
    task: RelationsTask,
) -> None:
    answer = reply(TWO)
    place = answer.index('"relations"')
    ends = (place, len(answer))
    result = read(task, answer, logprobs=Logprobs(ends, (-0.1, -0.5)))
    assert [one.score for one in result.annotation.relations or ()] == pytest.approx(
        [2.718281828**-0.5] * 2
    )


def test_demonstrations_are_read_as_they_were_annotated(task: RelationsTask) -> None:
    spans = tuple(
        Span(
            TEXT.index(str(e["text"])), TEXT.index(str(e["text"])) + len(str(e["text"])), e["label"]
        )
        for e in ENTITIES
    )
    relations = (Relation(0, 1, "works_for"), Relation(0, 2, "married"), Relation(3, 4, "in"))
    document = Document("d", TEXT, annotation=Annotation(spans, relations=relations))
    messages = task.render("standard", "Another text", [document])
    result = read(task, messages[2]["content"])
    assert [span.key for span in result.annotation.spans or ()] == [span.key for span in spans]
    assert result.annotation.relations == relations
