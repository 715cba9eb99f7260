"""Optimisation of prompts against a teacher whose errors depend on its prompt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.prompted_teacher import LABELS, NEUTRAL_RULE, PromptedTeacher, gold

from vermeil.data.document import Annotation, Document
from vermeil.errors import ConfigError, ConsentError, DataError, TeacherError
from vermeil.pipeline.optimize.optimize import optimize
from vermeil.prompting.config import OptimizeConfig
from vermeil.prompting.report import OptimizeReport
from vermeil.tasks import make_task
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.protocol import Task
from vermeil.teacher.config import PriceConfig, TeacherConfig
from vermeil.teacher.store.store import ReplyStore

SETTINGS = OptimizeConfig(folds=3, documents=30, resamples=500)


@pytest.fixture
def teacher() -> Iterator[PromptedTeacher]:
    with PromptedTeacher() as teacher:
        yield teacher


@pytest.fixture
def task() -> Task:
    labels = {name: LabelConfig(description=words) for name, words in LABELS.items()}
    return make_task(TaskConfig(labels=labels, guidelines="Label every name."))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "replies.sqlite"


def settings(teacher: PromptedTeacher, **changes: Any) -> TeacherConfig:
    price = {"m": PriceConfig(input=1.0, output=4.0)}
    values = {"base_url": teacher.base_url, "model": "m", "prices": price, "max_tokens": 200}
    return TeacherConfig(**{**values, "retries": 0, **changes})


def changed(config: OptimizeConfig = SETTINGS, **changes: Any) -> OptimizeConfig:
    return OptimizeConfig.model_validate({**config.model_dump(), **changes})


def rules_of(report: OptimizeReport) -> list[str]:
    return report.prompt.guidelines.splitlines()[1:]


def test_rules_that_help_are_found_and_a_harmful_one_is_rejected(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    report = optimize(gold(60), task, settings(teacher), SETTINGS, store)
    assert report.is_improved
    assert report.gain.after == 1
    assert report.gain.comparison.low > 0
    assert report.gain.verdict == "significant"
    rules = " ".join(rules_of(report))
    assert "national team" in rules
    assert "title" in rules
    assert "weekday" not in rules
    assert NEUTRAL_RULE not in rules
    assert [t.kept for t in report.trials if "weekday" in t.change] == [False]
    assert "+- ORG: The name of a country as a national team is ORG." in report.diff
    assert report.prompt.guidelines.startswith("Label every name.\n")
    before, after = report.prompt_tokens
    assert before < after
    assert report.spending.calls == len(teacher.seen)
    assert report.spending.tokens == teacher.tokens


def test_the_same_call_again_sends_nothing_and_gives_the_same_report(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    first = optimize(gold(60), task, settings(teacher), SETTINGS, store)
    sent = len(teacher.seen)
    second = optimize(gold(60), task, settings(teacher), SETTINGS, store)
    assert len(teacher.seen) == sent
    assert second == first


def test_a_teacher_that_ignores_guidelines_has_no_significant_gain(task: Task, store: Path) -> None:
    with PromptedTeacher(obeys=False) as teacher:
        report = optimize(gold(60), task, settings(teacher), SETTINGS, store)
    assert not report.is_improved
    assert report.prompt == report.start
    assert report.diff == ""
    assert "Keep the old prompt: no significant gain" in report.recommendation
    assert report.gain.comparison.difference == 0


def test_chance_improvements_show_as_winners_curse_and_not_as_gain(task: Task, store: Path) -> None:
    """Every prompt misses other names at random, so the best of several only seems better."""
    config = changed(optimisers=("guidelines", "demonstrations", "variants"))
    with PromptedTeacher(obeys=False, noise=0.3) as teacher:
        report = optimize(gold(60), task, settings(teacher), config, store)
    assert [fold.optimised.gain > 0 for fold in report.folds] == [True] * 3
    assert report.gain.winners_curse > 0.02
    assert not report.is_improved
    assert report.gain.verdict == "not significant"


def test_held_out_documents_are_in_no_request_of_their_folds_optimisation(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    report = optimize(gold(60), task, settings(teacher), SETTINGS, store)
    groups = [{d.group for d in fold.before.documents} for fold in report.folds]
    assert sum(map(len, groups)) == report.groups == 30
    assert set.union(*groups) == {d.group for d in gold(60)}


def test_spending_stays_within_the_limit_and_a_higher_limit_resumes(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    plenty = optimize(gold(60), task, settings(teacher), SETTINGS, store.with_name("other.sqlite"))
    assert plenty.spending.cost_usd is not None
    limit = plenty.spending.cost_usd * 0.85
    teacher.seen.clear()
    report = optimize(gold(60), task, settings(teacher), changed(max_cost_usd=limit), store)
    assert report.spending.cost_usd is not None
    assert report.spending.cost_usd <= limit
    assert any("limits of [optimize] ended the search" in one for one in report.warnings)
    sent = len(teacher.seen)
    higher = optimize(gold(60), task, settings(teacher), changed(max_cost_usd=1.0), store)
    assert higher.prompt == plenty.prompt
    assert higher.spending.calls == len(teacher.seen) > sent


def test_the_limit_of_the_teacher_holds_to_the_cent(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    """The estimate before the first reply is too low here, so that the hard limit must stop it."""
    limited = settings(teacher, max_cost_usd=0.02)
    with pytest.raises((TeacherError, ConfigError), match="stored"):
        optimize(gold(60), task, limited, SETTINGS, store)
    with ReplyStore(store) as replies:
        spent = replies.spent()
    assert 0 < spent.total.cost <= 0.02e12
    assert spent.replies == len(teacher.seen)


def test_a_limit_below_one_scoring_of_gold_stops_there_and_keeps_all_replies(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    with pytest.raises(TeacherError, match=r"limit ended the optimisation after \d+ requests"):
        optimize(gold(60), task, settings(teacher), changed(max_tokens_total=8000), store)
    with ReplyStore(store) as replies:
        spent = replies.spent()
    # What is left does not cover the largest possible charge of one more request.
    assert 8000 - 3000 < spent.total.tokens == teacher.tokens <= 8000
    report = optimize(gold(60), task, settings(teacher), changed(max_tokens_total=10**6), store)
    assert report.is_improved
    assert report.spending.tokens == teacher.tokens


def test_the_number_of_calls_is_limited(teacher: PromptedTeacher, task: Task, store: Path) -> None:
    report = optimize(gold(60), task, settings(teacher), changed(max_calls=320), store)
    assert len(teacher.seen) <= 320
    assert report.spending.calls == len(teacher.seen)


def test_a_limit_too_small_for_one_round_is_an_error_before_the_first_request(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    with pytest.raises(ConfigError, match=r"too small for one round.* 244 requests"):
        optimize(gold(60), task, settings(teacher), changed(max_calls=200), store)
    assert teacher.seen == []


def test_no_limit_is_an_error(teacher: PromptedTeacher, task: Task, store: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no limit; set optimize\.max_cost_usd"):
        optimize(gold(60), task, settings(teacher), changed(max_calls=None), store)


def test_gold_with_too_few_groups_is_an_error(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    with pytest.raises(DataError, match=r"10 usable documents in 5 groups.*folds to 2"):
        optimize(gold(10), task, settings(teacher), SETTINGS, store)
    assert teacher.seen == []


def test_gold_without_errors_is_an_error(task: Task, store: Path) -> None:
    with (
        PromptedTeacher(knows=True) as teacher,
        pytest.raises(DataError, match="makes no error on the 60 gold documents"),
    ):
        optimize(gold(60), task, settings(teacher), SETTINGS, store)


@pytest.mark.parametrize("behaviour", ["refuse", "nonsense"])
def test_a_useless_coach_is_reported_and_keeps_the_prompt(
    behaviour: str, task: Task, store: Path
) -> None:
    with PromptedTeacher(coach=behaviour) as teacher:
        report = optimize(gold(60), task, settings(teacher), SETTINGS, store)
    assert not report.is_improved
    assert "replies of the coach were not usable" in "".join(report.warnings)
    assert "optimize.coach" in "".join(report.warnings)


def test_the_coach_can_be_another_model_with_consent_of_its_own(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    with PromptedTeacher() as other:
        coach = {"model": "coach", "base_url": other.base_url}
        report = optimize(gold(60), task, settings(teacher), changed(coach=coach), store)
        assert report.is_improved
        assert teacher.coach_calls == 0
        assert other.coach_calls == len(other.seen) > 0
    remote = {"model": "coach", "base_url": "http://coach.example/v1"}
    with pytest.raises(ConsentError, match=r"coach\.example"):
        optimize(gold(60), task, settings(teacher), changed(coach=remote), store)


def test_demonstrations_that_repair_errors_are_chosen_and_never_scored(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    config = changed(optimisers=("demonstrations",))
    report = optimize(gold(60), task, settings(teacher), config, store)
    assert report.is_improved
    shown = {span.label for d in report.prompt.demonstrations for span in d.spans or ()}
    assert {"ORG", "MISC"} <= shown
    assert teacher.coach_calls == 0
    for fold in report.folds:
        demonstrated = {d.group for d in fold.optimised.prompt.demonstrations}
        assert demonstrated
        assert demonstrated.isdisjoint(d.group for d in fold.after.documents)


def test_fixed_demonstrations_of_today_are_kept_and_never_scored(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    shown = {"kind": "fixed", "ids": ["d9"], "count": 1}
    report = optimize(gold(60), task, settings(teacher, demonstrations=shown), SETTINGS, store)
    assert [d.id for d in report.start.demonstrations] == ["d9"]
    assert report.documents == 58
    assert "g4" not in {d.group for fold in report.folds for d in fold.before.documents}
    nearest = settings(teacher, demonstrations={"kind": "nearest"})
    with pytest.raises(ConfigError, match="nearest"):
        optimize(gold(60), task, nearest, SETTINGS, store)


def test_documents_like_those_of_test_are_not_used(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    documents = gold(60)
    report = optimize(documents, task, settings(teacher), SETTINGS, store, excluded=documents[:10])
    assert report.documents == 50


def test_reflection_finds_the_rules_within_its_limits_and_repeats_itself(
    teacher: PromptedTeacher, task: Task, store: Path
) -> None:
    pytest.importorskip("gepa", reason="the extra optimize is not installed")
    config = changed(optimisers=("reflective",), reflections=6, max_calls=500)
    report = optimize(gold(60), task, settings(teacher), config, store)
    assert report.is_improved
    assert report.gain.after == 1
    assert report.prompt != report.start
    assert 0 < teacher.coach_calls <= 2 * 6 * 4
    sent = len(teacher.seen)
    assert report.spending.calls == sent <= 500
    assert optimize(gold(60), task, settings(teacher), config, store) == report
    assert len(teacher.seen) == sent


def test_reflection_requests_new_steps_of_a_prompt_with_reasoning(task: Task, store: Path) -> None:
    pytest.importorskip("gepa", reason="the extra optimize is not installed")
    config = changed(optimisers=("reflective",), reflections=3)
    with PromptedTeacher(coach="nonsense") as teacher:
        optimize(gold(60), task, settings(teacher, prompt="chain_of_thought"), config, store)
    sent = [message["content"] for messages in teacher.seen for message in messages]
    assert any(text.startswith("The steps:\nThink step by step") for text in sent)


@pytest.mark.parametrize("behaviour", ["refuse", "nonsense"])
def test_reflection_with_a_useless_coach_ends_and_keeps_the_prompt(
    behaviour: str, task: Task, store: Path
) -> None:
    pytest.importorskip("gepa", reason="the extra optimize is not installed")
    config = changed(optimisers=("reflective",), reflections=3)
    with PromptedTeacher(coach=behaviour) as teacher:
        report = optimize(gold(60), task, settings(teacher), config, store)
    assert not report.is_improved
    assert "replies of the coach were not usable" in "".join(report.warnings)


def test_classification_is_optimised_through_the_same_protocol(store: Path) -> None:
    documents = [
        Document(f"d{i}", f"{text}, {i}.", f"g{i}", annotation=Annotation(labels=(label,)))
        for i in range(30)
        for text, label in [(("A win", "sport"), ("A merger", "money"), ("A fair", "trade"))[i % 3]]
    ]
    labels = {name: LabelConfig() for name in ("sport", "money", "trade")}
    task = make_task(TaskConfig(name="classification", labels=labels))
    with PromptedTeacher() as teacher:
        report = optimize(documents, task, settings(teacher), SETTINGS, store)
    assert report.is_improved
    assert "A fair is trade." in report.prompt.guidelines
    assert report.gain.after == 1
