"""Optimisation of the prompt of relations, and a pilot of it, against a teacher on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.prompted_teacher import PEOPLE, PromptedTeacher
from tests.relation_section import SECTION

from vermeil.data.document import Annotation, Document, Span
from vermeil.data.relation import Relation
from vermeil.pipeline.optimize.optimize import optimize
from vermeil.prompting.config import OptimizeConfig
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.teacher.config import TeacherConfig

FIRMS = ("Acme", "Globex", "Initech", "Umbrella")
RULE = "A person who reports for a firm works for it."
TASK = make_task(TaskConfig.model_validate({**SECTION, "guidelines": "Label every name."}))


def document(number: int) -> Document:
    """Return a sentence with a relation, which the teacher finds only if it is obvious."""
    person, firm = PEOPLE[number % 4], FIRMS[number // 4 % 4]
    verb = "works for" if number % 3 else "reports for"
    text = f"{person} {verb} {firm}, note {number}."
    start = text.index(firm)
    spans = (Span(0, len(person), "PER"), Span(start, start + len(firm), "ORG"))
    annotation = Annotation(spans=spans, relations=(Relation(0, 1, "works_for"),))
    return Document(f"d{number}", text, annotation=annotation)


class RelationTeacher(PromptedTeacher):
    """A teacher that misses "reports for" unless its guidelines mention it."""

    def _annotate(self, messages: list[dict[str, str]]) -> str:
        text = messages[-1]["content"].rpartition("Text:\n")[2]
        person = next(name for name in PEOPLE if name in text)
        firm = next(name for name in FIRMS if name in text)
        entities = [{"text": person, "label": "PER"}, {"text": firm, "label": "ORG"}]
        relation = {"head": person, "label": "works_for", "tail": firm}
        is_found = "reports for" not in text or RULE in messages[0]["content"]
        return json.dumps({"entities": entities, "relations": [relation] if is_found else []})

    def _coach(self, messages: list[dict[str, str]]) -> str:
        request = messages[1]["content"]
        shows = '" as works_for; the answer has nothing' in request
        rules = [{"label": "works_for", "rule": RULE}] if shows else []
        return json.dumps({"rules": rules})


@pytest.fixture
def teacher() -> Iterator[RelationTeacher]:
    teacher = RelationTeacher()
    with teacher:
        yield teacher


def test_missed_relations_become_a_rule_with_a_cross_fitted_gain(
    teacher: RelationTeacher, tmp_path: Path
) -> None:
    settings = TeacherConfig(base_url=teacher.base_url, model="m", retries=0, max_tokens=200)
    config = OptimizeConfig(folds=3, documents=30, resamples=500, optimisers=("guidelines",))
    gold = [document(number) for number in range(48)]
    report = optimize(gold, TASK, settings, config, tmp_path / "replies.sqlite")
    assert report.is_improved
    assert RULE in report.prompt.guidelines
    assert report.gain.comparison.difference > 0.1


def test_mistakes_of_relations_are_examples_with_truth_and_kind() -> None:
    gold = document(0)
    missed = TASK.mistakes(gold, Annotation(spans=gold.spans, relations=()))
    turned = Annotation(spans=gold.spans, relations=(Relation(1, 0, "works_for"),))
    assert [one.describe() for one in missed] == [
        'missing: correct is "Ann Lee → Acme" as works_for; the answer has nothing'
    ]
    assert {one.kind for one in TASK.mistakes(gold, turned)} == {"missing", "spurious"}
