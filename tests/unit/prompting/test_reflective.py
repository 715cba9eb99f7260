"""Texts that the reflective optimiser rewrites."""

from __future__ import annotations

import pytest

from vermeil.prompting.prompt import prompt_diff, prompt_of
from vermeil.prompting.reflective import read_new_text, texts_of, with_texts
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.protocol import StepsTask

TASKS = ("ner", "classification", "relations")


def config(name: str, **settings: str) -> TaskConfig:
    labels = {"PER": {"description": "people"}, "LOC": {}}
    relations = {"relations": {"LIVES_IN": {"head": ["PER"], "tail": ["LOC"]}}}
    further = relations if name == "relations" else {}
    return TaskConfig.model_validate({"name": name, "labels": labels, **further, **settings})


@pytest.mark.parametrize("name", TASKS)
def test_steps_are_a_part_of_prompts_with_reasoning(name: str) -> None:
    task = make_task(config(name))
    plain = prompt_of(task, "standard")
    assert set(texts_of(plain, task)) == {"guidelines", "description of PER", "description of LOC"}
    thoughtful = prompt_of(task, "chain_of_thought")
    texts = texts_of(thoughtful, task)
    assert texts["steps"].startswith("Think step by step")
    assert with_texts(thoughtful, texts, task) == thoughtful

    changed = with_texts(thoughtful, {**texts, "steps": "Read it twice."}, task)
    assert changed.steps == "Read it twice."
    assert "+Read it twice." in prompt_diff(thoughtful, changed)
    assert changed.as_dict()["steps"] == "Read it twice."
    own = changed.make_task(task)
    instruction = own.render("chain_of_thought", "Ann.")[0]["content"]
    assert "Read it twice.\n" in instruction
    assert "Think step by step" not in instruction
    assert own.render("standard", "Ann.") == task.render("standard", "Ann.")


@pytest.mark.parametrize("name", TASKS)
def test_steps_of_the_configuration_can_be_replaced(name: str) -> None:
    task = make_task(config(name, steps="Look at names."))
    assert isinstance(task, StepsTask)
    assert (task.steps("standard"), task.steps("chain_of_thought")) == ("", "Look at names.")
    prompt = prompt_of(task, "chain_of_thought")
    assert texts_of(prompt, task)["steps"] == "Look at names."
    assert with_texts(prompt, texts_of(prompt, task), task) == prompt


def test_digests_of_tasks_without_own_steps_stay_the_same() -> None:
    assert "steps" not in config("ner").model_dump()
    assert "steps" not in config("ner").model_dump_json()
    assert config("ner", steps="Look.").model_dump()["steps"] == "Look."
    assert "steps" not in prompt_of(make_task(config("ner")), "chain_of_thought").as_dict()


@pytest.mark.parametrize(
    ("name", "reply", "text"),
    [
        ("guidelines", "Nationalities are MISC.", "Nationalities are MISC."),
        ("guidelines", "The guidelines:\nNationalities are MISC.", "Nationalities are MISC."),
        ("description of PER", "The description of PER: people", "people"),
        ("description of PER", "description of per:  people", "people"),
        ("description of PER", "The description of LOC: places", "The description of LOC: places"),
        ("guidelines", "The guidelines:\n(empty)", None),
        ("guidelines", "(empty)", None),
        ("steps", "The steps:", None),
        ("steps", "  ", None),
        ("steps", "x" * 5000, None),
    ],
)
def test_a_new_text_is_without_the_words_around_the_old_one(
    name: str, reply: str, text: str | None
) -> None:
    assert read_new_text(name, {"text": reply}) == text
