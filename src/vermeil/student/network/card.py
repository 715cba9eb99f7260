"""The model card: README.md of a model folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vermeil.student.config import StudentConfig
from vermeil.tasks.protocol import Task

LETTER_CASE_NOTE = """
## Letter case

The tokenizer folds letter case; the student gets it back as a class per word (lower, UPPER, Title,
miXed, none) through `token_type_ids`. `vermeil predict` and `vermeil.Student` compute it. Plain
transformers code loads and runs this model, but sends zeros there, as if every word were lower
case, and will find fewer names.
"""

CONTEXT_NOTE = """
## Context

The student was trained on neighbouring sentences of a group together (`student.context`). Give
`vermeil predict` whole texts, or documents with their group and in order.
"""

CRF_NOTE = """
## Which class follows which

`transitions` in `vermeil.json` are part of this model (a linear-chain CRF). Plain transformers code
loads and runs it without them, and will mark a little worse.
"""


def model_card(
    task: Task, config: StudentConfig, record: Mapping[str, Any], *, letter_case: bool
) -> str:
    """Return a model card in Markdown with Hub metadata.

    Args:
        task: what the student does.
        config: how it was trained.
        record: the training record.
        letter_case: whether letter case is fed in through token types.
    """
    kind = "token-classification" if task.head == "token" else "text-classification"
    labels = "\n".join(
        f"- `{name}`: {label.description}" if label.description else f"- `{name}`"
        for name, label in task.config.labels.items()
    )
    notes = (LETTER_CASE_NOTE if letter_case else "") + (CRF_NOTE if config.crf else "")
    notes += CONTEXT_NOTE if config.context == "group" else ""
    shown = {k: v for k, v in record.items() if isinstance(v, str | int | float | dict)}
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
{json.dumps(shown, ensure_ascii=False, indent=1)}
```
"""


def onnx_card(task: Task, *, letter_case: bool) -> str:
    """Return the card of a folder that holds the model for ONNX Runtime.

    Args:
        task: what the model does.
        letter_case: whether letter case is fed in through token types.
    """
    case = " `token_type_ids` carry each word's letter case." if letter_case else ""
    return f"""---
library_name: onnx
tags: [vermeil, {task.name}]
---

# A Vermeil student for ONNX Runtime

Predicts with `vermeil predict` or `vermeil.predict`, and `pip install "vermeil[deploy]"`: no torch.
`export.json` says how it was compared with the student that it was made from.{case}
"""
