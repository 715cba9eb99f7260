"""Folds of gold and samples of it."""

from collections.abc import Sequence

import pytest

from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.prompting.folds import cut_folds, draw_groups


def documents(sizes: Sequence[int]) -> list[Document]:
    """Return documents in groups of these sizes."""
    return [
        Document(f"d{group}.{i}", f"text {group} {i}", f"g{group}")
        for group, size in enumerate(sizes)
        for i in range(size)
    ]


@pytest.mark.parametrize("sizes", [[1] * 10, [7, 1, 1, 1, 1, 1, 1, 1, 5, 2], [3] * 40])
def test_folds_hold_every_document_once_and_share_no_group(sizes: list[int]) -> None:
    folds = cut_folds(documents(sizes), 5, seed=3)
    assert sorted(d.id for fold in folds for d in fold) == sorted(d.id for d in documents(sizes))
    groups = [{d.group for d in fold} for fold in folds]
    assert sum(map(len, groups)) == len(set().union(*groups)) == len(sizes)


def test_folds_have_similar_sizes_and_depend_on_the_seed() -> None:
    folds = cut_folds(documents([2] * 25), 5, seed=0)
    assert [len(fold) for fold in folds] == [10] * 5
    assert folds == cut_folds(documents([2] * 25), 5, seed=0)
    assert folds != cut_folds(documents([2] * 25), 5, seed=1)


def test_the_order_of_the_documents_does_not_change_the_folds() -> None:
    one, other = (cut_folds(d, 3, 0) for d in (documents([2] * 9), documents([2] * 9)[::-1]))
    assert [{d.id for d in fold} for fold in one] == [{d.id for d in fold} for fold in other]


@pytest.mark.parametrize(("groups", "remedy"), [(9, "to 4"), (4, "to 2"), (3, "more gold$")])
def test_too_few_groups_are_an_error_with_a_remedy(groups: int, remedy: str) -> None:
    with pytest.raises(DataError, match=f"in {groups} groups.*at least 10 groups.*{remedy}"):
        cut_folds(documents([3] * groups), 5, 0)


def test_a_sample_is_of_whole_groups_within_its_size() -> None:
    drawn = draw_groups(documents([4, 4, 4, 1]), 9, seed=0)
    assert len(drawn) == 9
    assert draw_groups(documents([4] * 3), 3, seed=0)
    assert len(draw_groups(documents([4] * 3), 3, seed=0)) == 4
