from vermeil.demo.settings import SHORT_BUDGET, read_settings, shortened


def test_shortened_settings_differ_in_the_budget_alone() -> None:
    shipped = read_settings()
    short = shortened(shipped)
    assert short.blending.budget.wordpieces == SHORT_BUDGET
    assert (shipped.blending.budget.wordpieces or 0) > SHORT_BUDGET
    before, after = shipped.as_dict(), short.as_dict()
    before["blending"]["budget"]["wordpieces"] = SHORT_BUDGET
    assert after == before
