from __future__ import annotations

import random
from collections import Counter

import pytest

from vermeil.corpora import corpus_stats, split_corpus
from vermeil.data.document import Annotation, Document, Span
from vermeil.errors import ConfigError, DataError

SHARES = {"train": 0.7, "dev": 0.1, "test": 0.2}


def corpus(groups: int = 120, seed: int = 0) -> list[Document]:
    draw = random.Random(seed)
    documents = []
    for group in range(groups):
        # One label is rare and sits in few groups, as in real corpora.
        labels = ["COMMON"] * draw.randint(0, 4) + ["RARE"] * (group % 12 == 0)
        for number in range(draw.randint(1, 9)):
            spans = tuple(Span(i, i + 1, label) for i, label in enumerate(labels))
            documents.append(
                Document(f"{group}.{number}", "x" * 9, f"g{group}", None, Annotation(spans=spans))
            )
    return documents


def test_no_group_is_cut_and_no_document_lost() -> None:
    documents = corpus()
    parts = split_corpus(documents, SHARES)
    assert list(parts) == list(SHARES)
    names = [document.id for part in parts.values() for document in part]
    assert Counter(names) == Counter(document.id for document in documents)
    homes = Counter(g for part in parts.values() for g in {d.group for d in part})
    assert set(homes.values()) == {1}


def test_each_part_gets_its_share_of_documents_and_labels() -> None:
    documents = corpus()
    whole = corpus_stats(documents)
    for name, part in split_corpus(documents, SHARES).items():
        stats = corpus_stats(part)
        assert stats.documents / whole.documents == pytest.approx(SHARES[name], abs=0.02)
        for label, number in whole.spans.items():
            assert stats.spans[label] / number == pytest.approx(SHARES[name], abs=0.06)


def test_labels_of_whole_texts_are_stratified_too() -> None:
    documents = [
        Document(str(n), "x", annotation=Annotation(labels=("rare" if n % 10 == 0 else "common",)))
        for n in range(200)
    ]
    parts = split_corpus(documents, {"a": 0.5, "b": 0.5})
    assert [corpus_stats(part).labels["rare"] for part in parts.values()] == [10, 10]


def test_the_seed_alone_decides() -> None:
    documents = corpus()
    first = split_corpus(documents, SHARES, seed=1)
    assert split_corpus(documents, SHARES, seed=1) == first
    assert split_corpus(documents, SHARES, seed=2) != first


def test_the_order_of_the_corpus_is_kept_but_decides_nothing() -> None:
    documents = corpus()
    forwards, backwards = split_corpus(documents, SHARES), split_corpus(documents[::-1], SHARES)
    for name in SHARES:
        assert forwards[name] == backwards[name][::-1]
        assert forwards[name] == [d for d in documents if d in forwards[name]]


def test_unannotated_documents_are_split_by_number() -> None:
    parts = split_corpus([Document(str(n), "x") for n in range(100)], SHARES)
    assert [len(part) for part in parts.values()] == [70, 10, 20]


def test_every_part_gets_a_group_even_if_its_share_is_tiny() -> None:
    parts = split_corpus(
        [Document(str(n), "x") for n in range(3)], {"a": 0.98, "b": 0.01, "c": 0.01}
    )
    assert [len(part) for part in parts.values()] == [1, 1, 1]


def test_fewer_groups_than_parts_are_an_error() -> None:
    documents = [Document("1", "x", "g"), Document("2", "y", "g")]
    with pytest.raises(DataError, match="1 groups cannot be divided into 2 parts"):
        split_corpus(documents, {"a": 0.5, "b": 0.5})


@pytest.mark.parametrize(
    ("shares", "problems"),
    [
        ({"a": 0.5, "b": 0.6}, ("the shares add up to 1.1; expected 1",)),
        ({}, ("the shares add up to 0; expected 1",)),
        (
            {"a": 0.0, "b": -1, "c": float("nan")},
            tuple(
                f"the share of '{name}' is {share}; expected a number above 0"
                for name, share in (("a", 0.0), ("b", -1), ("c", "nan"))
            ),
        ),
    ],
)
def test_wrong_shares_are_errors_all_at_once(
    shares: dict[str, float], problems: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError) as caught:
        split_corpus(corpus(5), shares)
    assert caught.value.problems == problems
