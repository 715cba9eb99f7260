"""Learning curve, cost frontier and recommended purchase, as stored in results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from vermeil.studies.results.values import Amount, Count, Interval, Number, Seed, Share


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSize:
    """Scores at one size: mean and values of test F1, and F1 of the fitted curve."""

    gold: Count
    silver: Count
    f1: Share
    values: tuple[Share, ...] = ()
    fitted: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveParameters:
    """Parameters of the fitted curve (see `vermeil.evaluation.learning_curve.Curves`)."""

    asymptote: Number
    scale: Number
    decay: Number
    worth: Number
    returns: Number
    unit: Amount


@dataclass(frozen=True, slots=True)
class SilverWorth:
    """Gold documents that equal a number of silver ones, with a 95 % interval."""

    silver: Amount
    gold: Number
    interval: Interval


@dataclass(frozen=True, slots=True)
class PriceRecord:
    """Prices of one gold and one silver document."""

    gold: Annotated[float, Field(gt=0)]
    silver: Annotated[float, Field(gt=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingPoint:
    """The best division of a sum of money, with its expected F1."""

    cost: Annotated[float, Field(gt=0)]
    gold: Count
    silver: Count
    f1: Number
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOption:
    """Documents to buy, with their cost and expected gain of F1."""

    name: str
    gold: Count
    silver: Count
    cost: Amount
    gain: Number
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Documents in stock, with their expected F1."""

    gold: Count
    silver: Count
    f1: Number
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """Recommended purchase.

    Args:
        budget: money to spend.
        have: documents in stock.
        options: the recommendation first, then gold alone and silver alone.
        gold_share: 95 % interval of gold's share of the money.
        limited: whether the purchase ends at the limit of extrapolation.
    """

    budget: Amount
    have: Stock
    options: Annotated[tuple[PurchaseOption, ...], Field(min_length=1)]
    gold_share: Interval
    limited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierRecord:
    """Learning curve and cost frontier of one regimen.

    Args:
        regimen: the regimen.
        budget: name of the budget.
        seeds: seeds that all sizes have.
        currency: currency sign.
        sizes: the measured sizes.
        curve: parameters of the fitted curve.
        worth: worth of silver in gold documents.
        leave_one_out_error: mean error of predicting a size from the others; None if unknown.
        prices: prices of documents, if known.
        line: best division of sums of money; empty without prices.
        purchase: recommended purchase, if a budget is set.
    """

    regimen: str
    budget: str = ""
    seeds: tuple[Seed, ...] = ()
    currency: str
    sizes: Annotated[tuple[MeasuredSize, ...], Field(min_length=1)]
    curve: CurveParameters
    worth: SilverWorth
    leave_one_out_error: Amount | None
    prices: PriceRecord | None
    line: tuple[SpendingPoint, ...] = ()
    purchase: Purchase | None = None
