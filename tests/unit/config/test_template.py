import tomllib
from pathlib import Path

import pytest

from vermeil.config import Config, load_config
from vermeil.config.template import REQUIRED_VALUES, TEACHER_VALUES, template
from vermeil.section import Section


def write(folder: Path, text: str) -> Path:
    path = folder / "vermeil.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_default_that_is_shown_is_the_default(tmp_path: Path) -> None:
    shown = "\n".join(
        line.removeprefix("#") if line[:1] == "#" and line[1:2].isalpha() else line
        for line in template().splitlines()
    )
    assert shown != template()
    assert load_config(write(tmp_path, shown)) == load_config(write(tmp_path, template()))


def test_every_key_of_every_section_is_there() -> None:
    text = template()
    parsed = tomllib.loads(text)
    assert set(parsed) == set(Config.model_fields)
    for name, field in Config.model_fields.items():
        section = field.annotation
        assert isinstance(section, type)
        assert issubclass(section, Section)
        for key in section.model_fields:
            assert any(
                line.startswith((f"{key} = ", f"#{key} = ", f"[{name}.{key}"))
                for line in text.splitlines()
            ), f"{name}.{key}"


def test_no_line_is_too_long_to_read() -> None:
    assert max(map(len, template().splitlines())) <= 100


def test_the_required_values_are_in_the_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, template()))
    assert config.corpora.gold is not None
    assert config.corpora.gold.path == tmp_path / REQUIRED_VALUES["corpora.gold"]
    assert config.teacher.model == REQUIRED_VALUES["teacher.model"]


def test_template_of_a_local_teacher_sets_what_small_models_need(tmp_path: Path) -> None:
    teacher = load_config(write(tmp_path, template("local"))).teacher
    assert (teacher.backend, teacher.structured) == ("local", "json_schema")
    assert (teacher.demonstrations.kind, teacher.demonstrations.count) == ("fixed", 5)
    assert teacher.model.endswith(".gguf")
    assert teacher.local.folder == tmp_path
    plain = load_config(write(tmp_path, template()))
    changed = {"local", "base_url", *(key.split(".")[1] for key in TEACHER_VALUES["local"])}
    assert teacher.model_dump(exclude=changed) == plain.teacher.model_dump(exclude=changed)


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("teacher", TEACHER_VALUES)
def test_labels_and_corpora_of_a_project_are_in_the_file(
    tmp_path: Path, teacher: str, short: bool
) -> None:
    corpora = {"pool": ["letters", "notes.txt"], "test": "test.conll"}
    text = template(teacher, ["DRUG", "side effect"], corpora, short=short)
    config = load_config(write(tmp_path, text))
    assert list(config.task.labels) == ["DRUG", "side effect"]
    assert [one.path.name for one in config.corpora.pools] == ["letters", "notes.txt"]
    assert config.corpora.gold is None
    assert (len(text.splitlines()) < 40) == short
    assert load_config(write(tmp_path, template(teacher, short=True))) == load_config(
        write(tmp_path, template(teacher))
    )


def test_template_has_no_value_of_python() -> None:
    assert "None" not in template()
    assert "``" not in template()
