"""Mistakes of a NER annotation against gold."""

from __future__ import annotations

from vermeil.data.document import Annotation, Document
from vermeil.tasks.mistakes import Mistake
from vermeil.tasks.ner.scoring import pair_errors


def span_mistakes(document: Document, predicted: Annotation) -> tuple[Mistake, ...]:
    """Return the missed, spurious and wrong spans of an annotation, in the order of the text.

    Args:
        document: the gold document.
        predicted: another annotation of its text.
    """
    gold = {span.key for span in document.spans or ()}
    found = {span.key for span in predicted.spans or () if span.is_likely}
    text = document.text
    mistakes: list[tuple[int, Mistake]] = []
    for expected, wrong, kind in pair_errors(sorted(gold - found), sorted(found - gold)):
        known = expected or wrong
        assert known is not None, "one of a pair is a span"
        mistake = Mistake(
            kind,
            text[known[0] : known[1]],
            None if expected is None else expected[2],
            None if wrong is None else text[wrong[0] : wrong[1]],
            None if wrong is None else wrong[2],
        )
        mistakes.append((known[0], mistake))
    return tuple(mistake for _, mistake in sorted(mistakes, key=lambda pair: pair[0]))
