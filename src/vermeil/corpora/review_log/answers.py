"""The reviewed documents of a log as answers, as in the file of an annotation tool."""

from __future__ import annotations

from pathlib import Path

from vermeil.corpora.review_log.events import SETTLEMENT, ReviewedText, read_review_log
from vermeil.corpora.review_log.items import DONE, answer_of
from vermeil.corpora.tools.answers import Answer, AnsweredText
from vermeil.corpora.tools.corrections import DocumentAnswers
from vermeil.errors import DataError

TOOL = "vermeil"
"""Name of the review page as an annotation tool."""


def read_log_answers(path: Path) -> dict[str, DocumentAnswers]:
    """Return the answers of a log by document id.

    A text that changed after its review counts as long as the new text has no decision. Documents
    without a decision are left out.

    Args:
        path: the log.

    Raises:
        DataError: the log is not valid, or holds no decision.
    """
    log = read_review_log(path)
    found: dict[str, DocumentAnswers] = {}
    for reviewed in (*log.earlier, *log.texts.values()):
        if reviewed.sessions:
            answered = AnsweredText(reviewed.text, answers_of(reviewed))
            found[reviewed.id] = DocumentAnswers(reviewed.id, [answered])
    if not found:
        raise DataError("holds no decision; expected at least one", path)
    return found


def answers_of(reviewed: ReviewedText) -> list[Answer]:
    """Return the answers about a text: that of a finished settlement, else one per annotator."""
    settled = reviewed.sessions.get(SETTLEMENT)
    if settled is not None and settled.state == DONE:
        return [answer_of(settled.items, " and ".join(settled.annotators), reviewed.kinds)]
    return [
        answer_of(session.items, name, reviewed.kinds)
        for name, session in reviewed.sessions.items()
        if name != SETTLEMENT
    ]
