"""Items of groups of documents, which every bootstrap over groups draws."""

from __future__ import annotations

from vermeil.data.counts import Counts, MatchCounts
from vermeil.data.document import Document
from vermeil.evaluation.documents import items_by_group


def test_items_of_the_documents_of_a_group_are_summed_over_all_labels() -> None:
    documents = [Document("a", "x", "first"), Document("b", "x"), Document("c", "x", "first")]
    per_document = [
        {"PER": MatchCounts(1, 2, 3), "LOC": MatchCounts(0, 1, 0)},
        {"PER": MatchCounts(0, 0, 0)},
        {"LOC": MatchCounts(4, 4, 5)},
    ]
    found = items_by_group(documents, [Counts(per_label=own) for own in per_document])
    rows = [(group, items.tolist()) for group, items in found.items()]
    assert rows == [("first", [5, 7, 8]), ("b", [0, 0, 0])]
