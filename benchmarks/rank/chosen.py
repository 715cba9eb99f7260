"""Describe the documents that each strategy chose: length, and share of documents without items.

The cells are those of `simulate.py`, with the ids of the documents:

    VERMEIL_DATA=… python benchmarks/rank/chosen.py cells
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.rank.corpora import SETTINGS

from vermeil.data.words import words_of


def main() -> None:
    """Print one line per strategy and setting, over all seeds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cells", type=Path, help="folder of the cells")
    folder = parser.parse_args().cells
    chosen: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in sorted(folder.glob("*.json")):
        cell = json.loads(path.read_text())
        if len(cell["next"]) > cell["size"]:
            chosen[cell["setting"], cell["strategy"]] += cell["next"][cell["size"] :]
    for name in sorted({setting for setting, _ in chosen}):
        labels = SETTINGS[name]().labels
        print(f"{name}: words and items per document, share without items")
        for (setting, strategy), ids in sorted(chosen.items()):
            if setting != name:
                continue
            found = [labels[one] for one in ids]
            words = np.array([len(words_of(one)) for one in found])
            items = np.array([len(one.spans or ()) for one in found])
            print(
                f"{strategy:26} {words.mean():5.1f} {items.mean():5.2f} {(items == 0).mean():5.2f}"
            )


if __name__ == "__main__":
    main()
