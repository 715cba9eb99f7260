"""The ends of located names: punctuation of the sentence, of the name, and possessives."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from vermeil.data.mention import Mention, Tier
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.mentions import locate
from vermeil.tasks.ner.alignment.tiers import SurfaceFinder

Repeats = Literal["all", "first", "abstain"]
LABELS = LabelSet.from_config(TaskConfig(labels={"PER": {}, "LOC": {}}))


def found(text: str, surface: str) -> list[str]:
    hits = SurfaceFinder(text).find(surface)
    return [text[slice(*place)] for place in hits.occurrences] if hits.tier else []


@pytest.mark.parametrize(
    ("text", "surface", "span"),
    [
        ("Ilse came to Varnby.", "Varnby.", "Varnby"),
        ("Ilse came to Varnby. Otto left.", "varnby.", "Varnby"),
        ("Ilse came to Varnby .", "Varnby .", "Varnby"),
        ("“He left Varnby.” She stayed.", "Varnby.”", "Varnby"),
        ("(See Varnby.) Then go.", "Varnby.)", "Varnby"),
        ("Then came Varnby... and Otto", "Varnby...", "Varnby"),
        ("Then came Varnby…", "Varnby…", "Varnby"),
        ("To Varnby, Quell and Port", "Varnby,", "Varnby"),
        ("In Varnby: rain", "Varnby:", "Varnby"),
        ("彼は夕霧谷に来た。次に夕霧谷。", "夕霧谷。", "夕霧谷"),
        ("seen in NATO.", "NATO.", "NATO"),
        ("see varnby.example. it is open", "varnby.example.", "varnby.example"),
        ("we love varnby. it is nice", "varnby.", "varnby"),
    ],
)
def test_the_sentence_keeps_its_punctuation(text: str, surface: str, span: str) -> None:
    assert {*found(text, surface)} == {span}


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("She works for Quell Inc.", "Quell Inc."),
        ("She left the U.S.", "U.S."),
        ("He was called Josef K.", "Josef K."),
        ("He sold Quell S.p.A.", "Quell S.p.A."),
        ("They met Ilse Varn Ph.D.", "Ilse Varn Ph.D."),
        ("The Quell Bldg. opened on Monday.", "Quell Bldg."),
        ("The Quell Bncrp. opened on Monday.", "Quell Bncrp."),
        ("The Quell Bncrp., a bank, opened.", "Quell Bncrp."),
        ("The Quell Bncrp.'s bank opened.", "Quell Bncrp."),
        ("She joined Hooray! last year", "Hooray!"),
        ("The Quell (UK)", "Quell (UK)"),
        ("It is “Quell” again", "“Quell”"),
        ("written in C++.", "C++"),
    ],
)
def test_the_name_keeps_its_own_punctuation(text: str, surface: str) -> None:
    assert found(text, surface) == [surface]


def test_a_full_stop_alone_and_other_marks_are_no_names() -> None:
    assert found("He left. She stayed.", ".") == []
    assert found("a ... b", "...") == []


def spans(
    text: str, *mentions: tuple[Any, ...], repeats: Repeats = "all"
) -> list[list[tuple[int, str]]]:
    located = locate(text, [Mention(*one) for one in mentions], LABELS, repeats)
    return [[(s.start, s.label) for s in one.spans] for one in located]


def test_a_surface_with_the_full_stop_means_every_occurrence_of_the_name() -> None:
    text = "Varnby is far. She saw Varnby."
    assert spans(text, ("Varnby.", "LOC")) == [[(0, "LOC"), (23, "LOC")]]


def test_the_full_stop_chooses_between_two_mentions_of_the_name() -> None:
    text = "Ford met Ford."
    assert spans(text, ("Ford.", "PER"), ("Ford", "LOC")) == [[(9, "PER")], [(0, "LOC")]]
    assert spans(text, ("Ford.", "PER", 1)) == [[(9, "PER")]]


@pytest.mark.parametrize(
    ("text", "surface", "span", "tier"),
    [
        ("Ilse Varn slept.", "Ilse Varn's", "Ilse Varn", Tier.POSSESSIVE),
        ("Ilse Varn slept.", "Ilse Varn’s", "Ilse Varn", Tier.POSSESSIVE),
        ("ILSE VARN SLEPT", "Ilse Varn 's", "ILSE VARN", Tier.POSSESSIVE),
        ("the Varns slept.", "Varns'", "Varns", Tier.LETTERS),
        ("James' hat", "James's", "James", Tier.POSSESSIVE),
        ("Ilse Varn's hat", "Ilse Varn", "Ilse Varn", Tier.RAW),
        ("at Quell's today", "Quell's", "Quell's", Tier.RAW),
        ("at Quell’s today", "Quell's", "Quell’s", Tier.FOLDED),
    ],
)
def test_the_text_decides_on_a_possessive(text: str, surface: str, span: str, tier: Tier) -> None:
    hits = SurfaceFinder(text).find(surface)
    assert hits.tier is tier
    assert [text[slice(*place)] for place in hits.occurrences] == [span]


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("the children’sabus stopped", "Children's"),
        ("He saw a dog", "A's"),
        ("Tell us more", "US's"),
        ("Otto slept", "'s"),
        ("Otto slept", "Ilse's"),
    ],
)
def test_a_possessive_is_no_licence_for_other_names(text: str, surface: str) -> None:
    assert SurfaceFinder(text).find(surface).tier is None


@pytest.mark.parametrize(
    ("text", "surface", "span"),
    [
        ("The Tin Bells ( OTB ) met", "Tin Bells (OTB)", "Tin Bells ( OTB )"),
        ("The Tin Bells (OTB) met", "Tin Bells ( OTB )", "Tin Bells (OTB)"),
        ("The OTB ( UK ) met", "OTB (UK)", "OTB ( UK )"),
        ("The Tin Bells [OTB] met", "Tin Bells [ OTB ].", "Tin Bells [OTB]"),
        ("the ( Red ) Bells met", "(Red) Bells", "( Red ) Bells"),
        ("the “Red” Bells met", "``Red'' Bells", "“Red” Bells"),
        ("the Storm “ Otto ” met", 'Storm "Otto"', "Storm “ Otto ”"),
        ("the Storm ''Otto'' met", 'Storm "Otto"', "Storm ''Otto''"),
        ("in 「夕霧」号 met", '"夕霧"号', "夕霧」号"),
    ],
)
def test_blanks_at_brackets_and_kinds_of_quotes_do_not_count(
    text: str, surface: str, span: str
) -> None:
    assert found(text, surface) == [span]
