from vermeil.demo.settings import SHORT, read_settings, shortened


def test_shortened_settings_differ_in_the_budget_alone() -> None:
    shipped = read_settings()
    short = shortened(shipped)
    assert short.blending.budget.wordpieces == SHORT
    assert (shipped.blending.budget.wordpieces or 0) > SHORT
    before, after = shipped.as_dict(), short.as_dict()
    before["blending"]["budget"]["wordpieces"] = SHORT
    assert after == before
