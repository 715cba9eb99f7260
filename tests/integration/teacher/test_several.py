"""Samples, several teachers, checks and shared requests, over real sockets."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.teacher.conftest import Answer, FaultServer, Script, Seen

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.ledger import teachers_of
from vermeil.data.mention import Status
from vermeil.data.reply import State
from vermeil.errors import ConfigError, ConsentError
from vermeil.jobs.annotate import AnnotateReport, annotate
from vermeil.jobs.estimate import estimate
from vermeil.jobs.locate import locate
from vermeil.jobs.verify import verify
from vermeil.tasks.protocol import Task
from vermeil.teacher.backends.multi_document_prompt import text_id
from vermeil.teacher.config import (
    AdditionalTeacherConfig,
    DemonstrationsConfig,
    PriceConfig,
    TeacherConfig,
    VotesConfig,
)
from vermeil.teacher.demonstrations import Demonstrations
from vermeil.teacher.report import RequestReport

ANN = Document("a", "Ann Lee left Rome.", annotation=Annotation((Span(0, 7, "PER"),)))
BOB = Document("b", "Bob stayed.")


def entities(*pairs: tuple[str, str]) -> str:
    return json.dumps({"entities": [{"text": t, "label": n} for t, n in pairs]})


def is_check(seen: Seen) -> bool:
    return "Mentions:" in seen.body["messages"][-1]["content"]


def by_model(replies: dict[str, str]) -> Script:
    """Reply with the fixed reply of each model."""

    def script(number: int, seen: Seen) -> Answer:
        if is_check(seen):
            return Answer('{"checks": [{"number": 1, "label": "LOC"}]}')
        return Answer(replies[seen.body["model"]])

    return script


REPLIES = {
    "m": entities(("Ann Lee", "PER")),
    "n": entities(("Ann Lee", "PER"), ("Rome", "LOC")),
    "o": "no idea",
}


def with_others(teacher: TeacherConfig, **settings: Any) -> TeacherConfig:
    also = tuple(AdditionalTeacherConfig(model=name) for name in ("n", "o"))
    return teacher.model_copy(update={"additional": also, **settings})


def verification(report: AnnotateReport) -> RequestReport:
    assert report.verify_report is not None
    return report.verify_report


def test_several_teachers_vote_and_every_answer_is_accounted_for(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = by_model(REPLIES)
    three = with_others(teacher)
    report = annotate([ANN], task, three, store)
    assert (report.documents, report.samples, report.ask_report.sent) == (1, 3, 3)
    assert report.states == {State.DONE: 2, State.UNPARSABLE: 1}
    located = locate([ANN], task, three, store)
    assert located.states == {State.DONE: 1}
    assert located.answers == {State.DONE: 2, State.UNPARSABLE: 1}
    (span,) = located.documents[0].spans or ()
    assert (span.key, span.score) == ((0, 7, "PER"), 1.0)
    assert located.votes == {"candidates": 2, "unanimous": 1, "kept": 1, "lost": 1}
    assert located.as_dict()["answers"] == {"done": 2, "unparsable": 1}
    first, second = teachers_of(located.documents[0])
    assert (first.model, first.spans) == ("m", ((0, 7, "PER"),))
    assert (second.model, second.spans) == ("n", ((0, 7, "PER"), (13, 17, "LOC")))
    assert first.date == second.date == datetime.now(UTC).date().isoformat()


def test_an_estimate_covers_every_teacher_and_names_what_it_leaves_out(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = by_model(REPLIES)
    price = {"input": 1.0, "output": 2.0}
    priced = teacher.model_copy(update={"prices": {n: PriceConfig(**price) for n in "mno"}})
    one = estimate([ANN, BOB], task, priced, store)
    all_three = estimate([ANN, BOB], task, with_others(priced, verify=True), store)
    assert (one.volume.requests, all_three.volume.requests) == (2, 6)
    assert (all_three.documents, all_three.host) == (2, one.host)
    assert all_three.usage.total == 3 * one.usage.total
    assert one.cost_usd is not None
    assert one.upper_bound_usd is not None
    assert all_three.cost_usd == pytest.approx(3 * one.cost_usd)
    assert all_three.upper_bound_usd == pytest.approx(3 * one.upper_bound_usd)
    assert (one.not_estimated, "not_estimated" in one.as_dict()) == (None, False)
    assert "verify" in all_three.as_dict()["not_estimated"]
    unknown = with_others(teacher.model_copy(update={"prices": {"m": PriceConfig(**price)}}))
    assert estimate([ANN], task, unknown, store).cost_usd is None
    assert not server.seen


def test_losing_spans_can_be_abstentions(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = by_model(REPLIES)
    unsure = with_others(teacher, votes=VotesConfig(keep="majority", minority="abstain"))
    annotate([ANN], task, unsure, store)
    assert locate([ANN], task, unsure, store).documents[0].annotation.abstain == ((13, 17),)


def test_samples_of_one_teacher_vote(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = lambda number, seen: Answer(REPLIES["m" if number < 2 else "n"])
    thrice = teacher.model_copy(update={"samples": 3, "concurrency": 1, "temperature": 0.7})
    assert annotate([ANN], task, thrice, store).ask_report.sent == 3
    located = locate([ANN], task, thrice, store)
    assert located.answers == {State.DONE: 3}
    assert [s.score for s in located.documents[0].spans or ()] == [1.0]
    assert located.votes["lost"] == 1


def test_only_contested_mentions_are_asked_about_again_and_only_once(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = by_model({**REPLIES, "o": REPLIES["n"]})
    careful = with_others(teacher, verify=True)
    report = annotate([ANN, BOB], task, careful, store)
    questions = [seen for seen in server.seen if is_check(seen)]
    assert len(questions) == verification(report).sent == 1  # nothing of ANN is in BOB's text
    assert verification(report).states == {State.DONE: 1}
    assert report.as_dict()["verify"]["asked"] == 1
    located = locate([ANN, BOB], task, careful, store)
    assert [s.key for s in located.documents[0].spans or ()] == [(0, 7, "PER"), (13, 17, "LOC")]
    assert located.verified == {State.DONE: 1}
    assert located.votes["confirmed"] == 1
    assert verification(annotate([ANN, BOB], task, careful, store)).sent == 0
    assert len(server.seen) == 7


def test_unplaced_replies_do_not_vote_and_are_not_verified(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    server.script = by_model({**REPLIES, "m": entities(("Bergen", "LOC"))})
    careful = with_others(teacher, verify=True)
    report = annotate([ANN], task, careful, store)
    assert report.states == {State.UNPLACED: 1, State.DONE: 1, State.UNPARSABLE: 1}
    assert verification(report).sent == 0
    located = locate([ANN], task, careful, store)
    assert located.answers == {State.UNPLACED: 1, State.DONE: 1, State.UNPARSABLE: 1}
    assert [s.key for s in located.documents[0].spans or ()] == [(0, 7, "PER"), (13, 17, "LOC")]
    assert located.mentions[Status.NOT_FOUND] == 1


def test_a_question_that_failed_changes_nothing_and_is_reported(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    replies = by_model({**REPLIES, "o": REPLIES["m"]})
    server.script = lambda n, seen: Answer(status=400) if is_check(seen) else replies(n, seen)
    careful = with_others(teacher, verify=True)
    assert verification(annotate([ANN], task, careful, store)).states == {State.FAILED: 1}
    located = locate([ANN], task, careful, store)
    assert located.verified == {State.FAILED: 1}
    assert [s.key for s in located.documents[0].spans or ()] == [(0, 7, "PER")]


def test_a_vague_answer_to_a_question_is_unparsable(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    replies = by_model({**REPLIES, "o": REPLIES["m"]})
    server.script = lambda n, seen: Answer("Both are fine.") if is_check(seen) else replies(n, seen)
    careful = with_others(teacher)
    annotate([ANN], task, careful, store)
    assert verify([ANN], task, careful, store).states == {State.UNPARSABLE: 1}


def test_consent_holds_for_one_address_only(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    other = AdditionalTeacherConfig(model="n", base_url="https://example.org/v1")
    two = teacher.model_copy(update={"additional": (other,), "allow_remote": True})
    with pytest.raises(ConsentError, match=r"example\.org"):
        annotate([ANN], task, two, store)
    assert server.seen == []


def test_each_teacher_may_have_a_prompt_and_a_wrong_one_is_reported_before_anything_is_sent(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    two = teacher.model_copy(
        update={"additional": (AdditionalTeacherConfig(model="n", prompt="poem"),)}
    )
    with pytest.raises(ConfigError, match=r"teacher\.additional\.0\.prompt"):
        annotate([ANN], task, two, store)
    assert server.seen == []


def test_demonstrations_reach_the_teacher_and_are_never_the_document_itself(
    server: FaultServer, task: Task, teacher: TeacherConfig, store: Path
) -> None:
    shown = Demonstrations([ANN], 1)
    annotate([ANN, BOB], task, teacher, store, demonstrations=shown)
    turns = {seen.last_line: len(seen.body["messages"]) for seen in server.seen}
    assert turns == {ANN.text: 2, BOB.text: 4}
    located = locate([ANN, BOB], task, teacher, store, demonstrations=shown)
    assert located.states == {State.EMPTY: 2}
    assert locate([BOB], task, teacher, store).states == {State.PENDING: 1}


# Several documents in one request.

TEXT_LINE = re.compile(r"^\{.*\}$", re.MULTILINE)


def asked_texts(seen: Seen) -> list[dict[str, Any]]:
    question = seen.body["messages"][-1]["content"].partition("\n\nTexts:\n")[2]
    return [json.loads(line) for line in question.splitlines()]


def answer_all(number: int, seen: Seen) -> Answer:
    return Answer(
        "\n".join(
            json.dumps({"id": one["id"], "entities": [{"text": "Oslo", "label": "LOC"}]})
            for one in reversed(asked_texts(seen))
        )
    )


@pytest.fixture
def packed(teacher: TeacherConfig) -> TeacherConfig:
    return teacher.model_copy(update={"documents_per_request": 5, "concurrency": 5})


def test_documents_share_a_request_and_keep_their_own_state(
    server: FaultServer, task: Task, packed: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    server.script = answer_all
    report = annotate(documents, task, packed, store)
    assert [len(asked_texts(seen)) for seen in server.seen] == [5, 5]
    assert server.seen[0].body["max_tokens"] == 5 * packed.max_tokens
    assert report.states == {State.DONE: 10}
    assert report.ask_report.sent == report.ask_report.requests == 10
    assert (report.ask_report.usage.prompt_tokens, report.ask_report.usage.completion_tokens) == (
        20,
        4,
    )
    located = locate(documents, task, packed, store)
    assert all(d.text[s.start : s.end] == "Oslo" for d in located.documents for s in d.spans or ())
    assert annotate(documents, task, packed, store).ask_report.sent == 0


def test_who_was_asked_in_other_company_is_not_asked_again(
    server: FaultServer, task: Task, packed: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    server.script = answer_all
    annotate(documents[3:7], task, packed, store)
    assert annotate(documents, task, packed, store).ask_report.sent == 6


def leaves_out(*texts: str, alone: bool = False) -> Script:
    """Reply about all texts but some; about those only if each has a request of its own."""
    lost = {text_id(text) for text in texts}

    def script(number: int, seen: Seen) -> Answer:
        is_alone = len(asked_texts(seen)) == 1
        lines = answer_all(number, seen).content.splitlines()
        kept = [one for one in lines if (alone and is_alone) or json.loads(one)["id"] not in lost]
        return Answer("\n".join(kept))

    return script


def test_documents_that_an_answer_lacks_are_asked_once_more_alone(
    server: FaultServer, task: Task, packed: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    left_out = [documents[1].text, documents[4].text]
    server.script = leaves_out(*left_out, alone=True)
    report = annotate(documents, task, packed, store)
    assert report.states == {State.DONE: 10}
    assert report.as_dict()["left_out_and_sent_alone"] == 2
    texts = [[one["text"] for one in asked_texts(seen)] for seen in server.seen]
    assert sorted(map(len, texts)) == [1, 1, 5, 5]
    assert sorted(one for (one,) in (group for group in texts if len(group) == 1)) == left_out
    # A shared reply costs each of its documents a fifth, also the two that it leaves out.
    assert report.ask_report.spent.charged.tokens == 4 * 12
    assert report.ask_report.usage.total == 4 * 12
    assert locate(documents, task, packed, store).states == {State.DONE: 10}
    assert annotate(documents, task, packed, store).ask_report.sent == 0


def test_a_document_that_is_lacking_alone_too_is_unparsable(
    server: FaultServer, task: Task, packed: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    server.script = leaves_out(documents[2].text)
    report = annotate(documents[:5], task, packed.model_copy(update={"retries": 0}), store)
    assert report.states == {State.DONE: 4, State.UNPARSABLE: 1}
    assert [p.document_id for p in report.ask_report.problems] == ["d2"]
    assert len(server.seen) == 2
    assert annotate(documents[:5], task, packed, store).ask_report.sent == 0


def test_documents_of_a_refused_shared_request_are_asked_alone(
    server: FaultServer, task: Task, packed: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    bad = documents[3].text

    def script(number: int, seen: Seen) -> Answer:
        if bad in [one["text"] for one in asked_texts(seen)]:
            return Answer("against our policy", status=400)
        return answer_all(number, seen)

    server.script = script
    report = annotate(documents[:5], task, packed, store)
    assert report.states == {State.DONE: 4, State.FAILED: 1}
    assert len(server.seen) == 6


def test_a_document_of_a_shared_request_is_unplaced_on_its_own(
    server: FaultServer, task: Task, packed: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    lost = text_id(documents[2].text)

    def script(number: int, seen: Seen) -> Answer:
        lines = answer_all(number, seen).content.splitlines()
        return Answer(
            "\n".join(one.replace("Oslo", "Bergen") if lost in one else one for one in lines)
        )

    server.script = script
    report = annotate(documents[:5], task, packed, store)
    assert report.states == {State.DONE: 4, State.UNPLACED: 1}
    located = locate(documents[:5], task, packed, store)
    assert [one.id for one in located.documents if one.annotation.is_empty] == ["d2"]
    assert annotate(documents[:5], task, packed, store).ask_report.sent == 0


def test_an_answer_that_was_cut_off_keeps_its_whole_lines(
    server: FaultServer, task: Task, packed: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    def script(number: int, seen: Seen) -> Answer:
        whole = answer_all(number, seen).content
        return Answer(whole[: len(whole) // 2], finish_reason="length")

    server.script = script
    report = annotate(documents[:5], task, packed, store)
    assert report.states == {State.DONE: 2, State.TRUNCATED: 3}


def test_a_fault_is_everybodys_and_all_are_asked_again(
    server: FaultServer, task: Task, packed: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    server.script = lambda n, seen: Answer(status=500) if n == 0 else answer_all(n, seen)
    report = annotate(documents[:5], task, packed, store)
    assert report.states == {State.DONE: 5}
    assert report.ask_report.attempts == 10


def test_fixed_demonstrations_are_shown_as_packs_of_one(
    server: FaultServer, task: Task, packed: TeacherConfig, store: Path, documents: list[Document]
) -> None:
    server.script = answer_all
    annotate(documents[:5], task, packed, store, demonstrations=Demonstrations([ANN], 1))
    _, question, answer, _ = server.seen[0].body["messages"]
    assert json.loads(question["content"].splitlines()[-1])["text"] == ANN.text
    assert json.loads(answer["content"])["id"] == text_id(ANN.text)


def test_nearest_demonstrations_cannot_be_shared(
    task: Task, packed: TeacherConfig, store: Path
) -> None:
    nearest = DemonstrationsConfig(kind="nearest")
    both = packed.model_copy(update={"demonstrations": nearest})
    with pytest.raises(ConfigError, match="documents_per_request"):
        annotate([ANN], task, both, store)
