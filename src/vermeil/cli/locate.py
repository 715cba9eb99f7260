"""``vermeil locate``: turn stored replies into silver."""

from __future__ import annotations

from vermeil.cli.ui.options import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigFile,
    Order,
    Overrides,
    Quiet,
    with_order,
)
from vermeil.cli.ui.stage import run_stage_command

EXAMPLE = "Example: vermeil locate --json"


def locate(
    config: ConfigFile = DEFAULT_CONFIG,
    overrides: Overrides = None,
    order: Order = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Parse the stored replies and locate their mentions; sends no request."""
    run_stage_command("locate", config, with_order(overrides, order), as_json, quiet)
