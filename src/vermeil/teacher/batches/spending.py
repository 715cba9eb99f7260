"""Spending limit of batches: the maximum charge of a batch is reserved before it is submitted."""

from __future__ import annotations

from vermeil.data.reply import Reply, Request
from vermeil.teacher.backends.batch_base import BatchResult
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.prices import Price, price_of
from vermeil.teacher.limits.spending import charge_of, spending_cap
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import actual_usage, max_usage


class BatchSpendingLimit:
    """Charges of requests at the batch price, and the requests that exceed the limits.

    The reservation of a batch is stored with it (`BatchStore.create`) until the batch is closed.

    Args:
        config: prices and limits.
        store: holds all charges and reservations.

    Raises:
        ConfigError: a limit on cost is set, and the model's price is unknown.
    """

    def __init__(self, config: TeacherConfig, store: ReplyStore) -> None:
        self._config, self._store, self._cap = config, store, spending_cap(config)
        self._prices = {config.model: price_of(config, batch=True)}
        self._spent = Charge()
        self.over_limit: set[str] = set()
        """Keys of requests that exceed the spending limits."""

    @property
    def has_price(self) -> bool:
        """Return whether the model's price is known."""
        return self._prices[self._config.model] is not None

    def refresh(self) -> None:
        """Read the current charges and reservations from the store."""
        self._spent = self._store.spent().total

    def max_charge(self, request: Request) -> Charge:
        """Return the maximum charge of a request."""
        return charge_of(max_usage(request), self._price(request.model))

    def charge(self, request: Request, reply: Reply) -> Charge:
        """Return the charge of a reply."""
        return charge_of(actual_usage(request, reply), self._price(request.model))

    def failure_charge(self, request: Request, result: BatchResult) -> Charge:
        """Return the charge of a request without a reply."""
        if result.usage is not None:
            return charge_of(result.usage, self._price(request.model))
        return Charge() if result.unbilled else self.max_charge(request)

    def fits(self, charge: Charge) -> bool:
        """Return whether a charge fits the limits as of the last `refresh`."""
        return (self._spent + charge).within(self._cap)

    def make_reservation(self, batch: str, model: str, max_charge: Charge) -> Reservation:
        """Return the reservation for a batch."""
        return Reservation(batch, model, max_charge, self._cap)

    def _price(self, model: str) -> Price | None:
        """Return the batch price of a model; batches of other models may still be open."""
        if model not in self._prices:
            settings = {"model": model, "max_cost_usd": None}
            config = self._config.model_copy(update=settings)
            self._prices[model] = price_of(config, batch=True)
        return self._prices[model]
