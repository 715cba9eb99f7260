"""The optimiser ``demonstrations``: gold documents whose display as examples repairs errors.

Source of the idea: DEER (2025), which chooses demonstrations by statistics of labels per token.
Here words and labels have the number of errors in other groups as weight. The documents of highest
weight are tried first, and one is kept if it improves F1 on other documents.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from vermeil.data.document import Document
from vermeil.data.words import split_words
from vermeil.prompting.optimiser import Optimised, OptimiserTools, Search
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.score import PromptScore
from vermeil.tasks.protocol import Task

NAME = "demonstrations"


def optimise_demonstrations(
    start: Prompt, documents: Sequence[Document], tools: OptimiserTools
) -> Optimised:
    """Add demonstrations that improve F1 on the documents that are no candidates."""
    limit = min(tools.config.demonstration_candidates, len(documents) // 3)
    candidates, scored_documents = split_candidates(
        tools.score(start, documents), tools.task, limit
    )
    if not candidates or not scored_documents:
        return Optimised(start, 0.0)
    search = Search(NAME, start, scored_documents, tools)
    for document in candidates:
        shown = search.best.demonstrations
        if len(shown) - len(start.demonstrations) >= tools.config.demonstrations:
            break
        if not search.can_continue():
            break
        candidate = replace(search.best, demonstrations=(*shown, document))
        search.try_candidate(candidate, f"demonstration {document.id}")
    return search.result()


def split_candidates(
    score: PromptScore, task: Task, limit: int
) -> tuple[list[Document], list[Document]]:
    """Return candidates for demonstrations, and documents of other groups to score them on.

    Groups are ranked by the errors that they cover. Every second one provides candidates, so that
    both parts have errors of all kinds. A candidate is the document with the highest weight of
    words and labels. Each candidate halves the weights that it covers.

    Args:
        score: the score of a prompt on gold documents.
        task: finds the mistakes.
        limit: maximum number of candidates; each is of another group.
    """
    weights, own = _error_weights(score, task)
    features = {d.id: _features(d, task) for d in score.documents}

    totals = dict(weights)

    def value(document: Document) -> float:
        mine = own.get(document.group_or_id, Counter())
        known = (feature for feature in features[document.id] if feature in totals)
        return sum(weights[one] * (1 - mine[one] / totals[one]) for one in known)

    groups: dict[str, list[Document]] = {}
    for document in sorted(score.documents, key=lambda d: -value(d)):
        groups.setdefault(document.group_or_id, []).append(document)
    ranked = list(groups.values())
    pool = [group[0] for group in ranked[::2]]
    candidates: list[Document] = []
    while pool and len(candidates) < limit:
        chosen = max(pool, key=value)
        pool.remove(chosen)
        candidates.append(chosen)
        for feature in features[chosen.id] & totals.keys():
            weights[feature] /= 2
    return candidates, [document for group in ranked[1::2] for document in group]


Feature = tuple[str, str]
"""A word or a label: ``("word", …)`` or ``("label", …)``."""


def _error_weights(
    score: PromptScore, task: Task
) -> tuple[dict[Feature, float], dict[str, Counter[Feature]]]:
    """Return the number of errors with each word or label, in all and in each group."""
    weights: defaultdict[Feature, float] = defaultdict(float)
    own: dict[str, Counter[Feature]] = {}
    for document, mistake in score.mistakes(task):
        found = {("word", word) for word in _words(mistake.surface)} | {("label", mistake.label)}
        own.setdefault(document.group_or_id, Counter()).update(found)
        for feature in found:
            weights[feature] += 1
    return weights, own


def _features(document: Document, task: Task) -> frozenset[Feature]:
    """Return the words of a document, and the labels of its annotation."""
    labels = {("label", label) for label in task.labels_used(document.annotation)}
    return frozenset(labels | {("word", word) for word in _words(document.text)})


def _words(text: str) -> frozenset[str]:
    """Return the words of a text in lower case, without punctuation."""
    found = (text[start:end].casefold() for start, end in split_words(text))
    return frozenset(word for word in found if any(c.isalnum() for c in word))
