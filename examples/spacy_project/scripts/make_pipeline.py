"""Write a spaCy pipeline with a student.

python scripts/make_pipeline.py vermeil-run/model pipeline --language en
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import spacy


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the pipeline; it names the model by its absolute path."""
    parser = argparse.ArgumentParser(description="Write a spaCy pipeline with a student.")
    parser.add_argument("model", type=Path, help="folder of a trained or exported model")
    parser.add_argument("output", type=Path, help="folder of the pipeline")
    parser.add_argument("--language", default="en", help="language of spaCy's tokeniser")
    options = parser.parse_args(arguments)

    nlp = spacy.blank(options.language)
    nlp.add_pipe("vermeil", config={"model": str(options.model.resolve())})
    nlp.to_disk(options.output)
    print(f"{options.output}: {', '.join(nlp.pipe_names)}")


if __name__ == "__main__":
    main()
