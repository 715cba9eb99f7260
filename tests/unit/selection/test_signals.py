from dataclasses import replace

import numpy as np
import pytest

from vermeil.data.region import Candidate, Region, SpanKey
from vermeil.data.words import split_words
from vermeil.selection.signals import (
    MAX_LOG_RATIO,
    CandidateDocument,
    SurfaceStatisticsBySource,
    make_signals,
    prior_weights,
    signal_names,
)
from vermeil.selection.surfaces import SurfaceStatistics, WordIndex

LABELS = ("PER", "LOC")
TEXT = "Bo saw Rome"
WORDS = WordIndex.from_text(TEXT, split_words(TEXT))
BO: SpanKey = (0, 2, "PER")
ROME: SpanKey = (7, 11, "LOC")
AS_PER: Candidate = ((7, 11, "PER"),)


def region(options: tuple[Candidate, ...], said: Candidate, predicted: Candidate = ()) -> Region:
    evidence = np.log(np.arange(1, len(options) + 1) / sum(range(len(options) + 1)))
    places = [m for o in options for m in o]
    start, end = min(m[0] for m in places), max(m[1] for m in places)
    return Region(start, end, options, evidence, options.index(said), options.index(predicted))


def nowhere() -> SurfaceStatisticsBySource:
    return SurfaceStatisticsBySource(
        *(SurfaceStatistics(LABELS, {"rome", "saw rome", "bo"}) for _ in range(3))
    )


def rows(
    one: Region, elsewhere: SurfaceStatisticsBySource | None = None, **known: object
) -> list[dict[str, float]]:
    said = one.candidates[one.teacher_choice]
    judged = CandidateDocument("g", WORDS, (one,), said, **known)  # type: ignore[arg-type]
    signals = make_signals([judged], elsewhere or nowhere(), LABELS)
    assert signals.starts.tolist() == [0, len(one.candidates)]
    return [dict(zip(signal_names(LABELS), row.tolist(), strict=True)) for row in signals.values]


def noise(row: dict[str, float]) -> dict[str, float]:
    return {k: v for k, v in row.items() if k.startswith("said ") and v}


def test_names_are_different_and_the_prior_trusts_teacher_and_students():
    names = signal_names(LABELS)
    assert len(set(names)) == len(names)
    prior = dict(zip(names, prior_weights(LABELS), strict=True))
    assert {name for name, weight in prior.items() if weight} == {
        "students",
        "is said",
        "surface, gold",
        "surface, students",
    }


def test_who_says_what():
    options: tuple[Candidate, ...] = ((), (ROME,), AS_PER)
    nothing, as_loc, as_per = rows(region(options, (ROME,), AS_PER))
    assert [r["is said"] for r in (nothing, as_loc, as_per)] == [0, 1, 0]
    assert [r["is predicted"] for r in (nothing, as_loc, as_per)] == [0, 0, 1]
    assert [r["marks"] for r in (nothing, as_loc, as_per)] == [0, 1, 1]
    assert [np.exp(r["students"]) for r in (nothing, as_loc, as_per)] == pytest.approx(
        [1 / 6, 2 / 6, 3 / 6]
    )


def test_the_teachers_errors_have_names():
    wider: Candidate = ((3, 11, "LOC"),)
    found = rows(region(((), (ROME,), AS_PER, wider), (ROME,)))
    assert [noise(row) for row in found] == [
        {"said LOC, is nothing": 1},
        {"said LOC, is LOC": 1},
        {"said LOC, is PER": 1},
        {"said another extent, is LOC": 1},
    ]
    found = rows(region(((), (ROME,)), ()))
    assert [noise(row) for row in found] == [{}, {"said nothing, is LOC": 1}]


def test_two_marks_count_twice():
    two: Candidate = ((3, 6, "LOC"), ROME)
    [nothing, both] = rows(region(((), two), two))
    assert noise(nothing) == {"said LOC, is nothing": 2}
    assert noise(both) == {"said LOC, is LOC": 2}
    assert both["marks"] == 2


def test_surfaces_elsewhere_by_hand():
    elsewhere = nowhere()
    other = WordIndex.from_text("Rome", [(0, 4)])
    for _ in range(3):
        elsewhere.students.add(other, [(0, 4, "PER")], "x")
    for sources in (elsewhere.teacher, elsewhere.students):
        sources.add(WORDS, [ROME], "g")
    prior = elsewhere.teacher.label_prior()  # 1 + nothing PER, 1 + Rome LOC, 1 + Bo none: of 5
    assert prior.tolist() == pytest.approx([1 / 5, 2 / 5, 2 / 5])
    options: tuple[Candidate, ...] = ((), (ROME,), AS_PER)
    nothing, as_loc, as_per = rows(region(options, (ROME,), (ROME,)), elsewhere)
    # The teacher says nothing else of Rome: this occurrence is left out.
    assert [r["surface, teacher"] for r in (nothing, as_loc, as_per)] == [0, 0, 0]
    # The students call it PER three times elsewhere.
    expected = [
        np.log((count + p) / (3 + 1) / p)
        for count, p in ((0, prior[2]), (0, prior[1]), (3, prior[0]))
    ]
    said = [r["surface, students"] for r in (nothing, as_loc, as_per)]
    assert said == pytest.approx(expected)
    assert said[2] > 0 > said[0] == said[1]


def test_what_nobody_marked_here_is_left_out_of_the_unmarked():
    elsewhere = nowhere()
    elsewhere.teacher.add(WORDS, [], "g")
    [nothing, _] = rows(region(((), (ROME,)), ()), elsewhere)
    assert nothing["surface, teacher"] == 0
    elsewhere.teacher.add(WORDS, [], "other")
    [nothing, as_loc] = rows(region(((), (ROME,)), ()), elsewhere)
    assert nothing["surface, teacher"] > 0 > as_loc["surface, teacher"]


def test_of_gold_the_whole_group_is_left_out():
    elsewhere = nowhere()
    for _ in range(2):
        elsewhere.gold.add(WORDS, [ROME], "g")
    one = region(((), (ROME,)), ())
    [_, as_loc] = rows(one, elsewhere, is_gold=True)
    assert as_loc["surface, gold"] == 0
    # Silver of the same group may look at gold.
    [_, as_loc] = rows(one, elsewhere)
    assert as_loc["surface, gold"] > 0
    elsewhere.gold.add(WORDS, [ROME], "another")
    [_, as_loc] = rows(one, elsewhere, is_gold=True)
    assert as_loc["surface, gold"] > 0


def test_nearby_is_the_same_group_without_this_occurrence():
    elsewhere = nowhere()
    for sources in (elsewhere.teacher, elsewhere.students):
        sources.add(WORDS, [ROME], "g")
        sources.add(WORDS, [ROME], "another")
    one = region(((), (ROME,), AS_PER), (ROME,), (ROME,))
    for is_gold in (False, True):
        found = rows(one, elsewhere, is_gold=is_gold)
        assert [r["surface nearby, teacher"] for r in found] == [0, 0, 0]
        assert [r["surface nearby, students"] for r in found] == [0, 0, 0]
    elsewhere.students.add(WORDS, [(7, 11, "PER")], "g")
    found = rows(one, elsewhere)
    assert [r["surface nearby, teacher"] for r in found] == [0, 0, 0]
    nothing, as_loc, as_per = (r["surface nearby, students"] for r in found)
    assert as_per > 0 > nothing == as_loc


def test_the_sum_over_surfaces_is_limited():
    elsewhere = nowhere()
    many = WordIndex.from_text("Rome", [(0, 4)])
    for _ in range(3000):
        elsewhere.gold.add(many, [(0, 4, "LOC")], "x")
    [nothing, _] = rows(region(((), (ROME,)), ()), elsewhere)
    assert nothing["surface, gold"] == -MAX_LOG_RATIO


def test_doubt_and_guess_are_of_what_is_said():
    one = region(((), (ROME,)), (ROME,))
    [nothing, as_loc] = rows(one, doubts={ROME: 0.4}, guessed=frozenset({ROME}))
    assert (as_loc["doubt of what is said"], as_loc["guess of what is said"]) == (0.4, 1)
    assert (nothing["doubt of what is said"], nothing["guess of what is said"]) == (0, 0)
    [_, as_loc] = rows(one)
    assert (as_loc["doubt of what is said"], as_loc["guess of what is said"]) == (0, 0)


def test_regions_of_several_documents_stand_in_order():
    one = region(((), (ROME,)), (ROME,))
    other = region(((), (BO,), ((0, 2, "LOC"),)), (BO,))
    documents = [
        CandidateDocument("a", WORDS, (other, one), (BO, ROME)),
        CandidateDocument("b", WORDS, (), ()),
        CandidateDocument("c", WORDS, (one,), (ROME,)),
    ]
    signals = make_signals(documents, nowhere(), LABELS)
    assert signals.starts.tolist() == [0, 3, 5, 7]
    assert make_signals([], nowhere(), LABELS).values.shape == (0, len(signal_names(LABELS)))


def test_who_is_asked_besides_has_a_signal_of_its_own():
    one = replace(region(((), (ROME,)), (ROME,)), others=np.log([[0.2, 0.8]]))
    judged = CandidateDocument("g", WORDS, (one,), (ROME,))
    signals = make_signals([judged], nowhere(), LABELS, ("corrector",))
    names = signal_names(LABELS, ("corrector",))
    assert names[:-1] == signal_names(LABELS)
    assert np.exp(signals.values[:, -1]) == pytest.approx([0.2, 0.8])
    assert prior_weights(LABELS, ("corrector",))[-1] == 0
