import itertools
import tomllib
from pathlib import Path

import pytest

from vermeil.config import Config, dump_config, load_config
from vermeil.config.dump import dump_changes
from vermeil.errors import ConfigError

TASK = "[task.labels.PER]\ndescription = 'People'\n[task.labels.ORG]\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "vermeil.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load_config(path, overrides)
    assert all(problem.startswith(str(path)) for problem in raised.value.problems)
    return [problem.removeprefix(f"{path}: ") for problem in raised.value.problems]


def test_labels_alone_are_a_whole_configuration(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, TASK))
    assert list(config.task.labels) == ["PER", "ORG"]
    assert config.run.output == tmp_path / "vermeil-run"


def test_relative_paths_belong_to_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "bert").mkdir()
    text = TASK + "[corpora]\ngold='a/gold.jsonl'\ntest='/abs/test.conll'\n[run]\noutput='../out'\n"
    config = load_config(write(tmp_path, text + "[student]\nencoder='bert'\n"))
    assert config.corpora.gold is not None
    assert config.corpora.gold.path == tmp_path / "a" / "gold.jsonl"
    assert config.corpora.test is not None
    assert config.corpora.test.path == Path("/abs/test.conll")
    assert config.run.output == tmp_path / ".." / "out"
    assert config.student.encoder == str(tmp_path / "bert")


def test_a_corpus_may_begin_with_its_format(tmp_path: Path) -> None:
    text = TASK + "[corpora]\ngold='brat:people/'\npool={path='doccano:all.jsonl'}\n"
    config = load_config(write(tmp_path, text))
    assert config.corpora.gold is not None
    assert config.corpora.gold.format == "brat"
    assert config.corpora.gold.path == tmp_path / "people"
    assert config.corpora.pool is not None
    assert config.corpora.pool.path == tmp_path / "all.jsonl"
    both = TASK + "[corpora]\ngold={path='brat:people', format='conll'}\n"
    (problem,) = problems(write(tmp_path, both))
    assert "expected one format, but the path names brat and the key format is conll" in problem


def test_a_hub_id_is_not_taken_for_a_path(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, TASK), ["student.encoder=google-bert/bert-base-cased"])
    assert config.student.encoder == "google-bert/bert-base-cased"


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "[task.labels.PER]\ndescripton = 'x'\n[studnt]\n[teacher]\nretries = -1\nmodell = 'x'\n"
        "[student]\nprecision = 'fp23'\n[blending.budget]\ngold_epochs = 'many'\n"
        "[corpora]\ngold = 3\n[study]\nregimens = ['gold_only', 'sigmoyd']\n",
    )
    assert sorted(problems(path)) == [
        'blending.budget.gold_epochs: expected a valid number, found "many"',
        "corpora.gold: expected a section, found 3",
        "student.precision: expected 'auto', 'fp32' or 'bf16', found \"fp23\"; did you mean fp32?",
        "studnt: unknown key; did you mean student?",
        "study.regimens.1: expected one of gold_only, silver_only, pooled, simple_mix, "
        "reverse_mix, alternate, auto, self_training, constant, linear, cosine, sigmoid, power, "
        "exponential, step, cyclic, piecewise, ceiling, before_added, found 'sigmoyd'; "
        "did you mean sigmoid?",
        "task.labels.PER.descripton: unknown key; did you mean description?",
        "teacher.modell: unknown key; did you mean model?",
        "teacher.retries: expected greater than or equal to 0, found -1",
    ]


def test_an_unknown_key_like_no_other_gets_the_list_of_known_ones(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, TASK + "[run]\nxyzzy = 1\n"))
    assert problem == "run.xyzzy: unknown key; known: output, seed"


def test_a_file_without_a_task_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, "[run]\nseed = 1\n"))
    assert problem.startswith("task: missing; expected a section [task]")


def test_an_empty_label_set_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, "[task]\nlabels = {}\n"))
    assert problem.startswith("task.labels: expected at least 1 item,")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[study]\nbaseline = 'pooled'\nregimens = ['gold_only']\n", "study.baseline: expected"),
        ("[study]\nbudgets = ['epoch']\n", "study.budgets.0: expected 'epochs' or 'equal'"),
        ("[student]\noverlap = 200\n", "student.overlap: expected at most half"),
    ],
)
def test_keys_that_contradict_each_other_are_found(
    tmp_path: Path, text: str, expected: str
) -> None:
    (problem,) = problems(write(tmp_path, TASK + text))
    assert problem.startswith(expected)


def test_a_section_that_is_a_value_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, "teacher = 3\n" + TASK))
    assert problem == "teacher: expected a section, found 3"


@pytest.mark.parametrize(
    ("text", "line"), [("[task]\n\nname = = 3\n", 3), ("[task\n", 1), ("x = '''\na", 2)]
)
def test_a_syntax_error_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=f"^{path}:{line}: not valid TOML: "):
        load_config(path)


def test_a_file_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "vermeil.toml"
    path.write_bytes("[task]\n# Größe\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=f"^{path}:2: not UTF-8"):
        load_config(path)


def test_a_missing_file_points_to_init(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; create one with `vermeil init`"):
        load_config(tmp_path / "vermeil.toml")


def test_a_folder_in_place_of_the_file_is_an_error_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


def test_overrides_are_toml_or_else_strings(tmp_path: Path) -> None:
    config = load_config(
        write(tmp_path, TASK + "[corpora]\ngold = 'gold.txt'\n"),
        [
            "run.seed=7",
            "study.seeds=[1, 2]",
            "teacher.model=gpt-4o",
            'teacher.prompt="x = 1"',
            "teacher.base_url=http://127.0.0.1:1/v1?a=b",
            "corpora.gold.format=conll",
            "task.labels.LOC.description=Places, and such",
            'task.labels."A.B".aliases=["C"]',
        ],
    )
    assert (config.run.seed, config.study.seeds) == (7, (1, 2))
    assert (config.teacher.model, config.teacher.prompt) == ("gpt-4o", "x = 1")
    assert config.teacher.base_url == "http://127.0.0.1:1/v1?a=b"
    assert config.corpora.gold is not None
    assert (config.corpora.gold.path.name, config.corpora.gold.format) == ("gold.txt", "conll")
    assert config.task.labels["LOC"].description == "Places, and such"
    assert config.task.labels["A.B"].aliases == ("C",)


@pytest.mark.parametrize("override", ["run", "run=1", "run.seed", "=1", "run..seed=1", "a b.c=1"])
def test_an_override_without_key_or_value_is_an_error_with_an_example(
    tmp_path: Path, override: str
) -> None:
    found = problems(write(tmp_path, TASK), override)
    assert found[0] == (
        f"--set {override}: expected SECTION.KEY=VALUE, for example --set run.seed=1"
    )


def test_an_override_below_a_value_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, TASK + "[run]\nseed = 1\n")
    assert problems(path, "run.seed.x=1") == [
        "--set run.seed.x=1: run.seed is a value, not a section"
    ]


def test_a_value_of_an_override_cannot_smuggle_in_another_key(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, TASK), ["teacher.model=1\n[run]\nseed = 3"])
    assert config.run.seed == 0


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("teacher.temperature=none", "student.letter_case=false", "blending.share=0.25"),
        ("corpora.gold=gold.jsonl", "corpora.dev={path='d', tag_key='x'}", "study.seeds=[5]"),
        ("corpora.test=none", "task.guidelines='''\na \"b\"\\c\n'''", 'task.labels."a.b ü"={}'),
    ],
)
def test_a_dumped_configuration_loads_as_the_same(
    tmp_path: Path, overrides: tuple[str, ...]
) -> None:
    config = load_config(write(tmp_path, TASK), overrides)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    copy = write(elsewhere, dump_config(config))
    assert load_config(copy) == config
    assert list(load_config(copy).task.labels) == list(config.task.labels)


def test_none_takes_away_a_default(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, TASK)).teacher.temperature == 0.0
    config = load_config(write(tmp_path, TASK), ["teacher.temperature=none"])
    assert config.teacher.temperature is None


def test_none_is_no_value_for_a_key_that_needs_one(tmp_path: Path) -> None:
    (problem,) = problems(write(tmp_path, TASK), "teacher.retries=none")
    assert problem == 'teacher.retries: expected a valid integer, found "none"'


def test_every_key_explains_itself() -> None:
    queue = [Config]
    for model in itertools.chain(queue):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name} has no help text"
            if isinstance(field.annotation, type) and hasattr(field.annotation, "model_fields"):
                queue.append(field.annotation)
    assert len(queue) > len(Config.model_fields)


def test_a_study_may_name_variants_of_its_own(tmp_path: Path) -> None:
    text = "[study]\nregimens = ['gold_only', 'tailed']\n[study.variants.tailed]\ngold_tail = 0.3\n"
    config = load_config(write(tmp_path, TASK + text))
    assert config.study.variants == {"tailed": {"gold_tail": 0.3}}
    taken = text.replace("tailed", "pooled")
    (problem,) = problems(write(tmp_path, TASK + taken))
    assert problem == "study.variants.pooled: this is the name of a regimen; choose another name"


@pytest.mark.parametrize("given", ["[none]", '["none"]', "none", "[ none ]"])
def test_override_of_a_list_needs_neither_quotes_nor_brackets(tmp_path: Path, given: str) -> None:
    config = load_config(write(tmp_path, TASK), [f"pilot.demonstrations={given}"])
    assert config.pilot.demonstrations == ("none",)


def test_override_of_a_list_by_words_and_by_one_number(tmp_path: Path) -> None:
    overrides = ["study.regimens=[gold_only,pooled]", "study.baseline=gold_only", "study.seeds=3"]
    config = load_config(write(tmp_path, TASK), overrides)
    assert config.study.regimens == ("gold_only", "pooled")
    assert config.study.seeds == (3,)


def test_override_of_a_size_stays_one_number(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, TASK), ["study.gold_documents=50"])
    assert config.study.gold_documents == 50


def test_list_in_the_file_needs_brackets(tmp_path: Path) -> None:
    found = problems(write(tmp_path, TASK + "[study]\nseeds = 3\n"))
    assert found == ["study.seeds: expected a list, found 3"]


def test_changes_are_only_what_differs_from_the_defaults(tmp_path: Path) -> None:
    overrides = ["teacher.samples=3", "student.patience=2", "teacher.demonstrations.kind=fixed"]
    config = load_config(write(tmp_path, TASK), overrides)
    shown = tomllib.loads(dump_changes(config))
    assert shown["teacher"] == {"samples": 3, "demonstrations": {"kind": "fixed"}}
    assert shown["student"] == {"patience": 2}
    assert set(shown) == {"run", "task", "teacher", "student"}
