from __future__ import annotations

import pytest

from vermeil.data.mention import Tier
from vermeil.tasks.ner.alignment.tiers import SurfaceFinder


def found(text: str, surface: str) -> tuple[str | None, list[str]]:
    hits = SurfaceFinder(text).find(surface)
    return (hits.tier and hits.tier.value, [text[slice(*place)] for place in hits.occurrences])


@pytest.mark.parametrize(
    ("tier", "text", "surface", "there"),
    [
        ("raw", "Ann met ann.", "Ann", "Ann"),
        ("spaced", "New\n York won", "New York", "New\n York"),
        ("spaced", "New York won", "New\u00a0York ", "New York"),
        ("folded", "MOROCCO SIGNS", "Morocco", "MOROCCO"),
        ("folded", "at Angela Merkel’s", "angela merkel's", "Angela Merkel’s"),
        ("folded", "in 2019–2020", "2019-2020", "2019–2020"),
        ("folded", "Zoe\u0301 won", "Zoé", "Zoe\u0301"),
        ("folded", "in İzmir", "i̇zmir", "İzmir"),
        ("folded", "Großmann AG", "GROSSMANN AG", "Großmann AG"),
        ("folded", "the ﬁrst bank", "First Bank", "ﬁrst bank"),
        ("folded", "Brac\u00adken won", "Bracken", "Brac\u00adken"),
        ("folded", "ＮＡＴＯ said", "NATO", "ＮＡＴＯ"),
        ("folded", "\u1100\u1161\u11a8 said", "\uac01", "\u1100\u1161\u11a8"),
        ("folded", "a ﾔﾏﾈｶﾞﾜ b", "ヤマネガワ", "ﾔﾏﾈｶﾞﾜ"),
        ("folded", "㍿夕霧は", "株式会社", "㍿"),
        ("letters", "the U.S. said", "US", "U.S."),
        ("letters", "Acme, Inc. said", "Acme Inc.", "Acme, Inc."),
        ("letters", "with IL-2 given", "IL2", "IL-2"),
        ("letters", "from Zürich", "Zurich", "Zürich"),
        ("letters", "in Izmir", "İzmir", "Izmir"),
        ("letters", "said Reuters", "(Reuters)", "Reuters"),
        ("letters", "在青梧集团的", "青梧 集团", "青梧集团"),
        ("attached", "서울에서 왔다", "서울", "서울"),
        ("attached", "غادر إلى وباريس", "باريس", "باريس"),
        ("edited", "by Angela Merkel, who", "Angela Merkl", "Angela Merkel"),
        ("edited", "by Angelaa Merkel, who", "angela merkel", "Angelaa Merkel"),
    ],
)
def test_the_first_tier_that_has_it_wins(tier: str, text: str, surface: str, there: str) -> None:
    assert found(text, surface) == (tier, [there])


@pytest.mark.parametrize(
    ("text", "surface", "refused"),
    [
        ("He took the bus", "US", ["us"]),
        ("Tell us more", "US", ["us"]),
        ("He may come", "May", ["may"]),
        ("It rained", "IT", ["It"]),
        ("University of life", "University of California", []),
        ("The mayor left", "The Prime Minister", []),
        ("by Angela M.", "Angela Merkel", []),
        ("a Boeing 737 took off", "Boeing 747", []),
        ("ﬁnance", "inance", []),
        ("written in C", "C++", []),
        ("worth 15 now", "1.5", []),
        ("I ran home", "Iran", ["I ran"]),
        ("Москвабанк", "Москва", ["Москва"]),
        ("a - b – c . d", "–", []),
        ("Ann left", "", []),
        ("Ann left", " \n", []),
        ("Ann left", "\u200b", []),
        ("", "Ann", []),
        ("Stanabury won", "Stan", ["Stan"]),
        ("soft\u00adware", "soft", ["soft"]),
        ("㍿夕霧は", "株式", []),
        ("㍿夕霧は", "会社", []),
        ("㍿夕霧は", "会社夕霧", []),
    ],
)
def test_what_is_not_there_is_not_found(text: str, surface: str, refused: list[str]) -> None:
    tier, places = found(text, surface)
    assert tier is None
    assert set(places) <= set(refused)


def test_case_carries_no_information_in_a_text_without_capitals() -> None:
    assert found("merkel told us, said us papers", "US") == ("folded", ["us", "us"])


def test_places_beyond_those_that_are_known_come_from_the_next_tier() -> None:
    text = "New Oslo, OSLO and Oslo"
    source = SurfaceFinder(text)
    raw = source.find("Oslo")
    further = source.find("Oslo", raw.occurrences)
    assert (raw.tier, further.tier) == (Tier.RAW, Tier.FOLDED)
    assert [text[slice(*place)] for place in further.occurrences] == ["OSLO"]


def test_equally_near_places_are_all_candidates_and_a_nearer_one_is_the_only() -> None:
    text = "Lindqvisk, Lindqvish and Lindqvist"
    assert found(text.replace("vist", "visp"), "Lindqvist")[1] == [
        "Lindqvisk",
        "Lindqvish",
        "Lindqvisp",
    ]
    assert SurfaceFinder(text).find("Lindqvists").occurrences == ((25, 34),)


def test_a_lone_bracket_parts_two_names() -> None:
    assert found("the Dow ( Jones fell", "Dow Jones")[0] is None
    assert found("the Dow (Jones) Index", "Dow Jones Index") == ("letters", ["Dow (Jones) Index"])
    assert found("the Dow ( Jones fell", "Dow (Jones") == ("letters", ["Dow ( Jones"])
