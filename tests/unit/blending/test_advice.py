"""Advice for the regimen from the teacher's F1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.blending.advice import RULES, advise
from vermeil.blending.regimens import REGIMENS

SCORES = st.floats(0, 1)


@given(f1=SCORES, width=st.floats(0, 0.5))
def test_the_rule_of_the_measured_f1_comes_first(f1: float, width: float) -> None:
    advice = advise(f1, (max(0.0, f1 - width), min(1.0, f1 + width)), 50)
    assert f1 < advice.rules[0].below
    assert all(f1 >= rule.below for rule in RULES[: RULES.index(advice.rules[0])])
    assert advice.regimen == advice.rules[0].regimen
    assert len(set(advice.rules)) == len(advice.rules)


@given(f1=SCORES)
def test_a_narrow_interval_gives_one_rule(f1: float) -> None:
    assert advise(f1, (f1, f1), 50).is_certain


def test_a_wide_interval_is_stated() -> None:
    weak, strong = RULES[0], RULES[-1]
    advice = advise(weak.below - 0.01, (weak.below - 0.2, weak.below + 0.2), 12)
    assert not advice.is_certain
    assert "the interval is wide" in advice.sentence
    assert advice.as_dict()["certain"] is False
    assert strong not in advice.rules


def test_the_sentence_has_the_measurement_and_the_regimen() -> None:
    sentence = advise(0.47, (0.41, 0.52), 1250).sentence
    assert "1,250 gold documents is 0.47 [0.41, 0.52]" in sentence
    assert sentence.endswith("Recommended regimen: auto.")


@pytest.mark.parametrize(("f1", "risky"), [(0.3, True), (0.59, True), (0.7, False), (1.0, False)])
def test_simple_mix_is_risky_with_a_weak_teacher_only(f1: float, risky: bool) -> None:
    advice = advise(f1, (f1, f1), 100)
    assert advice.is_risky("simple_mix") is risky
    assert not advice.is_risky(advice.regimen)


def test_rules_cover_every_f1_and_name_regimens() -> None:
    limits = [rule.below for rule in RULES]
    assert limits == sorted(set(limits))
    assert limits[-1] > 1
    assert {name for rule in RULES for name in (rule.regimen, *rule.risky)} <= set(REGIMENS)
