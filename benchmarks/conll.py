"""CoNLL-2003 as the benchmarks read it: not a benchmark itself."""

from __future__ import annotations

import os
from pathlib import Path

from vermeil.corpora import read_corpus
from vermeil.corpora.config import CorpusConfig
from vermeil.data.document import Document
from vermeil.tasks import make_task
from vermeil.tasks.config import TaskConfig

TASK = make_task(
    TaskConfig.model_validate({"labels": {name: {} for name in ("PER", "ORG", "LOC", "MISC")}})
)


def corpus(split: str, key: str = "gold", folder: str | Path | None = None) -> list[Document]:
    """Read a split with one of its annotations.

    Args:
        split: train, dev or test.
        key: gold (people), chatgpt or uniner.
        folder: of the research data; none: that of VERMEIL_DATA.
    """
    path = Path(folder or os.environ["VERMEIL_DATA"]) / "conll2003" / f"{split}.jsonl.gz"
    return list(read_corpus(CorpusConfig(path=path, format="tokens", tag_key=key), TASK.check))
