"""The model card: ``README.md`` of a model folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vermeil.data.visible import escape_markdown, markdown_code
from vermeil.student.config import StudentConfig
from vermeil.student.network.card_blocks import (
    NOT_CALIBRATED,
    CardResult,
    metadata_block,
    model_index,
    results_table,
    text_block,
)
from vermeil.student.network.encoder import EMBEDDED
from vermeil.tasks.pair_task import pair_task
from vermeil.tasks.protocol import TEXT_HEADS, Task

BASE_MODELS = {EMBEDDED: "sentence-transformers/all-MiniLM-L6-v2"}
"""Hub ids of encoders that have another name in a configuration."""

LETTER_CASE_NOTE = """
### Letter case

The tokenizer folds letter case. The model receives it as a class per word (lower, UPPER, Title,
miXed, none) through `token_type_ids`. `vermeil predict` and `vermeil.Student` compute the classes.
Plain transformers code can run this model, but its `token_type_ids` are zeros. All words then count
as lower case, and the model finds fewer names. For use without Vermeil, train with
`student.letter_case = false`.
"""

CONTEXT_NOTE = """
### Context

The student was trained with neighbouring documents of a group in one window (`student.context`).
Give `vermeil predict` whole texts, or documents in order and with their group.
"""

CRF_NOTE = """
### CRF

`transitions` in `vermeil.json` are part of this model (a linear-chain CRF). Plain transformers code
runs the model without them and is slightly less accurate.
"""

RELATIONS_NOTE = """
### Relations

`pair_head.npz` is part of this model: it relates the entities that the network finds. Plain
transformers code runs the model without it and finds the entities only.

{types}
"""

NESTED_NOTE = """
The classes O, B and I of each label are a decision of their own, so that entities may overlap.
Plain transformers code computes their logits. It does not find the entities: its pipeline compares
the classes of different labels with each other.
"""

LIMITS = """\
The student repeats errors of its teacher that gold did not correct. It is reliable only on text
like its training data. Check it on a sample of your own before you use it, and review its output
where an error does harm."""


def model_card(
    task: Task, config: StudentConfig, record: Mapping[str, Any], *, letter_case: bool
) -> str:
    """Return a model card in Markdown with Hub metadata.

    Args:
        task: task of the student.
        config: settings of the student.
        record: the training record; ``card`` holds the user's statements (``[card]`` and
            ``teacher.terms``), ``teachers`` the ledger of the silver.
        letter_case: whether the network takes letter case as token types.
    """
    kind = hub_task(task)
    own: Mapping[str, Any] = record.get("card") or {}
    results = _dev_result(record)
    metadata = "\n".join(_metadata(task, "transformers", config.encoder, own))
    index = metadata_block("results", model_index(kind, f"vermeil-{task.name}", results))
    notes = (LETTER_CASE_NOTE if letter_case else "") + (CRF_NOTE if config.crf else "")
    notes += CONTEXT_NOTE if config.context == "group" else ""
    notes += _relations_note(task)
    simple = {
        k: v for k, v in record.items() if isinstance(v, str | int | float | dict) and k != "card"
    }
    sections = [
        f"---\n{metadata}\n{index}\n---",
        f"# A Vermeil student for {task.name}",
        f"A small encoder, trained with Vermeil for `{task.name}` on gold (people's labels) and "
        f"silver (labels of a large language model). Base model: {_base_model(config.encoder)}.",
        *_statements(task, record, own),
        "## Evaluation\n\n" + text_block("evaluation", results_table(results)),
        "## Calibration\n\n" + text_block("calibration", NOT_CALIBRATED),
        _use(kind, nested=task.config.nested) + notes,
        "## Training\n\n```json\n" + json.dumps(simple, ensure_ascii=False, indent=1) + "\n```",
    ]
    return "\n\n".join(section.strip() for section in sections) + "\n"


def hub_task(task: Task) -> str:
    """Return the Hub's name of a task."""
    return "text-classification" if task.head in TEXT_HEADS else "token-classification"


def onnx_card(
    task: Task, config: StudentConfig, record: Mapping[str, Any], *, letter_case: bool
) -> str:
    """Return the model card of an exported model, with the statements of the student's card.

    Args:
        task: task of the model.
        config: settings of the student.
        record: the training record of the student.
        letter_case: whether the network takes letter case as token types.
    """
    own: Mapping[str, Any] = record.get("card") or {}
    metadata = "\n".join(_metadata(task, "onnx", config.encoder, own))
    case = " `token_type_ids` carry each word's letter case." if letter_case else ""
    sections = [
        f"---\n{metadata}\n---",
        "# A Vermeil student for ONNX Runtime",
        "Use it with `vermeil predict` or `vermeil.predict`. It needs Vermeil's extra `deploy`, "
        f"but no torch. `export.json` compares it with the student before the export.{case}",
        *_statements(task, record, own),
    ]
    return "\n\n".join(section.strip() for section in sections) + "\n"


def _statements(task: Task, record: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[str, ...]:
    """Return labels, intended use and data, which hold for a student in every form."""
    use = f"{escape_markdown(own['intended_use'])}\n\n" if own.get("intended_use") else ""
    return (
        "## Labels\n\n" + "\n".join(_labels(task)),
        f"## Intended use and limits\n\n{use}{LIMITS}",
        "## Data\n\n" + "\n".join(_data(record, own)),
    )


def _metadata(task: Task, library: str, encoder: str, own: Mapping[str, Any]) -> Iterator[str]:
    yield f"library_name: {library}"
    yield f"pipeline_tag: {hub_task(task)}"
    yield f"tags: {_flow(['vermeil', task.name])}"
    if own.get("license"):
        yield f"license: {_flow(own['license'])}"
    if own.get("language"):
        yield f"language: {_flow(own['language'])}"
    base = BASE_MODELS.get(encoder, encoder)
    if _is_hub_id(base):
        yield f"base_model: {_flow(base)}"
    if own.get("datasets"):
        yield f"datasets: {_flow(own['datasets'])}"


def _flow(value: Any) -> str:
    """Return a value as YAML on one line; JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)


def _is_hub_id(name: str) -> bool:
    return not name.startswith(("/", ".", "~")) and name.count("/") <= 1


def _base_model(encoder: str) -> str:
    base = BASE_MODELS.get(encoder, encoder)
    if encoder == EMBEDDED:
        return f"[{base}](https://huggingface.co/{base}), 22 million parameters, English"
    return markdown_code(base)


def _labels(task: Task) -> Iterator[str]:
    for name, label in task.config.labels.items():
        description = f": {escape_markdown(label.description)}" if label.description else ""
        yield f"- {markdown_code(name)}{description}"


def _data(record: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    gold, silver = record.get("gold_documents"), record.get("silver_documents")
    if own.get("data"):
        yield f"- {escape_markdown(own['data'])}"
    if gold is not None:
        yield f"- Gold: {gold:,} documents."
    if silver is not None:
        yield f"- Silver: {silver:,} documents."
    for row in record.get("teachers") or ():
        days = [day for day in (row["first"], row["last"]) if day]
        dates = f", replies of {' to '.join(dict.fromkeys(days))}" if days else ""
        yield (
            f"- Teacher: {markdown_code(row['model'])}, {row['documents']:,} documents and "
            f"{row['spans']:,} spans{dates}."
        )
    terms = own.get("teacher_terms")
    yield f"- Terms of the teacher: {escape_markdown(terms) if terms else 'not stated'}."


def _relations_note(task: Task) -> str:
    """Return the section on relations; empty for tasks without them."""
    if pair_task(task) is None:
        return ""
    types = [
        f"- {markdown_code(name)}"
        + (f": {escape_markdown(one.description)}" if one.description else "")
        for name, one in task.config.relations.items()
    ]
    return RELATIONS_NOTE.format(types="\n".join(types))


def _dev_result(record: Mapping[str, Any]) -> Sequence[CardResult]:
    f1 = record.get("dev_f1")
    return () if f1 is None else (CardResult("dev", "dev", None, {"f1": round(f1, 4)}),)


def _use(kind: str, *, nested: bool) -> str:
    entities = '.spans["sc"]' if nested else ".ents"
    strategy = ', aggregation_strategy="first"' if kind == "token-classification" else ""
    spacy = (
        f"""
In spaCy (extra `spacy`):

```python
import spacy

nlp = spacy.blank("en")
nlp.add_pipe("vermeil", config={{"model": "path/to/this/folder"}})
for entity in nlp("Nino Abzianidze spoke in Tashkent."){entities}:
    print(entity.text, entity.label_)
```
"""
        if kind == "token-classification"
        else ""
    )
    alone = f"""
With transformers alone:

```python
from transformers import pipeline

tag = pipeline("{kind}", model="path/to/this/folder"{strategy})
print(tag("Nino Abzianidze spoke in Tashkent."))
```
"""
    if nested:
        alone = NESTED_NOTE
    shown = (
        "for span in document.spans or ():\n"
        "        print(document.text[span.start : span.end], span.label, span.score)"
        if kind == "token-classification"
        else "print(document.labels)"
    )
    return f"""## Use

With Vermeil:

```python
import vermeil

student = vermeil.Student.load("path/to/this/folder")
for document in student.predict(["Nino Abzianidze spoke in Tashkent."]):
    {shown}
```

```sh
vermeil predict path/to/this/folder texts.txt
vermeil export path/to/this/folder
vermeil serve path/to/this/folder-onnx
```

`vermeil export` writes an ONNX model, which needs neither torch nor transformers.
{alone}{spacy}"""
