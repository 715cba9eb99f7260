from __future__ import annotations

from vermeil.data.words import split_words
from vermeil.selection.surfaces import MAX_SURFACE_WORDS, SurfaceStatistics, WordIndex


def words(text: str) -> WordIndex:
    return WordIndex.from_text(text, split_words(text))


def counted(
    surfaces: SurfaceStatistics, surface: str, without: str | None = None
) -> list[float] | None:
    tally = surfaces.counts(surface, without)
    return None if tally is None else tally.tolist()


def test_a_surface_is_whole_words_without_case() -> None:
    own = words("In NEW York, he")
    assert own.surface(3, 11) == "new york"
    assert own.surface(3, 12) == "new york ,"
    assert own.surface(4, 11) is None
    assert own.surface(3, 10) is None


def test_occurrences_are_counted_under_their_label_or_none() -> None:
    surfaces = SurfaceStatistics(["PER", "LOC"], {"rome", "new york"})
    surfaces.add(words("Rome saw rome"), [(0, 4, "LOC")], "a")
    surfaces.add(words("New York"), [(0, 8, "LOC")], "a")
    surfaces.add(words("Rome met Oslo"), [(0, 4, "PER"), (9, 13, "LOC")], "b")
    assert counted(surfaces, "rome") == [1, 1, 1]
    assert counted(surfaces, "new york") == [0, 1, 0]
    assert counted(surfaces, "oslo") is None  # not wanted


def test_what_lies_within_or_across_a_mark_is_not_counted_at_all() -> None:
    surfaces = SurfaceStatistics(["LOC"], {"york", "york times", "new york"})
    surfaces.add(words("New York Times"), [(0, 8, "LOC")], "a")
    assert counted(surfaces, "york") is None
    assert counted(surfaces, "york times") is None
    assert counted(surfaces, "new york") == [1, 0]


def test_a_mark_that_cuts_a_word_is_no_surface() -> None:
    surfaces = SurfaceStatistics(["LOC"], {"rome"})
    surfaces.add(words("Rome"), [(0, 3, "LOC")], "a")
    assert counted(surfaces, "rome") == [0, 1]


def test_a_group_can_be_left_out() -> None:
    surfaces = SurfaceStatistics(["LOC"], {"rome", "oslo"})
    surfaces.add(words("Rome Rome Oslo"), [(0, 4, "LOC"), (5, 9, "LOC")], "a")
    surfaces.add(words("Rome"), [], "b")
    assert counted(surfaces, "rome", without="a") == [0, 1]
    assert counted(surfaces, "rome", without="b") == [2, 0]
    assert counted(surfaces, "rome", without="elsewhere") == [2, 1]
    assert counted(surfaces, "oslo", without="a") is None
    assert counted(surfaces, "rome") == [2, 1]


def test_a_group_can_be_looked_at_alone() -> None:
    surfaces = SurfaceStatistics(["LOC"], {"rome", "oslo"})
    surfaces.add(words("Rome Rome Oslo"), [(0, 4, "LOC")], "a")
    surfaces.add(words("Rome"), [], "b")
    found = surfaces.counts_in_group("rome", "a")
    assert found is not None
    assert found.tolist() == [1, 1]
    assert surfaces.counts_in_group("oslo", "b") is None
    assert surfaces.counts_in_group("rome", "elsewhere") is None


def test_surfaces_beyond_the_longest_are_not_looked_up() -> None:
    longest, beyond = (" ".join("w" * n) for n in (MAX_SURFACE_WORDS, MAX_SURFACE_WORDS + 1))
    surfaces = SurfaceStatistics(["X"], {longest, beyond})
    surfaces.add(words(beyond), [], "a")
    assert counted(surfaces, longest) == [0, 2]
    assert counted(surfaces, beyond) is None


def test_the_prior_is_the_share_over_all_surfaces_with_one_more_of_each() -> None:
    surfaces = SurfaceStatistics(["PER", "LOC"], {"rome", "bo"})
    assert surfaces.label_prior().tolist() == [1 / 3] * 3
    surfaces.add(words("Bo saw Rome Rome"), [(0, 2, "PER"), (7, 11, "LOC")], "a")
    assert surfaces.label_prior().tolist() == [2 / 6, 2 / 6, 2 / 6]
    surfaces.add(words("rome"), [], "b")
    assert surfaces.label_prior().tolist() == [2 / 7, 2 / 7, 3 / 7]


def test_an_empty_text_has_no_surfaces() -> None:
    surfaces = SurfaceStatistics(["LOC"], {"rome"})
    surfaces.add(words(""), [], "a")
    assert counted(surfaces, "rome") is None
