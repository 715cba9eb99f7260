"""Annotate a corpus with GLiNER, as silver with soft labels.

python examples/gliner_predictions.py pool.jsonl silver.jsonl --model folder/of/gliner

It needs the package gliner, which limits the version of transformers: install it in an environment
of its own, together with the base installation of Vermeil. docs/gliner.md has the next steps.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import vermeil


def main(arguments: Sequence[str] | None = None) -> None:
    """Write one JSON object per document: id, text and the entities of GLiNER."""
    parser = argparse.ArgumentParser(description="Annotate a corpus with GLiNER.")
    parser.add_argument("corpus", type=Path, help="texts, in any format of Vermeil")
    parser.add_argument("output", type=Path, help="JSONL of predictions; must not exist")
    parser.add_argument("--model", required=True, help="folder or Hugging Face Hub id of a GLiNER")
    parser.add_argument("--labels", nargs="+", required=True, help="labels, as GLiNER reads them")
    parser.add_argument("--threshold", type=float, default=0.3, help="smallest probability")
    options = parser.parse_args(arguments)

    from gliner import GLiNER

    model = GLiNER.from_pretrained(options.model)
    entities = 0
    with options.output.open("x", encoding="utf-8") as file:
        for document in vermeil.read_corpus(options.corpus):
            found = model.predict_entities(
                document.text,
                options.labels,
                threshold=options.threshold,
                return_class_probs=True,
            )
            entities += len(found)
            record = {"id": document.id, "text": document.text, "entities": found}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    print(f"{options.output}: {entities:,} entities")


if __name__ == "__main__":
    main()
