r"""Annotate plain text with a server on this machine, and score the annotation against gold.

    python examples/annotate_with_local_server.py \
        --base-url http://127.0.0.1:11434/v1 --model qwen3:8b

Without an address, the script starts a server that replays recorded replies of a teacher.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import vermeil

SAMPLE = Path(vermeil.__file__).parent / "demo" / "newswire"


def main(arguments: Sequence[str] | None = None) -> None:
    """Annotate documents of the sample corpus."""
    parser = argparse.ArgumentParser(description="Annotate the sample corpus with a local server.")
    parser.add_argument("--base-url", help="address of an OpenAI-compatible server")
    parser.add_argument("--model", default="recorded", help="model of the server")
    parser.add_argument("--documents", type=int, default=200, help="number of documents")
    parser.add_argument("--store", type=Path, default=Path("replies.sqlite"), help="reply store")
    options = parser.parse_args(arguments)

    labels = {
        "PER": vermeil.LabelConfig(description="people and fictional characters, by name"),
        "ORG": vermeil.LabelConfig(description="organisations: companies, parties, teams"),
        "LOC": vermeil.LabelConfig(description="locations: countries, towns, rivers, buildings"),
        "MISC": vermeil.LabelConfig(description="other names: nationalities, events, products"),
    }
    task = vermeil.make_task(vermeil.TaskConfig(labels=labels))
    gold = list(islice(vermeil.read_corpus(SAMPLE / "pool.gold.jsonl"), options.documents))
    texts = [vermeil.Document(document.id, document.text) for document in gold]

    with ExitStack() as stack:
        address = options.base_url
        if address is None:
            recorded = {options.model: SAMPLE / "replies.standard.jsonl"}
            address = stack.enter_context(vermeil.ReplayServer(recorded)).base_url
        teacher = vermeil.TeacherConfig(base_url=address, model=options.model)
        # Every reply is stored before it is parsed. A second run requests only missing replies.
        report = vermeil.annotate(texts, task, teacher, options.store)
        silver = vermeil.locate(texts, task, teacher, options.store).documents

    print({str(state): count for state, count in report.states.items()})
    usable = {document.id for document in silver if document.spans is not None}
    counts = vermeil.evaluate(silver, [d for d in gold if d.id in usable], task)
    print(f"F1 of {len(usable)} annotated documents: {counts.overall.f1:.3f}")


if __name__ == "__main__":
    main()
