from __future__ import annotations

import numpy as np
import pytest

from vermeil.data.counts import MatchCounts, sum_counts
from vermeil.data.document import Annotation, Document
from vermeil.data.example import IGNORED
from vermeil.data.reply import Reply, State
from vermeil.errors import ConfigError, DataError
from vermeil.tasks.classification.json_format import instruction, parse_reply, render_reply
from vermeil.tasks.classification.task import ClassificationTask
from vermeil.tasks.config import LabelConfig, TaskConfig

TASK = ClassificationTask(
    TaskConfig(
        name="classification",
        labels={"sport": LabelConfig(aliases=("sports",)), "tech": {}, "art {really}": {}},
        guidelines="Judge by the first sentence.",
    )
)


def labelled(*labels: str, weight: float | None = None) -> Document:
    return Document("d7", "They won.", annotation=Annotation(labels=labels), weight=weight)


@pytest.mark.parametrize("prompt", TASK.prompts)
def test_prompts_hold_labels_guidelines_format_and_end_with_the_text(prompt: str) -> None:
    system, user = TASK.render(prompt, 'Say {"label": "tech"}.')
    assert "- sport\n- tech\n- art {really}" in system["content"]
    assert "Judge by the first sentence." in system["content"]
    assert instruction(TASK.label_set) in system["content"]
    assert user["content"].endswith('\nSay {"label": "tech"}.')
    assert ("2. List the candidates" in system["content"]) == (prompt == "chain_of_thought")


def test_an_unknown_prompt_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="standard, chain_of_thought"):
        TASK.render("poem", "x")


def test_the_format_reads_what_it_renders() -> None:
    for label in TASK.labels:
        assert parse_reply(f"Reasons.\n```json\n{render_reply(label)}\n```", "x") == (label,)


@pytest.mark.parametrize(
    ("text", "finish_reason", "state"),
    [
        ("sport", "stop", State.UNPARSABLE),
        ('{"label": ["sport"]}', "stop", State.UNPARSABLE),
        ('{"label": "spo', "length", State.TRUNCATED),
        ("I cannot assist with that.", "stop", State.REFUSED),
        ('{"label": "sport"}', "content_filter", State.REFUSED),
    ],
)
def test_a_reply_without_an_answer_is_named_and_leaves_the_text_unlabelled(
    text: str, finish_reason: str, state: State
) -> None:
    reading = TASK.read("They won.", Reply(text, finish_reason=finish_reason))
    assert reading.state is state
    assert reading.annotation.is_empty
    assert reading.problem


def test_names_and_aliases_are_labels_and_others_are_off_schema() -> None:
    assert TASK.read("x", Reply('{"label": "Sports"}')).annotation.labels == ("sport",)
    off = TASK.read("x", Reply('{"label": "weather"}'))
    assert (off.state, off.notes) == (State.UNPARSABLE, {"off_schema": 1})
    assert off.annotation.is_empty
    assert "weather" in (off.problem or "")


@pytest.mark.parametrize(
    "text",
    [
        '{"label": "sport"}\n{"label": "tech"}',
        '[{"label": "sport"}, {"label": "tech"}]',
        'Sentence 1: {"label": "sport"}\nSentence 2: {"label": "tech"}',
    ],
)
def test_several_labels_contradict_each_other(text: str) -> None:
    reading = TASK.read("They won.", Reply(text))
    assert (reading.state, reading.notes) == (State.UNPARSABLE, {"contradictory": 1})
    assert reading.problem == "several labels, sport, tech; none of them is marked as final"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ('{"label": "sport"}\n{"label": "sports"}', "sport"),
        ('Draft: {"label": "sport"}\nFinal: {"label": "tech"}', "tech"),
        ('{"label": "tech"}\nIf it were a match, I would have written {"label": "sport"}.', "tech"),
        ('{"label": "sport", "label": "tech"}', None),
        ('{"label": "sport"}\n{"label": ["tech"]}', None),
    ],
)
def test_the_final_label_counts_and_quotations_do_not(text: str, label: str | None) -> None:
    assert TASK.read("They won.", Reply(text)).annotation.labels == (label and (label,))


def test_check_wants_exactly_one_known_label() -> None:
    TASK.check(labelled("sport"))
    TASK.check(Document("d7", "They won."))
    with pytest.raises(DataError, match=r"'d7': 2 labels .* expected exactly one"):
        TASK.check(labelled("sport", "tech"))
    with pytest.raises(DataError, match="'d7': 0 labels"):
        TASK.check(labelled())
    with pytest.raises(DataError, match="unknown label 'sports'; write 'sport' for it"):
        TASK.check(labelled("sports"))


def test_the_target_is_one_class_with_the_documents_weight() -> None:
    target = TASK.encode(labelled("tech", weight=0.5), ())
    assert (target.classes.tolist(), target.weights.tolist()) == ([1], [0.5])
    assert TASK.encode(Document("d7", "x"), ()).classes.tolist() == [IGNORED]


def test_the_most_probable_label_is_decoded() -> None:
    probabilities = np.array([[0.2, 0.1, 0.7]], dtype=np.float32)
    assert TASK.decode((), probabilities).labels == ("art {really}",)


def test_micro_f1_is_the_accuracy() -> None:
    pairs = [("sport", "sport"), ("sport", "tech"), ("tech", "tech"), ("tech", "tech")]
    counts = sum_counts(
        TASK.count(Annotation(labels=(gold,)), Annotation(labels=(predicted,)))
        for gold, predicted in pairs
    )
    assert counts.overall.f1 == counts.overall.precision == 0.75
    assert counts.per_label == {"sport": MatchCounts(1, 1, 2), "tech": MatchCounts(2, 3, 2)}
    assert counts.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert counts.confusion == {("sport", "sport"): 1, ("sport", "tech"): 1, ("tech", "tech"): 2}
    assert (counts.documents, counts.span_only) == (4, None)


def test_an_unlabelled_side_counts_as_missed_or_spurious() -> None:
    sport = Annotation(labels=("sport",))
    assert TASK.count(sport, Annotation()).confusion == {("sport", "O"): 1}
    assert TASK.count(Annotation(), sport).confusion == {("O", "sport"): 1}
    assert TASK.count(Annotation(), Annotation()).documents == 1


def test_another_reply_format_than_json_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match=r"task\.reply_format: .*'lines'"):
        ClassificationTask(
            TaskConfig(name="classification", labels={"sport": {}}, reply_format="lines")
        )
