"""Pairs of gold documents and the teacher's annotations of the same texts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.refining import GOLD_TEXTS, corpora

from vermeil.data.document import UNANNOTATED, Annotation
from vermeil.errors import DataError
from vermeil.refinement.judge_corpora import divide_corpora


def test_documents_are_paired_by_text_one_to_one() -> None:
    gold, silver = corpora()
    again = replace(gold[0], id="again", group="another")
    divided = divide_corpora([*gold, again], silver)
    assert [d.id for d in divided.gold] == [d.id for d in gold]
    second = replace(silver[0], id="tagain", annotation=Annotation(spans=()))
    divided = divide_corpora([*gold, again], [*silver, second])
    assert divided.gold[-1] is again
    assert divided.teacher_labels[-1] is second
    assert len(divided.silver) == len(silver) - GOLD_TEXTS


def test_an_id_goes_before_a_text() -> None:
    gold, silver = corpora()
    same_id = replace(silver[0], id=gold[0].id)
    divided = divide_corpora(gold[:1], [silver[0], same_id])
    assert divided.teacher_labels == (same_id,)
    assert divided.silver == (silver[0],)


def test_the_teachers_documents_have_the_ids_of_gold() -> None:
    gold, silver = corpora()
    divided = divide_corpora(gold, silver)
    first, last = divided.teacher_documents[0], divided.teacher_documents[-1]
    assert (first.id, first.annotation) == (gold[0].id, silver[0].annotation)
    assert last is silver[-1]


def test_plain_documents_are_those_whose_texts_are_not_in_gold() -> None:
    gold, silver = corpora()
    plain = [replace(d, annotation=UNANNOTATED) for d in silver]
    divided = divide_corpora(gold, plain)
    assert (divided.gold, divided.silver) == ((), ())
    assert divided.plain == tuple(plain[GOLD_TEXTS:])


def test_one_id_for_two_texts_is_refused() -> None:
    gold, silver = corpora()
    with pytest.raises(DataError, match="different texts under this id"):
        divide_corpora(gold, [replace(silver[1], id=gold[0].id)])
