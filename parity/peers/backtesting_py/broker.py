"""backtesting.py's broker, listening to itself: it keeps no log of orders, so this one does.

Nothing is decided here. The queue of orders notes what is put in, asked for and taken out; the
broker notes what it opens and closes, and its cash at every bar.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from backtesting.backtesting import Order, Trade, _Broker, _OutOfMoneyError


@dataclass
class Fill:
    """One execution, signed, with the bar backtesting.py stamps it with."""

    order: int
    bar: int
    quantity: float
    price: float
    commission: float


@dataclass
class Told:
    """What became of one order; ``order`` is None where backtesting.py made no object of it."""

    order: Order | None
    bar: int
    quantity: float
    status: str = "open"
    reason: str = ""
    cash: float = np.nan
    position: float = np.nan
    fills: list[Fill] = field(default_factory=list)


class Queue(list):  # type: ignore[type-arg]
    """The waiting orders; backtesting.py asks for each one just before it processes it."""

    def __init__(self, broker: RecordingBroker) -> None:
        super().__init__()
        self._broker = broker

    def __contains__(self, order: object) -> bool:
        found = super().__contains__(order)
        if found:
            self._broker.current = order
        return found

    def insert(self, place: Any, order: Order) -> None:
        """A new order."""
        super().insert(place, order)
        self._broker.told[id(order)] = len(self._broker.log)
        self._broker.log.append(Told(order, self._broker.bar, order.size))
        self._broker.stamp(order)

    def remove(self, order: Order) -> None:
        """An order that was executed, cancelled or dropped."""
        super().remove(order)
        self._broker.gone(order)


class RecordingBroker(_Broker):
    """The broker as it is, with a log of orders, fills and closed trades."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.log: list[Told] = []
        self.told: dict[int, int] = {}
        self.fills: list[Fill] = []
        self.orders = Queue(self)
        self.current: Any = None
        self.opened = 0
        self.passing = self.replacing = False
        self.closing: Trade | None = None
        self.dropped: list[Order] = []
        self.heard: list[warnings.WarningMessage] = []
        self.series = np.full(len(self._equity), np.nan)

    @property
    def bar(self) -> int:
        """The bar at hand."""
        return len(self._data) - 1

    def next(self) -> None:
        """One bar."""
        try:
            super().next()
        except _OutOfMoneyError:
            self.series[self.bar :] = 0.0
            raise
        self.series[self.bar] = self._cash

    def _process_orders(self) -> None:
        with warnings.catch_warnings(record=True) as self.heard, during(self, "passing"):
            warnings.simplefilter("always")
            super()._process_orders()

    def new_order(self, *args: Any, **kwargs: Any) -> Order:
        """An order of the strategy, or a trade's sl or tp."""
        with during(self, "replacing"):
            return super().new_order(*args, **kwargs)

    def refuse(self, size: float) -> None:
        """The strategy was told with an error that an order cannot be."""
        entry = Told(None, self.bar, size, "rejected", "wrong_side")
        entry.cash, entry.position = self._cash, self.position.size
        self.log.append(entry)

    def gone(self, order: Order) -> None:
        """Why an order left the queue."""
        entry = self.log[self.told[id(order)]]
        entry.bar = self.bar
        reason = ""
        if self.passing and any("Broker canceled" in str(w.message) for w in self.heard):
            reason = "no_whole_unit" if "relative-sized" in str(self.heard[-1].message) else ""
            reason = reason or "insufficient_margin"
            self.heard.clear()
            entry.status = "filled" if entry.fills else "rejected"
        elif self.passing and order is self.current and (entry.fills or self.closing is not None):
            entry.status = "filled"
        else:
            entry.status = "cancelled"
            reason = "trade_closed" if self.passing or self.closing is not None else ""
            reason = "exclusive_orders" if self.replacing and not self.passing else reason
        entry.reason = reason
        self.dropped.append(order)
        if self.closing is None:
            self.settle()

    def settle(self) -> None:
        """Cash and position after what just happened, for every order that it ended."""
        for order in self.dropped:
            self.stamp(order)
        self.dropped.clear()

    def stamp(self, order: Order) -> None:
        """Cash and position beside an order, and the bar of its last fill."""
        entry = self.log[self.told[id(order)]]
        entry.cash, entry.position = self._cash, self.position.size
        if entry.fills:
            entry.bar = entry.fills[-1].bar

    def _open_trade(self, price: float, size: int, *rest: Any) -> None:
        super()._open_trade(price, size, *rest)
        self.opened += 1
        self.trades[-1].opened = self.opened - 1
        number, bar = self.told[id(self.current)], rest[2]
        self.note(number, bar, size, price, self._commission(size, price))

    def _close_trade(self, trade: Trade, price: float, time_index: int) -> None:
        if not self.passing:  # ruined: the broker closes trades without an order
            self.log.append(Told(None, self.bar, -trade.size, "filled", "ruin"))
        number = self.told[id(self.current)] if self.passing else len(self.log) - 1
        self.closing = trade
        super()._close_trade(trade, price, time_index)
        self.closing = None
        self.note(number, time_index, -trade.size, price, self._commission(trade.size, price))
        self.settle()

    def note(self, number: int, bar: int, size: float, price: float, cost: float) -> None:
        """One execution of an order."""
        entry = self.log[number]
        fill = Fill(number, int(bar), float(size), float(price), float(cost))
        entry.fills.append(fill)
        self.fills.append(fill)
        entry.bar, entry.cash, entry.position = fill.bar, self._cash, self.position.size


@contextmanager
def during(broker: RecordingBroker, name: str) -> Iterator[None]:
    """Set a flag for as long as something is done; it may be done within itself."""
    before = getattr(broker, name)
    setattr(broker, name, True)
    try:
        yield
    finally:
        setattr(broker, name, before)
