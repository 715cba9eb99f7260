from __future__ import annotations

import pytest

from vermeil.data.document import Document
from vermeil.errors import ConfigError
from vermeil.studies.cells.sampling import sample_documents


def corpus(prefix: str, groups: int, size: int) -> list[Document]:
    return [
        Document(f"{prefix}{g}.{i}", "text", group=f"{prefix}{g}")
        for g in range(groups)
        for i in range(size)
    ]


def test_gold_is_drawn_by_group_and_silver_follows_it() -> None:
    both = corpus("a", 20, 5)
    draw = sample_documents(both, both, 12, 30, seed=1)
    ids = [d.id for d in (*draw.gold, *draw.silver)]
    assert len(ids) == len(set(ids)) == 42
    assert len({d.group for d in draw.gold}) == 3
    assert draw.gold[-1].group == draw.silver[0].group  # the last group was cut


def test_a_larger_draw_begins_with_the_smaller_one() -> None:
    both = corpus("a", 20, 5)
    small = sample_documents(both, both, 12, None, seed=1).gold
    assert sample_documents(both, both, 50, None, seed=1).gold[:12] == small


def test_seeds_draw_other_documents() -> None:
    gold = corpus("a", 20, 5)
    draws = {
        tuple(d.id for d in sample_documents(gold, [], 10, None, seed).gold) for seed in range(5)
    }
    assert len(draws) > 1
    assert sample_documents(gold, [], 10, None, 3) == sample_documents(gold, [], 10, None, 3)


def test_all_are_drawn_unless_a_number_is_given() -> None:
    gold, silver = corpus("a", 3, 2), corpus("b", 4, 2)
    draw = sample_documents(gold, silver, None, None, 0)
    assert {d.id for d in draw.gold} == {d.id for d in gold}
    assert {d.id for d in draw.silver} == {d.id for d in silver}


def test_more_than_there_are_cannot_be_drawn() -> None:
    with pytest.raises(ConfigError, match=r"study\.gold_documents: 7 documents .*only 6"):
        sample_documents(corpus("a", 3, 2), [], 7, None, 0)
