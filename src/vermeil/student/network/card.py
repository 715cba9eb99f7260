"""The model card: ``README.md`` of a model folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vermeil.data.visible import escape_markdown, markdown_code
from vermeil.student.config import StudentConfig
from vermeil.tasks.pair_task import pair_task
from vermeil.tasks.protocol import Task

LETTER_CASE_NOTE = """
## Letter case

The tokenizer folds letter case. The model receives it as a class per word (lower, UPPER, Title,
miXed, none) through `token_type_ids`. `vermeil predict` and `vermeil.Student` compute the classes.
Plain transformers code can run this model, but its `token_type_ids` are zeros. All words then count
as lower case, and the model finds fewer names.
"""

CONTEXT_NOTE = """
## Context

The student was trained with neighbouring documents of a group in one window (`student.context`).
Give `vermeil predict` whole texts, or documents in order and with their group.
"""

CRF_NOTE = """
## CRF

`transitions` in `vermeil.json` are part of this model (a linear-chain CRF). Plain transformers code
runs the model without them and is slightly less accurate.
"""

RELATIONS_NOTE = """
## Relations

`pair_head.npz` is part of this model: it relates the entities that the network finds. Plain
transformers code runs the model without it and finds the entities only.

{types}
"""


def model_card(
    task: Task, config: StudentConfig, record: Mapping[str, Any], *, letter_case: bool
) -> str:
    """Return a model card in Markdown with Hub metadata.

    Args:
        task: task of the student.
        config: settings of the student.
        record: the training record.
        letter_case: whether the network takes letter case as token types.
    """
    kind = "token-classification" if task.head != "sequence" else "text-classification"
    labels = "\n".join(
        f"- {markdown_code(name)}: {escape_markdown(label.description)}"
        if label.description
        else f"- {markdown_code(name)}"
        for name, label in task.config.labels.items()
    )
    notes = (LETTER_CASE_NOTE if letter_case else "") + (CRF_NOTE if config.crf else "")
    notes += CONTEXT_NOTE if config.context == "group" else ""
    notes += _relations_note(task)
    simple = {k: v for k, v in record.items() if isinstance(v, str | int | float | dict)}
    return f"""---
library_name: transformers
pipeline_tag: {kind}
tags: [vermeil, {task.name}]
---

# A Vermeil student

A small encoder (`{config.encoder}`) trained for `{task.name}` on gold (human) and silver (LLM)
annotations with [Vermeil](https://pypi.org/project/vermeil/).

## Labels

{labels}

## Use

```python
import vermeil

student = vermeil.Student.load("path/to/this/folder")
for document in student.predict(["Nino Abzianidze spoke in Tashkent."]):
    print(document.annotation)
```
{notes}
## Training

```json
{json.dumps(simple, ensure_ascii=False, indent=1)}
```
"""


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


def onnx_card(task: Task, *, letter_case: bool) -> str:
    """Return the model card of an exported model, in Markdown.

    Args:
        task: task of the model.
        letter_case: whether the network takes letter case as token types.
    """
    case = " `token_type_ids` carry each word's letter case." if letter_case else ""
    return f"""---
library_name: onnx
tags: [vermeil, {task.name}]
---

# A Vermeil student for ONNX Runtime

Use it with `vermeil predict` or `vermeil.predict`. It needs `pip install "vermeil[deploy]"`, but no
torch. `export.json` compares it with the student before the export.{case}
"""
