"""Push of a model folder or a corpus to the Hugging Face Hub."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vermeil.corpora import CorpusStats, corpus_stats, document_to_line
from vermeil.data.document import Document
from vermeil.data.model_files import verify_files
from vermeil.data.visible import markdown_code
from vermeil.data.written import RECORD, read_record
from vermeil.errors import DataError
from vermeil.hub.upload import CARD, PushOptions, PushReport, upload
from vermeil.student.inference.model_settings import read_settings

WHAT = "vermeil push"


def push(model: Path | str, repo: str, options: PushOptions | None = None) -> PushReport:
    """Send a model folder to the Hugging Face Hub; a new repository is private.

    Only files that Vermeil wrote are sent. Nothing is sent without ``consent`` in the options.

    Args:
        model: a folder that `train` or `export` wrote.
        repo: ``user/name``.
        options: consent, visibility, and whether files are replaced; None: no consent.

    Raises:
        ConsentError: no consent; the message lists the files.
        ConfigError: huggingface_hub is not installed, ``HF_HUB_OFFLINE`` is set, or the repository
            is public or holds files of these names.
        DataError: the folder holds no student, or is damaged.
        HubError: the Hub cannot be reached, or refuses a request.
    """
    folder = Path(model)
    read_settings(folder)
    verify_files(folder)
    record = read_record(folder)
    if record is None or not (folder / RECORD).is_file():
        raise DataError(f"has no {RECORD}; train or export the model again", folder)
    names = sorted(name for name in record.names if (folder / name).is_file())
    files = {name: folder / name for name in names}
    return upload(files, repo, "model", options or PushOptions(), WHAT)


def push_corpus(
    documents: Sequence[Document],
    repo: str,
    split: str = "train",
    options: PushOptions | None = None,
) -> PushReport:
    """Send documents with their annotations to the Hugging Face Hub, as a data set.

    The data set holds one file per split, ``SPLIT.jsonl``, and a card with counts. An existing card
    is kept. The texts of the documents are part of the file.

    Args:
        documents: gold or silver.
        repo: ``user/name``.
        split: name of the split: letters, digits and underscores.
        options: consent, visibility, and whether files are replaced; None: no consent.

    Raises:
        ConsentError: no consent; the message lists the files.
        ConfigError: huggingface_hub is not installed, ``HF_HUB_OFFLINE`` is set, or the repository
            is public or holds files of these names.
        DataError: there are no documents, or the name of the split has other characters.
        HubError: the Hub cannot be reached, or refuses a request.
    """
    if not documents:
        raise DataError("there is no document to push; name a corpus with documents")
    if not split.isidentifier() or not split.isascii():
        raise DataError(f"split {split!r}: write letters, digits and underscores, such as train")
    with tempfile.TemporaryDirectory() as folder:
        data, card = Path(folder, f"{split}.jsonl"), Path(folder, CARD)
        with data.open("w", encoding="utf-8") as file:
            file.writelines(f"{document_to_line(document)}\n" for document in documents)
        card.write_text(_card(split, corpus_stats(documents)), "utf-8")
        files = {data.name: data, CARD: card}
        return upload(files, repo, "dataset", options or PushOptions(), WHAT)


def _card(split: str, stats: CorpusStats) -> str:
    """Return the card of a data set, with the metadata that the Hub reads."""
    counts = stats.label_counts
    labels = "\n".join(f"| {markdown_code(name)} | {n:,} |" for name, n in sorted(counts.items()))
    table = f"| label | number |\n|---|---|\n{labels}\n" if counts else "No annotations.\n"
    configs = json.dumps([{"config_name": "default", "data_files": "*.jsonl"}])
    return f"""---
tags: [vermeil]
configs: {configs}
---

# A corpus of Vermeil

Split `{split}`: {stats.documents:,} documents, {stats.annotated:,} of them annotated,
{stats.abstentions:,} ranges with unknown annotation. Offsets count Unicode code points and are
half-open. An absent `spans` is not annotated; an empty one is annotated with nothing.

{table}
```python
import vermeil

vermeil.pull_corpus("user/name", "{split}.jsonl")
documents = list(vermeil.read_corpus("{split}.jsonl"))
```
"""
