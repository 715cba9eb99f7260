"""Parts of a model card that later verbs fill in: evaluation results and calibration.

Each part stands between two comment lines, so that the text around it can be edited by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vermeil.data.atomic import atomic_file

CARD = "README.md"
"""File name of a model card."""
NO_RESULTS = "Not evaluated yet. `vermeil run` writes the scores here."
NOT_CALIBRATED = "The scores are not calibrated: `vermeil calibrate MODEL GOLD` does it."

_METRICS = ("f1", "precision", "recall")


@dataclass(frozen=True, slots=True)
class CardResult:
    """Scores of a model on one corpus, for its card.

    Args:
        split: role of the corpus: ``dev`` or ``test``.
        dataset: name of the corpus, for example its file name.
        documents: number of documents; None: unknown.
        metrics: metric to value in [0, 1]: f1, and precision and recall if they are known.
        interval: 95 % interval of F1; None: unknown.
    """

    split: str
    dataset: str
    documents: int | None
    metrics: Mapping[str, float]
    interval: tuple[float, float] | None = None


def card_result(split: str, dataset: str, report: Mapping[str, Any]) -> CardResult:
    """Return the scores in a report of ``vermeil evaluate``.

    Args:
        split: role of the corpus.
        dataset: its name.
        report: ``overall``, ``documents`` and ``intervals`` (see `vermeil.jobs.appraise`).
    """
    overall = report["overall"]
    found = (report.get("intervals") or {}).get("overall", {}).get("f1")
    return CardResult(
        split,
        dataset,
        report["documents"],
        {name: round(overall[name], 4) for name in _METRICS},
        None if found is None else (found[0], found[1]),
    )


def model_index(kind: str, name: str, results: Sequence[CardResult]) -> str:
    """Return the metadata ``model-index`` of the Hub as YAML; empty without results.

    Args:
        kind: the Hub's name of the task, for example ``token-classification``.
        name: name of the model.
        results: the scores.
    """
    if not results:
        return ""
    lines = ["model-index:", f"- name: {json.dumps(name, ensure_ascii=False)}", "  results:"]
    for one in results:
        dataset = json.dumps(one.dataset, ensure_ascii=False)
        lines += [
            f"  - task: {{type: {kind}}}",
            f"    dataset: {{name: {dataset}, type: {dataset}, split: {one.split}}}",
            "    metrics:",
            *(f"    - {{type: {metric}, value: {value}}}" for metric, value in one.metrics.items()),
        ]
    return "\n".join(lines)


def results_table(results: Sequence[CardResult]) -> str:
    """Return the scores as a Markdown table."""
    if not results:
        return NO_RESULTS
    rows = [
        "| data | documents | F1 | 95 % | precision | recall |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for one in results:
        low_high = "–" if one.interval is None else "{:.3f} to {:.3f}".format(*one.interval)
        number = "–" if one.documents is None else f"{one.documents:,}"
        values = [f"{one.metrics[name]:.3f}" if name in one.metrics else "–" for name in _METRICS]
        f1, *others = values
        data = f"{one.split} (`{one.dataset.replace('`', '')}`)".replace("|", "\\|")
        rows.append("| " + " | ".join([data, number, f1, low_high, *others]) + " |")
    return "\n".join(rows)


def metadata_block(name: str, content: str) -> str:
    """Return a part of the metadata between its comment lines."""
    return f"# vermeil: {name}\n{content}{chr(10) if content else ''}# vermeil: end of {name}"


def text_block(name: str, content: str) -> str:
    """Return a part of the text between its comment lines."""
    return f"<!-- vermeil: {name} -->\n{content}\n<!-- vermeil: end of {name} -->"


def write_results(folder: Path, kind: str, result: CardResult) -> bool:
    """Replace the evaluation results in the card of a model folder.

    Args:
        folder: the model folder.
        kind: the Hub's name of the task.
        result: the new scores.

    Returns:
        False if there is no card, or its comment lines were removed; it then stays as it is.
    """
    return _replace(
        folder,
        metadata_block("results", model_index(kind, folder.name, [result])),
        text_block("evaluation", results_table([result])),
    )


def write_calibration(folder: Path, text: str) -> bool:
    """Replace the statement about calibration in the card of a model folder, as `write_results`."""
    return _replace(folder, text_block("calibration", text))


def _replace(folder: Path, *blocks: str) -> bool:
    path = folder / CARD
    if not path.is_file():
        return False
    card = path.read_text("utf-8")
    for block in blocks:
        first, *_, last = block.splitlines()
        start, end = card.find(first), card.find(last)
        if not 0 <= start < end:
            return False
        card = card[:start] + block + card[end + len(last) :]
    with atomic_file(path) as file:
        file.write(card)
    return True
