"""Presets of a study: settings that override ``vermeil.toml`` and are overridden by ``--set``."""

from __future__ import annotations

from vermeil.errors import ConfigError

PRESETS: dict[str, tuple[str, ...]] = {
    "quick": (
        'study.regimens=["gold_only", "pooled", "simple_mix", "sigmoid"]',
        'study.baseline="gold_only"',
        "study.seeds=[0]",
        'study.budgets=["equal"]',
        "study.resamples=500",
        "blending.budget.wordpieces=20000",
    ),
    "paper": (
        'study.regimens=["gold_only", "silver_only", "pooled", "simple_mix", "reverse_mix", '
        '"sigmoid", "power"]',
        'study.baseline="gold_only"',
        "study.seeds=[0, 1, 2, 3, 4]",
        'study.budgets=["epochs", "equal"]',
        "study.resamples=10000",
        "blending.budget.gold_epochs=3",
        "blending.budget.silver_epochs=3",
        'student.encoder="bert-base-cased"',
        "student.learning_rate=5e-5",
    ),
}
"""Overrides of each preset.

quick is a test run of a few minutes. paper follows Huang et al. 2024 as far as its settings are
known (docs/paper.md)."""


def preset_overrides(name: str) -> tuple[str, ...]:
    """Return the overrides of a preset.

    Raises:
        ConfigError: the preset is unknown.
    """
    if name not in PRESETS:
        raise ConfigError(f"--preset {name}: expected one of {', '.join(PRESETS)}")
    return PRESETS[name]
