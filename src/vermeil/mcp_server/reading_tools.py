"""Tools that write nothing: prediction, scores, corpora, settings and purchase plan."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from vermeil.config.reference import explain
from vermeil.corpora import corpus_stats, document_to_record, read_corpus, require_readable
from vermeil.data.document import Document
from vermeil.errors import DataError
from vermeil.jobs.evaluate_files import evaluate_files
from vermeil.mcp_server.root_folder import RootFolder

if TYPE_CHECKING:
    from vermeil.student.inference.predictor import Predictor

CorpusPath = Annotated[
    str,
    Field(
        description="Corpus file or folder, relative to the root; FORMAT:PATH names the format.",
        examples=["gold.jsonl", "conll:train.txt"],
    ),
]
ModelPath = Annotated[
    str,
    Field(description="Model folder that vermeil train or export wrote.", examples=["model"]),
]
ConfigPath = Annotated[str, Field(description="Configuration file, relative to the root.")]

MOST_TEXTS, MOST_CHARACTERS = 200, 100_000
"""Largest number of texts, and of characters of one text, in one call of predict."""

MOST_DOCUMENTS = 50
"""Largest number of documents in one result of read_documents."""


class ReadingTools:
    """The read-only tools. Each public method is one tool, and its docstring is its description.

    Args:
        root: folder to which all paths are limited.
    """

    def __init__(self, root: RootFolder) -> None:
        self._root = root
        self._lock = Lock()
        self._loaded: tuple[tuple[str, int], Predictor] | None = None

    def predict(
        self,
        model: ModelPath,
        texts: Annotated[
            list[Annotated[str, Field(max_length=MOST_CHARACTERS)]],
            Field(min_length=1, max_length=MOST_TEXTS, description="Plain texts."),
        ],
        min_score: Annotated[
            float, Field(ge=0, le=1, description="Leave out spans and labels with a lower score.")
        ] = 0.0,
    ) -> dict[str, Any]:
        """Annotate plain texts with a trained model on this machine.

        Returns one record per text, in order. Spans have start and end (code points, half-open),
        label, score and surface, the text between start and end.
        """
        from vermeil.data.annotation_spans import without_low_scores

        documents = [Document(str(number), text) for number, text in enumerate(texts, 1)]
        with self._lock:
            predicted = list(self._predictor(model).predict(documents))
        kept = (
            one.with_annotation(without_low_scores(one.annotation, min_score)) for one in predicted
        )
        return {"documents": [_with_surfaces(document) for document in kept]}

    def evaluate(
        self,
        predicted: Annotated[
            str, Field(description="Model folder, or corpus of predictions or silver.")
        ],
        gold: CorpusPath,
    ) -> dict[str, Any]:
        """Score a model, or a file of predictions or silver, against gold.

        Returns precision, recall and F1 with confidence intervals, overall and per label, the
        hardest documents, and the calibration of the scores.
        """
        corpus, other = self._root.corpus(gold), self._root.corpus(predicted)
        require_readable(corpus)
        prefix = "" if other.format == "auto" else f"{other.format}:"
        return evaluate_files(Path(f"{prefix}{other.path}"), corpus).as_dict()

    def corpus_stats(self, corpus: CorpusPath) -> dict[str, Any]:
        """Count documents, groups, labels, lengths and duplicates of a corpus."""
        config = self._root.corpus(corpus)
        require_readable(config)
        return corpus_stats(read_corpus(config)).as_dict()

    def read_documents(
        self,
        corpus: CorpusPath,
        ids: Annotated[
            list[str] | None, Field(max_length=MOST_DOCUMENTS, description="Ids; null: by place.")
        ] = None,
        offset: Annotated[int, Field(ge=0, description="Documents to skip.")] = 0,
        limit: Annotated[int, Field(ge=1, le=MOST_DOCUMENTS)] = 5,
    ) -> dict[str, Any]:
        """Return documents of a corpus with their annotation, by id or by place in the file."""
        config = self._root.corpus(corpus)
        require_readable(config)
        documents = read_corpus(config)
        if ids is None:
            found = list(islice(documents, offset, offset + limit))
        else:
            wanted = set(ids)
            found = [document for document in documents if document.id in wanted]
            if missing := sorted(wanted - {document.id for document in found}):
                raise DataError(f"has no document {', '.join(missing)}", config.path)
        return {"documents": [_with_surfaces(document) for document in found]}

    def explain_key(
        self,
        key: Annotated[
            str,
            Field(description="Key or section of vermeil.toml.", examples=["teacher.samples"]),
        ],
    ) -> dict[str, Any]:
        """Return type, default, meaning and an example of a key, or of all keys of a section."""
        return {"keys": [one.as_dict() for one in explain(key)]}

    def check_configuration(self, config: ConfigPath = "vermeil.toml") -> dict[str, Any]:
        """Check a configuration, its corpora, leaks between them, teacher and encoder.

        Sends no text. Each finding has a severity: ok, warning or error.
        """
        from vermeil.pipeline.check import check

        return check(self._root.config(config)).as_dict()

    def plan_purchase(
        self,
        config: ConfigPath = "vermeil.toml",
        budget: Annotated[
            float | None, Field(ge=0, description="Money to spend; null: plan.budget.")
        ] = None,
        gold_price: Annotated[
            float | None,
            Field(ge=0, description="Price of a gold document; null: plan.gold_price."),
        ] = None,
        silver_price: Annotated[
            float | None,
            Field(ge=0, description="Price of a silver document; null: plan.silver_price."),
        ] = None,
    ) -> dict[str, Any]:
        """Recommend how many gold and silver documents to buy next, from a finished study.

        The study (vermeil study) must have several data sizes. Its results are read from the
        run folder of the configuration.
        """
        from vermeil.jobs.run_folder import RunFolder
        from vermeil.studies.plan import plan

        given = {"budget": budget, "gold_price": gold_price, "silver_price": silver_price}
        overrides = [f"plan.{name}={value}" for name, value in given.items() if value is not None]
        sections = self._root.config(config, tuple(overrides))
        results = RunFolder(sections.run.output).study / "results.json"
        return plan(results, sections.plan).as_dict()

    def _predictor(self, model: str) -> Predictor:
        """Return the predictor of a model; the last one stays loaded until its files change."""
        from vermeil.student.load import load_predictor, require_model

        folder = self._root.resolve(model)
        require_model("the tool predict", folder)
        if not (folder / "vermeil.json").is_file():
            raise DataError("is no model folder; name one that vermeil train wrote", folder)
        state = (str(folder), (folder / "vermeil.json").stat().st_mtime_ns)
        if self._loaded is None or self._loaded[0] != state:
            self._loaded = (state, load_predictor(folder, "auto"))
        return self._loaded[1]


def _with_surfaces(document: Document) -> dict[str, Any]:
    record = document_to_record(document)
    for span in record.get("spans", ()):
        span["surface"] = document.text[span["start"] : span["end"]]
    return record
