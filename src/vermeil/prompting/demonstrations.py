"""The optimiser ``demonstrations``: gold documents whose display as examples repairs errors.

Source of the idea: DEER (2025), which chooses demonstrations by statistics of labels per token.
Here words that occur in errors have a weight, documents with such words are tried first, and a
document is kept if it improves F1 on other documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from vermeil.data.document import Document
from vermeil.data.words import split_words
from vermeil.prompting.optimiser import CandidateTrial, Optimised, OptimiserTools
from vermeil.prompting.prompt import Prompt
from vermeil.prompting.score import PromptScore, is_better
from vermeil.tasks.protocol import Task

NAME = "demonstrations"


def optimise_demonstrations(
    start: Prompt, documents: Sequence[Document], tools: OptimiserTools
) -> Optimised:
    """Add demonstrations that improve F1 on the documents that are no candidates."""
    limit = min(tools.config.demonstration_candidates, len(documents) // 3)
    ranked = rank_demonstrations(tools.score(start, documents), tools.task)
    candidates = _one_per_group(ranked)[:limit]
    groups = {document.group_or_id for document in candidates}
    scored_documents = [d for d in documents if d.group_or_id not in groups]
    if not candidates or not scored_documents:
        return Optimised(start, 0.0)
    best, first = start, tools.score(start, scored_documents)
    score, trials = first, list[CandidateTrial]()
    for document in candidates:
        if len(best.demonstrations) - len(start.demonstrations) >= tools.config.demonstrations:
            break
        if not tools.allowance.affords(len(scored_documents)):
            break
        candidate = replace(best, demonstrations=(*best.demonstrations, document))
        scored = tools.score(candidate, scored_documents)
        kept = is_better(scored, score)
        change = f"demonstration {document.id}"
        trials.append(CandidateTrial(NAME, change, score.f1, scored.f1, kept))
        if kept:
            best, score = candidate, scored
    return Optimised(best, score.f1 - first.f1, tuple(trials))


def rank_demonstrations(score: PromptScore, task: Task) -> list[Document]:
    """Return the scored documents, those that cover most errors first.

    The weight of a word is the number of errors of *other* groups in whose surface it occurs, or
    whose label the document uses. A document's value is the sum over its words and labels.

    Args:
        score: the score of a prompt on gold documents.
        task: finds the mistakes.
    """
    words: Counter[tuple[str, str]] = Counter()
    labels: Counter[tuple[str, str]] = Counter()
    total_words: Counter[str] = Counter()
    total_labels: Counter[str] = Counter()
    for document, mistake in score.mistakes(task):
        group = document.group_or_id
        for word in _words(mistake.surface):
            words[group, word] += 1
            total_words[word] += 1
        labels[group, mistake.label] += 1
        total_labels[mistake.label] += 1

    def value(document: Document) -> int:
        group = document.group_or_id
        used = set(task.labels_used(document.annotation))
        by_word = (total_words[word] - words[group, word] for word in _words(document.text))
        by_label = (total_labels[label] - labels[group, label] for label in used)
        return sum(by_word) + sum(by_label)

    values = {document.id: value(document) for document in score.documents}
    return sorted(score.documents, key=lambda document: -values[document.id])


def _words(text: str) -> frozenset[str]:
    """Return the words of a text in lower case, without punctuation."""
    found = (text[start:end].casefold() for start, end in split_words(text))
    return frozenset(word for word in found if any(c.isalnum() for c in word))


def _one_per_group(documents: Iterable[Document]) -> list[Document]:
    first: dict[str, Document] = {}
    for document in documents:
        first.setdefault(document.group_or_id, document)
    return list(first.values())
