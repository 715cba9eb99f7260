"""The search over functions that are known exactly, in place of trainings."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from vermeil.errors import TrainingError
from vermeil.tuning.config import TuneConfig
from vermeil.tuning.search import distributions, search
from vermeil.tuning.space import Values
from vermeil.tuning.trial_log import FinishedTrial, TrialLog

optuna = pytest.importorskip("optuna", reason='Optuna is not installed: "vermeil[tune]"')

SPACE = {
    "student.learning_rate": {"low": 1e-5, "high": 1e-2, "log": True},
    "student.window": {"low": 1, "high": 6, "whole": True},
    "blending.schedule": ["sigmoid", "power"],
    "student.mixed": [1, True, 1.5, [2, 3], None],
}


def tune_config(**keys: object) -> TuneConfig:
    return TuneConfig.model_validate(
        {"trials": 14, "evaluations": 9, "grace": 1, "space": SPACE, **keys}
    )


class Curve:
    """Learning curves that rise to a height that the values decide; the best rate is 1e-3."""

    def __init__(self) -> None:
        self.points: list[Values] = []

    def __call__(self, values: Values, on_score: Callable[[float], None]) -> None:
        self.points.append(values)
        height = 0.9 - 0.2 * abs(math.log10(values["student.learning_rate"]) + 3)
        height -= 0.1 * (values["blending.schedule"] == "power")
        for step in range(1, 10):
            on_score(height * (1 - 0.5**step))


def test_a_dimension_becomes_a_distribution_of_its_kind() -> None:
    kinds = optuna.distributions
    found = distributions(tune_config().dimensions())
    assert found == {
        "student.learning_rate": kinds.FloatDistribution(1e-5, 1e-2, log=True),
        "student.window": kinds.IntDistribution(1, 6),
        "blending.schedule": kinds.CategoricalDistribution(['"sigmoid"', '"power"']),
        "student.mixed": kinds.CategoricalDistribution(["1", "true", "1.5", "[2, 3]", "null"]),
    }


def test_points_lie_in_the_space_with_their_types(tmp_path: Path) -> None:
    trials = search(tune_config(), Curve(), TrialLog(tmp_path / "log.json"))
    assert len(trials) == 14
    for values in (trial.values for trial in trials):
        assert set(values) == set(SPACE)
        assert 1e-5 <= values["student.learning_rate"] <= 1e-2
        assert type(values["student.window"]) is int
        assert 1 <= values["student.window"] <= 6
        assert values["blending.schedule"] in ("sigmoid", "power")
        assert repr(values["student.mixed"]) in ("1", "True", "1.5", "[2, 3]", "None")


def test_the_seed_decides_the_trials(tmp_path: Path) -> None:
    def found(name: str, seed: int) -> list[FinishedTrial]:
        return search(tune_config(seed=seed), Curve(), TrialLog(tmp_path / name))

    first = found("a", 0)
    assert found("b", 0) == first
    assert found("c", 1) != first
    assert found("d", -1) != first


def test_trials_that_lag_behind_end_early_and_the_best_one_does_not(tmp_path: Path) -> None:
    trials = search(tune_config(trials=30), Curve(), TrialLog(tmp_path / "log.json"))
    early = [trial for trial in trials if trial.outcome == "ended_early"]
    assert early
    # Rungs are 1, 3 and 9 scorings; at the last one nothing is left to save.
    assert {len(trial.scores) for trial in early} <= {1, 3}
    whole = [trial for trial in trials if trial.outcome == "completed"]
    assert {len(trial.scores) for trial in whole} == {9}
    assert max(trials, key=lambda trial: max(trial.scores)) in whole


def test_every_trial_gets_its_grace(tmp_path: Path) -> None:
    trials = search(tune_config(grace=4), Curve(), TrialLog(tmp_path / "log.json"))
    assert min(len(trial.scores) for trial in trials) == 4


class Stop(Curve):
    """The same curves until a number of trials has begun; then Ctrl-C in the middle of one."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def __call__(self, values: Values, on_score: Callable[[float], None]) -> None:
        if len(self.points) == self._after:
            on_score(0.95)  # continues, whatever the scores of other trials
            raise KeyboardInterrupt
        super().__call__(values, on_score)


@pytest.mark.parametrize("after", [0, 1, 6, 12, 13])
def test_a_stopped_search_goes_on_as_if_it_had_not_been_stopped(after: int, tmp_path: Path) -> None:
    whole = search(tune_config(), Curve(), TrialLog(tmp_path / "whole.json"))
    log = TrialLog(tmp_path / "stopped.json")
    with pytest.raises(KeyboardInterrupt):
        search(tune_config(), Stop(after), log)
    assert log.read() == whole[:after]
    rest = Curve()
    assert search(tune_config(), rest, log) == whole
    assert len(rest.points) == 14 - after
    again = Curve()
    assert search(tune_config(), again, log) == whole
    assert again.points == []


def test_more_trials_extend_a_search_and_fewer_shorten_its_result_only(tmp_path: Path) -> None:
    log, more = TrialLog(tmp_path / "log.json"), Curve()
    few = search(tune_config(trials=5), Curve(), log)
    many = search(tune_config(trials=8), more, log)
    assert many[:5] == few
    assert len(more.points) == 3
    assert search(tune_config(trials=5), more, log) == few
    assert len(log.read()) == 8


class Diverging(Curve):
    """Diverges at high rates, after a scoring."""

    limit = 1e-3

    def __call__(self, values: Values, on_score: Callable[[float], None]) -> None:
        if values["student.learning_rate"] > self.limit:
            self.points.append(values)
            on_score(0.99)
            raise TrainingError("the loss is nan at step 3 of 9")
        super().__call__(values, on_score)


def test_a_trial_that_fails_is_recorded_and_the_search_goes_on(tmp_path: Path) -> None:
    log = TrialLog(tmp_path / "log.json")
    trials = search(tune_config(), Diverging(), log)
    failed = [trial for trial in trials if trial.outcome == "failed"]
    assert 0 < len(failed) < 14
    assert {trial.error for trial in failed} == {"the loss is nan at step 3 of 9"}
    assert all(t.values["student.learning_rate"] > 1e-3 for t in failed)
    again = Curve()
    assert search(tune_config(), again, log) == trials
    assert again.points == []


def test_a_search_whose_every_trial_failed_is_done_anew(tmp_path: Path) -> None:
    log, failing = TrialLog(tmp_path / "log.json"), Diverging()
    failing.limit = 0.0
    search(tune_config(trials=3), failing, log)
    assert [trial.outcome for trial in log.read()] == ["failed"] * 3
    repaired = Curve()
    search(tune_config(trials=3), repaired, log)
    assert repaired.points == failing.points


def test_an_error_that_is_no_trial_s_own_ends_the_search(tmp_path: Path) -> None:
    def broken(_values: Values, _on_score: Callable[[float], None]) -> None:
        raise KeyError("a bug")

    log = TrialLog(tmp_path / "log.json")
    with pytest.raises(KeyError, match="a bug"):
        search(tune_config(), broken, log)
    assert log.read() == []


def test_progress_counts_trials_and_estimates_the_rest(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None, dict[str, float | int | str]]] = []
    search(
        tune_config(trials=3),
        Curve(),
        TrialLog(tmp_path / "log.json"),
        lambda stage, done, total, detail: seen.append((stage, done, total, dict(detail))),
    )
    assert seen[0] == ("tune", 0, 3, {})
    assert {(stage, total) for stage, _, total, _ in seen} == {("tune", 3)}
    assert [done for _, done, _, _ in seen] == sorted(done for _, done, _, _ in seen)
    assert seen[-1][1] == 3
    assert seen[-1][3]["seconds left"] == 0
    best = [float(detail["dev_f1"]) for *_, detail in seen[1:]]
    assert best == sorted(best)
    assert all(float(detail["seconds left"]) >= 0 for *_, detail in seen[1:])


def test_optuna_s_own_messages_are_not_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = optuna.logging.get_verbosity()
    search(tune_config(trials=3), Curve(), TrialLog(tmp_path / "log.json"))
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")
