"""Demonstrations: who is shown, and who never is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.reply import Reply
from vermeil.errors import ConfigError
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import DemonstrationsConfig, TeacherConfig
from vermeil.teacher.demonstrations import Demonstrations, make_demonstrations, with_leak_count
from vermeil.teacher.requests import make_requests

TASK = make_task(TaskConfig.model_validate({"labels": {"PER": {}, "LOC": {}}}))


def gold(number: int, text: str | None = None, group: str | None = None) -> Document:
    text = text or f"Ann{number} left."
    return Document(f"g{number}", text, group, annotation=Annotation((Span(0, 3, "PER"),)))


GOLD = [gold(n) for n in range(6)]


def by_length(texts: Sequence[str], encoder: str) -> Callable[[str], Sequence[int]]:
    """A stand-in for the embedding: texts of like length are near."""

    def rank(text: str) -> Sequence[int]:
        return sorted(range(len(texts)), key=lambda i: abs(len(texts[i]) - len(text)))

    return rank


def made(
    barred: Iterable[Document] = (), gold: Iterable[Document] = GOLD, **settings: Any
) -> Demonstrations:
    return make_demonstrations(DemonstrationsConfig(**settings), gold, barred, by_length)


def test_without_demonstrations_the_prompt_and_the_key_are_what_they_were() -> None:
    document = Document("d", "Bob left.")
    (plain,) = make_requests([document], TASK, TeacherConfig())
    (request,) = make_requests([document], TASK, TeacherConfig(), demonstrations=made(kind="none"))
    assert request == plain
    assert request.messages == TASK.render("standard", "Bob left.")
    assert len(request.messages) == 2
    assert "first messages" not in request.messages[0]["content"]


def test_fixed_ones_are_the_first_of_gold_in_their_order() -> None:
    shown = made(kind="fixed", count=2).for_document(Document("d", "Bob."))
    assert [d.id for d in shown] == ["g0", "g1"]
    named = made(kind="fixed", ids=("g4", "g2"), count=2).for_document(Document("d", "Bob."))
    assert [d.id for d in named] == ["g4", "g2"]


def test_covering_ones_show_every_label_and_one_text_without_any() -> None:
    def document(name: str, *labels: str) -> Document:
        spans = tuple(Span(4 * i, 4 * i + 3, label) for i, label in enumerate(labels))
        return Document(name, "Ann Bob Cy.", annotation=Annotation(spans))

    documents = [
        document("person", "PER"),
        document("another person", "PER"),
        document("nothing"),
        document("both", "PER", "LOC"),
    ]
    shown = made(gold=documents, kind="covering", count=3).for_document(Document("d", "Dora."))
    assert [d.id for d in shown] == ["both", "person", "nothing"]
    others = made(gold=documents, kind="covering", count=3).for_document(Document("both", "Eve."))
    assert [d.id for d in others] == ["person", "nothing", "another person"]


def test_of_nearest_ones_the_nearest_comes_last() -> None:
    documents = [gold(1, "Ann"), gold(2, "Ann left"), gold(3, "Ann left Rome for good.")]
    shown = made(gold=documents, kind="nearest", count=2).for_document(Document("d", "Bob lef."))
    assert [d.id for d in shown] == ["g1", "g2"]


@pytest.mark.parametrize("kind", ["fixed", "covering", "nearest"])
@pytest.mark.parametrize(
    "asked",
    [Document("g1", "Else."), Document("d", " ANN1  left!"), Document("d", "Else.", "g1")],
    ids=["id", "text", "group"],
)
def test_who_is_asked_about_is_not_shown(kind: str, asked: Document) -> None:
    shown = made(kind=kind, count=6).for_document(asked)
    assert sorted(d.id for d in shown) == ["g0", "g2", "g3", "g4", "g5"]


def test_who_is_scored_is_never_shown() -> None:
    grouped = [gold(n, group=f"article{n // 2}") for n in range(6)]
    scored = [Document("t", "Other.", "article0"), Document("u", "ann5 left")]
    shown = made(scored, grouped, kind="fixed", count=6).for_document(Document("d", "Bob."))
    assert [d.id for d in shown] == ["g2", "g3", "g4"]


def test_nothing_left_to_show_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="share id, text or group"):
        made(GOLD, kind="fixed")
    with pytest.raises(ConfigError, match="none of the 0 annotated"):
        made(gold=[Document("x", "Bare.")], kind="nearest")


def test_ids_that_cannot_be_shown_are_all_named() -> None:
    with pytest.raises(ConfigError) as caught:
        made([GOLD[0]], kind="fixed", ids=("g0", "unknown", "g1"))
    assert len(caught.value.problems) == 2
    assert "'g0' shares" in caught.value.problems[0]
    assert "'unknown' is no" in caught.value.problems[1]


@pytest.mark.parametrize("prompt", TASK.prompts)
def test_they_are_earlier_turns_with_answers_in_the_format_that_is_asked_for(prompt: str) -> None:
    messages = TASK.render(prompt, "Bob left.", GOLD[:2])
    assert [m["role"] for m in messages] == ["system", *["user", "assistant"] * 2, "user"]
    assert messages[1]["content"].endswith("\nText:\nAnn0 left.")
    assert messages[-1] == TASK.render(prompt, "Bob left.")[-1]
    reading = TASK.read(GOLD[0].text, Reply(messages[2]["content"]))
    assert [s.surface for s in (m.mention for m in reading.mentions)] == ["Ann"]


def test_a_classification_shows_texts_with_their_label() -> None:
    task = make_task(
        TaskConfig.model_validate({"name": "classification", "labels": {"tech": {}, "sport": {}}})
    )
    shown = Document("g", "A goal.", annotation=Annotation(labels=("sport",)))
    messages = task.render("standard", "A chip.", [shown, Document("bare", "Nobody looked.")])
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user"]
    assert messages[2]["content"] == '{"label": "sport"}'


def test_demonstrations_are_part_of_the_key() -> None:
    (one,) = make_requests([Document("d", "Bob.")], TASK, TeacherConfig())
    chosen = Demonstrations(GOLD, 1)
    (other,) = make_requests([Document("d", "Bob.")], TASK, TeacherConfig(), None, chosen)
    assert one.key != other.key


def test_what_comes_from_a_demonstration_is_counted() -> None:
    reply = Reply(
        '{"entities": [{"text": "Ann", "label": "PER"}, {"text": "Bob", "label": "PER"},'
        ' {"text": "Zoe", "label": "PER"}]}'
    )
    reading = TASK.read("Bob left.", reply)
    assert with_leak_count(reading, GOLD[:2]).notes == {"leaked": 1}
    assert with_leak_count(reading, GOLD[:2]).mentions == reading.mentions
    assert with_leak_count(reading, ()) == reading
