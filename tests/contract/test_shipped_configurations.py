from pathlib import Path

from vermeil.config import load_config
from vermeil.config.template import template
from vermeil.demo.run import WEAK_SILVER
from vermeil.demo.settings import CONFIGURATION, read_settings


def test_the_demo_configuration_is_a_whole_vermeil_toml() -> None:
    config, settings = load_config(CONFIGURATION), read_settings()
    for section in ("task", "teacher", "student", "blending", "selection"):
        assert getattr(config, section) == getattr(settings, section)
    written = {"weak_teacher": CONFIGURATION.parent / WEAK_SILVER}
    assert config.study == settings.study.model_copy(update={"prompts": written})


def test_the_demo_configuration_names_files_that_are_shipped() -> None:
    corpora = load_config(CONFIGURATION).corpora
    for corpus in (corpora.gold, corpora.pool, corpora.dev, corpora.test):
        assert corpus is not None
        assert corpus.path.is_file()


def test_what_init_writes_is_valid_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "vermeil.toml"
    path.write_text(template(), "utf-8")
    assert load_config(path).task.labels
