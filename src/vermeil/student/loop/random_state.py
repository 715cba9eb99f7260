"""State of torch's random number generators, on the processor and on every GPU."""

from __future__ import annotations

from typing import Any

import torch


def random_state() -> dict[str, Any]:
    """Return the state of all random number generators."""
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "cuda": devices}


def set_random_state(state: dict[str, Any]) -> None:
    """Restore a state that `random_state` returned."""
    torch.set_rng_state(state["cpu"])
    if state["cuda"]:
        torch.cuda.set_rng_state_all(state["cuda"])
