"""Writer of docs/configuration.md from the configuration sections of the code."""

from __future__ import annotations

from pathlib import Path

from vermeil.config.model import Config
from vermeil.config.reference import KeyReference, all_keys

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"

HEADER = """# Configuration reference

<!-- Written by `make configuration` from the code; edit the docstrings of the sections. -->

Every key of `vermeil.toml`: type, default, an example value, and meaning. `vermeil init` writes the
same keys as a commented file, and `vermeil config explain KEY` prints one of them:

```sh
vermeil config explain teacher.samples
vermeil config show --changed
```

Rules for all keys:

- Paths are relative to the folder of `vermeil.toml`.
- `"none"` means no value, since TOML has no null.
- `NAME` stands for a name of your choice: `[task.labels.DRUG]` sets keys of `task.labels.NAME`.
  `corpora.NAME` stands for `gold`, `pool`, `silver`, `dev` and `test`.
- On the command line, `--set SECTION.KEY=VALUE` replaces a value. Quote values with brackets or
  spaces: `--set 'study.seeds=[0,1,2]'`. A single value is a list of one.
"""


def configuration() -> str:
    """Return the page as Markdown."""
    keys = list(all_keys())
    parts = [HEADER]
    for name, field in Config.model_fields.items():
        parts.append(f"\n## [{name}]\n\n{field.description}\n\n")
        parts.append("| key | type | default | example | meaning |\n|---|---|---|---|---|\n")
        parts += [_row(one) for one in keys if one.key.startswith(f"{name}.")]
    return "".join(parts)


def _row(one: KeyReference) -> str:
    default = "required" if one.default is None else f"`{one.default}`"
    cells = (f"`{one.key}`", one.kind, default, f"`{one.example}`", one.meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(configuration(), encoding="utf-8")
