from __future__ import annotations

import numpy as np
import pytest

from vermeil.data.document import Annotation, Document, LabelAbstention, Span
from vermeil.data.region import Candidate, SpanKey
from vermeil.data.tags import Scheme
from vermeil.data.words import split_words
from vermeil.tasks.ner.encoding import scheme_classes
from vermeil.tasks.ner.regions import find_regions, span_keys_of

LABELS = ("PER", "LOC")
TEXT = "Bo saw New York"
WORDS = split_words(TEXT)
BO: SpanKey = (0, 2, "PER")
NEW_YORK: SpanKey = (7, 15, "LOC")


def annotated(*marks: SpanKey, text: str = TEXT) -> Document:
    return Document("d", text, annotation=Annotation(spans=tuple(Span(*m) for m in marks)))


def students(*tags: str, scheme: Scheme = "iob2", sure: float = 0.99) -> np.ndarray:
    """Probabilities of students that are sure of one class per word."""
    classes = scheme_classes(LABELS, scheme)
    rows = np.full((len(tags), len(classes)), (1 - sure) / (len(classes) - 1))
    for row, tag in zip(rows, tags, strict=True):
        row[classes.index(tag)] = sure
    return rows


NOTHING = students("O", "O", "O", "O")


def option_of(options: tuple[Candidate, ...], *marks: SpanKey) -> int:
    return options.index(tuple(marks))


def test_one_span_of_the_teacher_may_have_any_label_or_be_nothing() -> None:
    [region] = find_regions(annotated(BO), WORDS, NOTHING, LABELS)
    assert (region.start, region.end) == (0, 2)
    assert set(region.candidates) == {(), (BO,), ((0, 2, "LOC"),)}
    assert region.candidates[region.teacher_choice] == (BO,)
    assert region.candidates[region.student_choice] == ()
    assert np.exp(region.log_probs).sum() == pytest.approx(1)
    # By hand: O has .99, the beginning of each label .0025.
    assert np.exp(region.log_probs)[option_of(region.candidates)] == pytest.approx(0.99 / 0.995)


def test_what_only_students_see_is_a_region_too() -> None:
    [region] = find_regions(annotated(), WORDS, students("O", "O", "B-LOC", "I-LOC"), LABELS)
    assert (region.start, region.end) == (7, 15)
    assert region.candidates[region.teacher_choice] == ()
    assert region.candidates[region.student_choice] == (NEW_YORK,)


def test_what_students_nearly_see_is_a_region_and_predicted_as_nothing() -> None:
    rows = students("O", "O", "O", "O")
    rows[3] = [0.85, 0.0, 0.0, 0.15, 0.0]
    [region] = find_regions(annotated(), WORDS, rows, LABELS)
    assert set(region.candidates) == {(), ((11, 15, "LOC"),), ((11, 15, "PER"),)}
    assert (
        region.candidates[region.student_choice] == region.candidates[region.teacher_choice] == ()
    )
    rows[3] = [0.95, 0.0, 0.0, 0.05, 0.0]
    assert find_regions(annotated(), WORDS, rows, LABELS) == ()


def test_overlapping_spans_of_both_are_one_region_with_both_extents() -> None:
    rows = students("O", "O", "O", "B-LOC")
    [region] = find_regions(annotated(NEW_YORK), WORDS, rows, LABELS)
    assert (region.start, region.end) == (7, 15)
    assert set(region.candidates) == {
        (),
        *(((7, 15, label),) for label in LABELS),
        *(((11, 15, label),) for label in LABELS),
    }
    assert region.candidates[region.teacher_choice] == (NEW_YORK,)
    assert region.candidates[region.student_choice] == ((11, 15, "LOC"),)


def test_a_long_span_over_two_short_ones_is_one_region() -> None:
    rows = students("O", "O", "B-LOC", "B-PER")
    [region] = find_regions(annotated(NEW_YORK), WORDS, rows, LABELS)
    both: Candidate = ((7, 10, "LOC"), (11, 15, "PER"))
    assert region.candidates[region.student_choice] == both
    assert {((7, 10, "LOC"),), ((11, 15, "PER"),)} <= set(region.candidates)


def test_spans_that_only_touch_are_regions_of_their_own() -> None:
    marks: tuple[SpanKey, ...] = ((7, 10, "LOC"), (11, 15, "PER"))
    regions = find_regions(annotated(*marks), WORDS, NOTHING, LABELS)
    assert [(r.start, r.end) for r in regions] == [(7, 10), (11, 15)]


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("iob2", ("B-PER", "O", "B-LOC", "I-LOC")),
        ("bioes", ("S-PER", "O", "B-LOC", "E-LOC")),
    ],
)
def test_evidence_follows_the_scheme(scheme: Scheme, tags: tuple[str, ...]) -> None:
    rows = students(*tags, scheme=scheme)
    regions = find_regions(annotated(BO, NEW_YORK), WORDS, rows, LABELS, scheme)
    assert [r.candidates[r.teacher_choice] for r in regions] == [(BO,), (NEW_YORK,)]
    for region in regions:
        assert region.student_choice == region.teacher_choice
        assert np.exp(region.log_probs)[region.teacher_choice] > 0.98


def test_three_words_in_bioes_have_an_inside() -> None:
    text = "New York City"
    rows = students("B-LOC", "I-LOC", "E-LOC", scheme="bioes")
    [region] = find_regions(
        annotated((0, 13, "LOC"), text=text), split_words(text), rows, LABELS, "bioes"
    )
    assert region.student_choice == region.teacher_choice
    assert np.exp(region.log_probs)[region.teacher_choice] > 0.98


def test_a_span_that_cuts_a_word_is_widened_to_the_whole_word() -> None:
    document = annotated((8, 13, "LOC"))
    assert span_keys_of(document, WORDS) == (NEW_YORK,)
    [region] = find_regions(document, WORDS, NOTHING, LABELS)
    assert region.candidates[region.teacher_choice] == (NEW_YORK,)


def test_without_students_only_teacher_spans_are_regions_and_candidates_are_uniform() -> None:
    [region] = find_regions(annotated(BO), WORDS, None, LABELS)
    assert np.exp(region.log_probs) == pytest.approx(np.full(3, 1 / 3))
    assert region.student_choice == region.teacher_choice


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_text_has_no_regions(text: str) -> None:
    words = split_words(text)
    rows = np.zeros((0, 5), np.float32)
    assert find_regions(annotated(text=text), words, rows, LABELS) == ()
    assert find_regions(annotated(text=text), words, None, LABELS) == ()
    assert span_keys_of(Document("d", text), words) == ()


def test_a_region_knows_which_option_is_right() -> None:
    [region] = find_regions(annotated(NEW_YORK), WORDS, NOTHING, LABELS)
    assert region.candidate_index((BO, NEW_YORK)) == region.teacher_choice
    assert region.candidate_index((BO,)) == option_of(region.candidates)
    assert region.candidate_index(((7, 10, "LOC"),)) is None  # no option has that extent
    assert region.candidate_index(((3, 15, "LOC"),)) is None  # reaches out of the region


def test_auxiliary_scorers_add_log_probabilities_and_no_candidates() -> None:
    rows = students("O", "O", "B-LOC", "I-LOC")
    [region] = find_regions(
        annotated(BO), WORDS, NOTHING, LABELS, auxiliary_probabilities=(rows, rows[::-1])
    )
    assert set(region.candidates) == {(), (BO,), ((0, 2, "LOC"),)}
    assert region.auxiliary_log_probs.shape == (2, 3)
    assert np.exp(region.auxiliary_log_probs).sum(axis=1) == pytest.approx(1)
    # By hand: O has .99 of the first, the beginning of each label .0025; of the second, whose
    # first word is inside of LOC, O and both beginnings have .0025.
    nothing = option_of(region.candidates)
    assert np.exp(region.auxiliary_log_probs)[:, nothing] == pytest.approx([0.99 / 0.995, 1 / 3])
    [alone] = find_regions(annotated(BO), WORDS, NOTHING, LABELS)
    assert alone.auxiliary_log_probs.shape == (0, 3)


def test_a_label_that_the_text_is_unknown_for_is_no_candidate() -> None:
    predicted = students("B-PER", "O", "B-LOC", "I-LOC")
    unknown = (LabelAbstention(("LOC",)),)
    document = Document("d", TEXT, annotation=Annotation((Span(*BO),), abstain_labels=unknown))
    [region] = find_regions(document, WORDS, predicted, LABELS)
    assert region.candidates == ((), (BO,))
    plain = find_regions(annotated(BO), WORDS, predicted, LABELS)
    assert [one.start for one in plain] == [0, 7]
