"""Table of language models that were tested as teachers on this machine, and how to get them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A language model that was tested.

    Args:
        hub_id: repository on the Hugging Face Hub.
        file: file in it.
        size: bytes of the file.
        sha256: SHA-256 of the file.
        licence: SPDX identifier.
        tested: date of the test.
        result: micro-F1 and its conditions.
    """

    hub_id: str
    file: str
    size: int
    sha256: str
    licence: str
    tested: str
    result: str

    @property
    def commands(self) -> tuple[str, ...]:
        """Commands that download the file and print its checksum, for a machine with a network.

        ``hf`` is the program of the package huggingface_hub.
        """
        return (
            f"hf download {self.hub_id} {self.file} --local-dir models",
            f"sha256sum models/{self.file}",
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**asdict(self), "commands": list(self.commands)}


LISTED_MODELS = (
    ListedModel(
        hub_id="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        tested="2026-11",
        result="F1 .57 [.48, .65]: newswire sample, 100 sentences, 5 demonstrations, JSON",
    ),
    ListedModel(
        hub_id="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        tested="2026-11",
        result="F1 .44: newswire sample, a few sentences, 5 demonstrations",
    ),
)
"""Every tested model, the recommended one first."""
