"""Names that the text has glued to other words."""

from __future__ import annotations

import pytest

from vermeil.data.mention import Mention, Status, Tier
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.mentions import locate
from vermeil.tasks.ner.alignment.tiers import SurfaceFinder

LABELS = LabelSet.from_config(TaskConfig(labels={"ORG": {}}))


@pytest.mark.parametrize(
    ("text", "surface", "start"),
    [
        ("Der FCVarnby gewann", "Varnby", 6),
        ("Der VarnbyFan kam", "Varnby", 4),
        ("neueVarnby Bank", "Varnby Bank", 4),
        ("Varnbys Tor", "Varnby", 0),
        ("two QRMs stood", "QRM", 4),
        ("an exQRM clerk", "QRM", 5),
        ("at QRMDeutschland now", "QRM", 3),
    ],
)
def test_a_change_of_case_shows_where_the_name_is(text: str, surface: str, start: int) -> None:
    hits = SurfaceFinder(text).find(surface)
    assert (hits.tier, hits.occurrences) == (Tier.GLUED, ((start, start + len(surface)),))


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("Old McVarnby won", "Varnby"),
        ("the iVarnby won", "Varnby"),
        ("VanVarnby won", "Varnby"),
        ("the Varnbyan won", "Varnby"),
        ("the QuellScript won", "Que"),
        ("the OttoScript won", "Otto"),
        ("the Ottos won", "Otto"),
        ("in MH370 now", "MH"),
        ("in QRM370 now", "QRM"),
        ("the QRMX won", "QRM"),
        ("the fcvarnby won", "Varnby"),
        ("the FCVARNBY won", "Varnby"),
        ("the fcvarnby won", "varnby"),
    ],
)
def test_parts_of_other_words_are_not_found(text: str, surface: str) -> None:
    assert SurfaceFinder(text).find(surface).tier is None


def test_a_whole_word_precedes_a_glued_name() -> None:
    text = "FCVarnby left VARNBY, then Varnby-Fans came"
    hits = SurfaceFinder(text).find("Varnby")
    assert (hits.tier, [text[slice(*one)] for one in hits.occurrences]) == (Tier.RAW, ["Varnby"])
    upper = SurfaceFinder("FCVarnby left VARNBY").find("Varnby")
    assert (upper.tier, upper.occurrences) == (Tier.FOLDED, ((14, 20),))


def test_a_glued_name_is_fuzzy_and_never_replaces_a_hidden_occurrence() -> None:
    text = "FCVarnby beat Varnby United"
    mentions = [Mention("Varnby", "ORG"), Mention("Varnby United", "ORG")]
    assert locate(text, mentions, LABELS)[0].status is Status.OVERLAP
    (one,) = locate("FCVarnby won", [Mention("Varnby", "ORG")], LABELS)
    assert one.status is Status.FUZZY
