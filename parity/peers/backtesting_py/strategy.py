"""A strategy that plays a tape the way a user of backtesting.py would write it."""

from __future__ import annotations

from typing import Any

from backtesting import Strategy
from backtesting.backtesting import Trade
from tape import Row

# What buy and sell take for all there is: just below one, because one would be a unit.
ALL = Strategy.buy.__kwdefaults__["size"]


class TapeStrategy(Strategy):
    """``rows`` are the tape by the bar on which they are decided, counted with the bar before it.

    Waiting children are placed as soon as their entry is a trade, at the close of that bar; then
    come the bar's own rows; then what expires with this bar is withdrawn.
    """

    rows: list[Row] = []  # noqa: RUF012 - replaced for every run

    def init(self) -> None:
        """Nothing is computed beforehand."""
        self.by_bar: dict[int, list[Row]] = {}
        self.ending: dict[int, list[Row]] = {}
        self.known = {row["order_id"]: row for row in self.rows}
        for row in self.rows:
            self.by_bar.setdefault(row["bar"], []).append(row)
            if row["expires"] is not None:
                self.ending.setdefault(row["expires"], []).append(row)
        self.sent: dict[int, list[Any]] = {}
        self.slots: dict[tuple[int, str], int] = {}
        self.waiting: dict[int, list[Row]] = {}
        self.awaited: set[int] = set()
        self.withdrawn: set[int] = set()

    def next(self) -> None:
        """One bar, at its close."""
        bar = len(self.data) - 2
        if self.awaited:
            for trade in self.trades:
                if trade.tag in self.awaited:
                    self.awaited.discard(trade.tag)
                    self.settle(trade)
        for row in self.by_bar.get(bar, ()):
            self.place(row)
        for row in self.ending.get(bar, ()):
            self.withdraw(row)

    def place(self, row: Row) -> None:
        """Send one row of the tape."""
        role = row["role"]
        if role == "cancel":
            self.withdraw(self.known[row["parent_id"]])
        elif role == "flat":
            count = len(self.trades)
            self.position.close()
            self.sent[row["order_id"]] = list(self.orders[:count])
        elif role == "entry":
            self.enter(row)
        elif self.slots.get((row["parent_id"], role)) != row["order_id"]:
            trade = self.trade_of(row["parent_id"])
            if trade is not None:
                self.attach(trade, row)
            else:
                self.waiting.setdefault(row["parent_id"], []).append(row)
                self.awaited.add(row["parent_id"])

    def enter(self, row: Row) -> None:
        """Buy or sell, with the sl and tp that the tape decides on the same bar."""
        number = row["order_id"]
        prices: dict[str, float] = {}
        for child in self.by_bar[row["bar"]]:
            role = child["role"]
            if child["parent_id"] == number and role in ("sl", "tp") and role not in prices:
                prices[role] = price_of(child)
                self.slots[number, role] = child["order_id"]
        if row["kind"] in ("limit", "stop_limit"):
            prices["limit"] = row["limit_price"]
        if row["kind"] in ("stop", "stop_limit"):
            prices["stop"] = row["stop_price"]
        size = abs(row["quantity"])
        if row["unit"] == "percent" and size == 1:
            size = ALL
        trade, side = (self.buy, 1.0) if row["quantity"] > 0 else (self.sell, -1.0)
        try:
            self.sent[number] = [trade(size=size, **prices, tag=number)]
        except ValueError:
            self.sent[number] = []
            self._broker.refuse(side * size)

    def settle(self, trade: Trade) -> None:
        """What was said about an entry's children before it became a trade."""
        number = trade.tag
        for role in ("sl", "tp"):
            if self.slots.get((number, role)) in self.withdrawn:
                setattr(trade, role, None)
        for child in self.waiting.pop(number, ()):
            if child["order_id"] not in self.withdrawn:
                self.attach(trade, child)

    def attach(self, trade: Trade, row: Row) -> None:
        """Set a trade's sl or tp, or close it or a part of it."""
        if row["role"] == "close":
            part = abs(row["quantity"]) / abs(trade.size) if row["unit"] == "units" else 1.0
            trade.close(min(part, 1.0))
            self.sent[row["order_id"]] = [self.orders[0]]
        else:
            setattr(trade, row["role"], price_of(row))
            self.slots[row["parent_id"], row["role"]] = row["order_id"]

    def withdraw(self, row: Row) -> None:
        """Cancel whatever of a row still waits."""
        number, role = row["order_id"], row["role"]
        if number in self.sent:
            for order in self.sent[number]:
                if order in self.orders:
                    order.cancel()
        elif role in ("sl", "tp", "close"):
            trade = self.trade_of(row["parent_id"])
            if trade is None:
                self.withdrawn.add(number)
                self.awaited.add(row["parent_id"])
            elif self.slots.get((row["parent_id"], role)) == number:
                setattr(trade, role, None)

    def trade_of(self, number: int) -> Trade | None:
        """The trade that an entry of the tape became, while it is open."""
        return next((trade for trade in self.trades if trade.tag == number), None)


def price_of(row: Row) -> float:
    """The stop of a stop, the limit of a limit."""
    price: float = row["stop_price"] if row["kind"] == "stop" else row["limit_price"]
    return price
