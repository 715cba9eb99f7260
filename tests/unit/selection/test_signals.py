from __future__ import annotations

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


def region(
    candidates: tuple[Candidate, ...], teacher: Candidate, student: Candidate = ()
) -> Region:
    log_probs = np.log(np.arange(1, len(candidates) + 1) / sum(range(len(candidates) + 1)))
    keys = [key for candidate in candidates for key in candidate]
    start, end = min(key[0] for key in keys), max(key[1] for key in keys)
    choices = candidates.index(teacher), candidates.index(student)
    return Region(start, end, candidates, log_probs, *choices)


def no_statistics() -> SurfaceStatisticsBySource:
    return SurfaceStatisticsBySource(
        *(SurfaceStatistics(LABELS, {"rome", "saw rome", "bo"}) for _ in range(3))
    )


def rows(
    one: Region, statistics: SurfaceStatisticsBySource | None = None, **known: object
) -> list[dict[str, float]]:
    teacher = one.candidates[one.teacher_choice]
    judged = CandidateDocument("g", WORDS, (one,), teacher, **known)  # type: ignore[arg-type]
    signals = make_signals([judged], statistics or no_statistics(), LABELS)
    assert signals.starts.tolist() == [0, len(one.candidates)]
    return [dict(zip(signal_names(LABELS), row.tolist(), strict=True)) for row in signals.values]


def noise(row: dict[str, float]) -> dict[str, float]:
    return {k: v for k, v in row.items() if ", true " in k and v}


def test_names_are_different_and_the_prior_trusts_teacher_and_students() -> None:
    names = signal_names(LABELS)
    assert len(set(names)) == len(names)
    prior = dict(zip(names, prior_weights(LABELS), strict=True))
    assert {name for name, weight in prior.items() if weight} == {
        "students",
        "teacher label",
        "surface, gold",
        "surface, students",
    }


def test_teacher_and_student_label_mark_their_candidates() -> None:
    candidates: tuple[Candidate, ...] = ((), (ROME,), AS_PER)
    nothing, as_loc, as_per = rows(region(candidates, (ROME,), AS_PER))
    assert [r["teacher label"] for r in (nothing, as_loc, as_per)] == [0, 1, 0]
    assert [r["student label"] for r in (nothing, as_loc, as_per)] == [0, 0, 1]
    assert [r["number of labels"] for r in (nothing, as_loc, as_per)] == [0, 1, 1]
    assert [np.exp(r["students"]) for r in (nothing, as_loc, as_per)] == pytest.approx(
        [1 / 6, 2 / 6, 3 / 6]
    )


def test_the_teachers_errors_have_names() -> None:
    wider: Candidate = ((3, 11, "LOC"),)
    found = rows(region(((), (ROME,), AS_PER, wider), (ROME,)))
    assert [noise(row) for row in found] == [
        {"teacher LOC, true nothing": 1},
        {"teacher LOC, true LOC": 1},
        {"teacher LOC, true PER": 1},
        {"teacher another extent, true LOC": 1},
    ]
    found = rows(region(((), (ROME,)), ()))
    assert [noise(row) for row in found] == [{}, {"teacher nothing, true LOC": 1}]


def test_two_marks_count_twice() -> None:
    two: Candidate = ((3, 6, "LOC"), ROME)
    [nothing, both] = rows(region(((), two), two))
    assert noise(nothing) == {"teacher LOC, true nothing": 2}
    assert noise(both) == {"teacher LOC, true LOC": 2}
    assert both["number of labels"] == 2


def test_surface_signals_by_hand() -> None:
    statistics = no_statistics()
    other = WordIndex.from_text("Rome", [(0, 4)])
    for _ in range(3):
        statistics.students.add(other, [(0, 4, "PER")], "x")
    for sources in (statistics.teacher, statistics.students):
        sources.add(WORDS, [ROME], "g")
    prior = statistics.teacher.label_prior()  # 1 + nothing PER, 1 + Rome LOC, 1 + Bo none: of 5
    assert prior.tolist() == pytest.approx([1 / 5, 2 / 5, 2 / 5])
    candidates: tuple[Candidate, ...] = ((), (ROME,), AS_PER)
    nothing, as_loc, as_per = rows(region(candidates, (ROME,), (ROME,)), statistics)
    # The teacher has no other label of Rome: this occurrence is excluded.
    assert [r["surface, teacher"] for r in (nothing, as_loc, as_per)] == [0, 0, 0]
    # The students call it PER three times statistics.
    expected = [
        np.log((count + p) / (3 + 1) / p)
        for count, p in ((0, prior[2]), (0, prior[1]), (3, prior[0]))
    ]
    signals = [r["surface, students"] for r in (nothing, as_loc, as_per)]
    assert signals == pytest.approx(expected)
    assert signals[2] > 0 > signals[0] == signals[1]


def test_an_unmarked_occurrence_does_not_count_as_unmarked_elsewhere() -> None:
    statistics = no_statistics()
    statistics.teacher.add(WORDS, [], "g")
    [nothing, _] = rows(region(((), (ROME,)), ()), statistics)
    assert nothing["surface, teacher"] == 0
    statistics.teacher.add(WORDS, [], "other")
    [nothing, as_loc] = rows(region(((), (ROME,)), ()), statistics)
    assert nothing["surface, teacher"] > 0 > as_loc["surface, teacher"]


def test_of_gold_the_whole_group_is_left_out() -> None:
    statistics = no_statistics()
    for _ in range(2):
        statistics.gold.add(WORDS, [ROME], "g")
    one = region(((), (ROME,)), ())
    [_, as_loc] = rows(one, statistics, is_gold=True)
    assert as_loc["surface, gold"] == 0
    # Silver of the same group may look at gold.
    [_, as_loc] = rows(one, statistics)
    assert as_loc["surface, gold"] > 0
    statistics.gold.add(WORDS, [ROME], "another")
    [_, as_loc] = rows(one, statistics, is_gold=True)
    assert as_loc["surface, gold"] > 0


def test_nearby_is_the_same_group_without_this_occurrence() -> None:
    statistics = no_statistics()
    for sources in (statistics.teacher, statistics.students):
        sources.add(WORDS, [ROME], "g")
        sources.add(WORDS, [ROME], "another")
    one = region(((), (ROME,), AS_PER), (ROME,), (ROME,))
    for is_gold in (False, True):
        found = rows(one, statistics, is_gold=is_gold)
        assert [r["surface nearby, teacher"] for r in found] == [0, 0, 0]
        assert [r["surface nearby, students"] for r in found] == [0, 0, 0]
    statistics.students.add(WORDS, [(7, 11, "PER")], "g")
    found = rows(one, statistics)
    assert [r["surface nearby, teacher"] for r in found] == [0, 0, 0]
    nothing, as_loc, as_per = (r["surface nearby, students"] for r in found)
    assert as_per > 0 > nothing == as_loc


def test_the_sum_over_surfaces_is_limited() -> None:
    statistics = no_statistics()
    many = WordIndex.from_text("Rome", [(0, 4)])
    for _ in range(3000):
        statistics.gold.add(many, [(0, 4, "LOC")], "x")
    [nothing, _] = rows(region(((), (ROME,)), ()), statistics)
    assert nothing["surface, gold"] == -MAX_LOG_RATIO


def test_uncertainty_belongs_to_the_teachers_candidate() -> None:
    one = region(((), (ROME,)), (ROME,))
    [nothing, as_loc] = rows(
        one, teacher_uncertainty={ROME: 0.4}, uncertain_offsets=frozenset({ROME})
    )
    assert (as_loc["teacher uncertainty"], as_loc["uncertain offsets"]) == (0.4, 1)
    assert (nothing["teacher uncertainty"], nothing["uncertain offsets"]) == (0, 0)
    [_, as_loc] = rows(one)
    assert (as_loc["teacher uncertainty"], as_loc["uncertain offsets"]) == (0, 0)


def test_regions_of_several_documents_stand_in_order() -> None:
    one = region(((), (ROME,)), (ROME,))
    other = region(((), (BO,), ((0, 2, "LOC"),)), (BO,))
    documents = [
        CandidateDocument("a", WORDS, (other, one), (BO, ROME)),
        CandidateDocument("b", WORDS, (), ()),
        CandidateDocument("c", WORDS, (one,), (ROME,)),
    ]
    signals = make_signals(documents, no_statistics(), LABELS)
    assert signals.starts.tolist() == [0, 3, 5, 7]
    assert make_signals([], no_statistics(), LABELS).values.shape == (0, len(signal_names(LABELS)))


def test_an_auxiliary_scorer_has_its_own_signal() -> None:
    one = replace(region(((), (ROME,)), (ROME,)), auxiliary_log_probs=np.log([[0.2, 0.8]]))
    judged = CandidateDocument("g", WORDS, (one,), (ROME,))
    signals = make_signals([judged], no_statistics(), LABELS, ("corrector",))
    names = signal_names(LABELS, ("corrector",))
    assert names[:-1] == signal_names(LABELS)
    assert np.exp(signals.values[:, -1]) == pytest.approx([0.2, 0.8])
    assert prior_weights(LABELS, ("corrector",))[-1] == 0
