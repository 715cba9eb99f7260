from pathlib import Path

import pytest

from vermeil.config import load_config
from vermeil.errors import ConfigError
from vermeil.studies.presets import PRESETS, preset_overrides


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_is_valid_and_can_be_overridden(name: str, tmp_path: Path) -> None:
    path = tmp_path / "vermeil.toml"
    path.write_text("[task.labels.PER]\n[study]\nseeds = [7, 8]\n", encoding="utf-8")
    config = load_config(path, preset_overrides(name))
    assert config.study.baseline == "gold_only"
    assert config.study.seeds != (7, 8)
    again = load_config(path, [*preset_overrides(name), "study.seeds=[4]"])
    assert again.study.seeds == (4,)
    assert again.study.regimens == config.study.regimens


def test_an_unknown_preset_is_named() -> None:
    with pytest.raises(ConfigError, match="--preset fast: expected one of quick, paper"):
        preset_overrides("fast")
