"""Money of batches: each is put aside for in whole, at the batch price, before it is submitted."""

from __future__ import annotations

from vermeil.data.reply import Reply, Request
from vermeil.teacher.config import TeacherConfig
from vermeil.teacher.limits.prices import Price, price_of
from vermeil.teacher.limits.spending import charge_of, spending_cap
from vermeil.teacher.store.charges import Charge, Reservation
from vermeil.teacher.store.store import ReplyStore
from vermeil.teacher.tokens import actual_usage, max_usage


class BatchSpendingLimit:
    """What requests can cost in a batch, what they did cost, and what does not fit the limits.

    What is put aside for a batch lies with it (`BatchStore.intend`) for as long as it is open.

    Args:
        config: prices and limits.
        store: where everything spent is written down.

    Raises:
        ConfigError: a limit on cost is set, and the model's price is not known.
    """

    def __init__(self, config: TeacherConfig, store: ReplyStore) -> None:
        self._config, self._store, self._cap = config, store, spending_cap(config)
        self._prices = {config.model: price_of(config, batch=True)}
        self._spent = Charge()
        self.over_limit: set[str] = set()
        """Keys of requests for which too little is left."""

    @property
    def has_price(self) -> bool:
        """Whether the model's price is known."""
        return self._prices[self._config.model] is not None

    def refresh(self) -> None:
        """Look up what everybody has spent and put aside so far."""
        self._spent = self._store.spent().total

    def max_charge(self, request: Request) -> Charge:
        """Return the most that a request can cost."""
        return charge_of(max_usage(request), self._price(request.model))

    def charge(self, request: Request, reply: Reply) -> Charge:
        """Return what a reply is charged with."""
        return charge_of(actual_usage(request, reply), self._price(request.model))

    def fits(self, charge: Charge) -> bool:
        """Whether so much was left at the last `count`."""
        return (self._spent + charge).within(self._cap)

    def make_reservation(self, batch: str, model: str, max_charge: Charge) -> Reservation:
        """Return what is to be put aside for a batch."""
        return Reservation(batch, model, max_charge, self._cap)

    def _price(self, model: str) -> Price | None:
        """Return the price of a model; batches of another one may still be open."""
        if model not in self._prices:
            settings = {"model": model, "max_cost_usd": None}
            other = self._config.model_copy(update=settings)
            self._prices[model] = price_of(other, batch=True)
        return self._prices[model]
