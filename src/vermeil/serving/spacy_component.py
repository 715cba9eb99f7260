"""spaCy component with a student: ``nlp.add_pipe("vermeil", config={"model": "…"})``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from spacy.language import Language
from spacy.scorer import Scorer, get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import filter_spans

from vermeil.data.document import Annotation, Document
from vermeil.student.load import load_predictor

if TYPE_CHECKING:
    from vermeil.student.inference.model_settings import Precision
    from vermeil.student.inference.predictor import Predictor

SCORE = "vermeil_score"
"""Name of the extension attribute with a span's score: ``ent._.vermeil_score``."""


RELATIONS = "relations"
"""Name of the extension attribute with a document's relations: ``doc._.relations``."""


SPANS_KEY = "sc"
"""Key of ``doc.spans`` for spans that may overlap; spaCy's own default, and that of its files."""


class SpacyRelation(NamedTuple):
    """A relation between two spans of spaCy.

    Args:
        head: the first end.
        tail: the second end.
        label: type of the relation.
        score: its probability.
    """

    head: Span
    tail: Span
    label: str
    score: float | None


class VermeilComponent:
    """Writes a student's spans to ``doc.ents``, or its labels to ``doc.cats``.

    The spans of a student with ``task.nested`` may overlap. They are written to
    ``doc.spans["sc"]`` instead of ``doc.ents``.

    Relations between the spans are written to ``doc._.relations`` as `SpacyRelation`. A relation
    with an end that is not in ``doc.ents`` is left out.

    The student uses its own tokenisation of the text. A span that ends within a token of spaCy is
    extended to the whole token.

    Args:
        predictor: predictor of the student.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        if not Span.has_extension(SCORE):
            Span.set_extension(SCORE, default=None)
        if not Doc.has_extension(RELATIONS):
            Doc.set_extension(RELATIONS, default=())

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one document, in place."""
        return next(self.pipe([doc]))

    def pipe(
        self,
        stream: Iterable[Doc],
        *,
        batch_size: int = 0,  # noqa: ARG002 (spaCy passes it; the predictor makes its own batches)
    ) -> Iterator[Doc]:
        """Annotate documents, in place and in order."""
        docs, sources = tee(stream)
        texts = (Document(str(number), doc.text) for number, doc in enumerate(sources))
        nested = self._predictor.task.config.nested
        for doc, annotated in zip(docs, self._predictor.predict(texts), strict=True):
            _write(doc, annotated.annotation, nested=nested)
            yield doc

    def score(self, examples: Iterable[Example], **_: Any) -> dict[str, Any]:
        """Return spaCy's scores of entities, spans and categories, for ``spacy evaluate``.

        Args:
            examples: predicted and annotated documents.
        """
        held = list(examples)
        scores: dict[str, Any] = get_ner_prf(held)
        if self._predictor.task.config.nested:
            scores = Scorer.score_spans(
                held,
                f"spans_{SPANS_KEY}",
                getter=lambda doc, _: doc.spans.get(SPANS_KEY, ()),
                has_annotation=lambda doc: SPANS_KEY in doc.spans,
                allow_overlap=True,
            )
        labels = sorted({label for example in held for label in example.reference.cats})
        if labels:
            scores |= Scorer.score_cats(held, "cats", labels=labels, multi_label=True)
        return scores


@Language.factory(
    "vermeil", default_config={"precision": "auto"}, assigns=["doc.ents", "doc.cats", "doc.spans"]
)
def make_component(nlp: Language, name: str, model: str, precision: Precision) -> VermeilComponent:  # noqa: ARG001
    """Return the component.

    Args:
        nlp: the pipeline.
        name: name of the component in the pipeline.
        model: model folder written by `vermeil.train` or `vermeil.export`.
        precision: as for `vermeil.predict`.
    """
    return VermeilComponent(load_predictor(Path(model), precision))


def _write(doc: Doc, annotation: Annotation, *, nested: bool) -> None:
    if annotation.labels is not None:
        scores = annotation.label_scores or dict.fromkeys(annotation.labels, 1.0)
        doc.cats = {**doc.cats, **scores}
    if annotation.spans is None:
        return
    spans: dict[int, Span] = {}
    for number, span in enumerate(annotation.spans):
        expanded = doc.char_span(span.start, span.end, span.label, alignment_mode="expand")
        if expanded is not None:
            expanded._.set(SCORE, span.score)
            spans[number] = expanded
    if nested:
        doc.spans[SPANS_KEY] = list(spans.values())
        return
    doc.ents = tuple(filter_spans(list(spans.values())))
    if annotation.relations is not None:
        kept = {number: span for number, span in spans.items() if span in doc.ents}
        doc._.set(
            RELATIONS,
            tuple(
                SpacyRelation(kept[r.head], kept[r.tail], r.label, r.score)
                for r in annotation.relations
                if r.head in kept and r.tail in kept
            ),
        )
