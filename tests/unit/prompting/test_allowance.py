"""Shares of the limit of an optimisation."""

import math

from vermeil.prompting.allowance import Allowance, Amount

ONE = Amount(1, 100, 2_000)


def test_the_rest_is_divided_equally_and_reserved_requests_are_left_out() -> None:
    allowance = Allowance(Amount(100, math.inf, math.inf), ONE)
    for _ in range(20):
        allowance.record(ONE)
    allowance.start_share(4, 40)
    assert allowance.affords(10)
    assert not allowance.was_exceeded
    assert not allowance.affords(11)
    assert allowance.was_exceeded


def test_what_a_share_leaves_goes_to_the_next_ones() -> None:
    allowance = Allowance(Amount(30, math.inf, math.inf), ONE)
    allowance.start_share(3, 0)
    assert not allowance.affords(11)
    allowance.start_share(2, 0)
    assert allowance.affords(15)


def test_every_kind_of_limit_holds() -> None:
    for limit in (Amount(5, 1e9, 1e9), Amount(1e9, 500, 1e9), Amount(1e9, 1e9, 10_000)):
        allowance = Allowance(limit, ONE)
        assert allowance.affords(5)
        assert not allowance.affords(6)


def test_the_mean_of_the_replies_replaces_the_expected_amount() -> None:
    allowance = Allowance(Amount(1e9, 5_000, 1e9), Amount(1, 1, 1))
    for _ in range(10):
        allowance.record(ONE)
    assert allowance.per_request == ONE
    assert allowance.affords(40)
    assert not allowance.affords(41)


def test_a_spent_limit_affords_nothing() -> None:
    allowance = Allowance(Amount(3, math.inf, math.inf), ONE)
    for _ in range(5):
        allowance.record(ONE)
    allowance.start_share(1, 0)
    assert not allowance.affords(1)
