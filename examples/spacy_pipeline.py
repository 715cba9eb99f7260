"""Use a student in a spaCy pipeline.

python examples/train_and_predict.py --output model
python examples/spacy_pipeline.py model "Ada Lovelace met Charles Babbage in London."
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import spacy

TEXT = "Ada Lovelace met Charles Babbage in London."


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the entities of a text, with their scores."""
    parser = argparse.ArgumentParser(description="Annotate a text with a student in spaCy.")
    parser.add_argument("model", help="folder of a trained or exported model")
    parser.add_argument("text", nargs="?", default=TEXT)
    options = parser.parse_args(arguments)

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("vermeil", config={"model": options.model})
    document = nlp(options.text)
    for sentence in document.sents:
        print(sentence.text)
        for entity in sentence.ents:
            print(f"  {entity.label_:6} {entity._.vermeil_score or 0:.2f}  {entity.text}")


if __name__ == "__main__":
    main()
