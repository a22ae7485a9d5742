"""The strategy that sends a tape: each row at its bar, each child when its parent is filled.

Idiom "siblings": a child is a separate order, sent from ``notify_order`` once its parent has been
reported complete. Idiom "bracket": parent and children are one native bracket, held back with
``transmit=False`` until its last child.
"""

from __future__ import annotations

from typing import Any

import backtrader as bt
from tape import Row, tied_outside

EXECTYPES = {
    "market": bt.Order.Market,
    "limit": bt.Order.Limit,
    "stop": bt.Order.Stop,
    "stop_limit": bt.Order.StopLimit,
    "trailing_stop": bt.Order.StopTrail,
}


class TapeStrategy(bt.Strategy):
    """Sends ``rows``; keeps every order, execution, trade and balance in the order it hears them.

    ``feeds`` are the feeds by column, ``bars`` the number of each time on the clock.
    """

    params = (
        ("rows", ()), ("feeds", None), ("bars", None), ("bracket", False), ("early", False),
        ("sized", False),
    )  # fmt: skip

    def __init__(self) -> None:
        self.left = list(self.p.rows)
        tied = tied_outside(self.left)
        groups = {row.oco_id for row in self.left if row.oco_id is not None}
        self.tied = tied if self.p.bracket else groups
        self.leaders: dict[int, Any] = {}
        self.sent: list[tuple[Row, Any]] = []
        self.row_of: dict[int, Row] = {}
        self.bits: list[tuple[int, Any]] = []
        self.trades: dict[int, Any] = {}
        self.balances: list[tuple[int, float, float]] = []
        self.wanted = 0.0

    def now(self) -> int:
        """The bar number of this step: the latest time any feed has reached."""
        return self.p.bars[max(data.datetime[0] for data in self.datas if len(data))]

    def next_open(self) -> None:
        """With cheat-on-open, what was decided at the last close is sent before the open trades."""
        self.send_until(self.now())

    prenext_open = next_open

    def next(self) -> None:
        """Note the balances; send what is decided at this close."""
        self.balances.append((self.now(), self.broker.getcash(), self.broker.getvalue()))
        if not self.p.early:
            self.send_until(self.now() + 1)

    prenext = next

    def send_until(self, bar: int) -> None:
        """Every row decided before this bar has its turn."""
        while self.left and self.left[0].bar < bar:
            row = self.left.pop(0)
            if row.kind == "cancel":
                self.withdraw(row.parent)
            elif row.parent is None or self.ready(row):
                self.send(row)

    def ready(self, row: Row) -> bool:
        """A native child goes with its parent; any other waits for the parent to be complete."""
        if self.p.bracket:
            return row.parent.order is not None
        return row.parent.order is not None and row.parent.order.status == bt.Order.Completed

    def withdraw(self, row: Row) -> None:
        """Cancel the order, or forget it if it was not sent yet."""
        if row.order is None:
            row.withdrawn = True
        else:
            self.cancel(row.order)

    def notify_order(self, order: Any) -> None:
        """Keep what was executed; a complete order wakes the children whose bar has come."""
        self.bits += [(order.ref, bit) for bit in order.executed.iterpending()]
        row = self.row_of[order.ref]
        if order.status != bt.Order.Completed or self.p.bracket:
            return
        for child in row.children:
            if child.order is None and child.bar <= self.now():
                self.send(child)

    def notify_trade(self, trade: Any) -> None:
        """The first copy of a trade shares its history with the trade itself."""
        self.trades.setdefault(trade.ref, trade)

    def send(self, row: Row) -> None:
        """One order, as the row says; the platform may find that there is nothing to do."""
        if row.withdrawn or row.order is not None:
            return
        data = self.p.feeds[row.column]
        order = self.place(row, data, self.arguments(row, data))
        if order is None:
            return
        row.order = order
        self.row_of[order.ref] = row
        self.sent.append((row, order))
        if row.oco_id in self.tied:
            self.leaders.setdefault(row.oco_id, order)

    def arguments(self, row: Row, data: Any) -> dict[str, Any]:
        """Type, prices, deadline and ties, in backtrader's words."""
        given: dict[str, Any] = {"exectype": EXECTYPES[row.kind], "valid": row.valid}
        if row.kind == "limit":
            given["price"] = row.limit_price
        elif row.kind in ("stop", "stop_limit"):
            given["price"] = row.stop_price
        if row.kind == "stop_limit":
            given["plimit"] = row.limit_price
        if row.kind == "trailing_stop":
            given.update(trailamount=row.trail_amount, trailpercent=row.trail_percent)
            if row.limit_price is not None:
                given.update(
                    exectype=bt.Order.StopTrailLimit, price=data.close[0], plimit=row.limit_price
                )
        if row.oco_id in self.tied:
            given["oco"] = self.leaders.get(row.oco_id)
        if self.p.bracket and row.parent is not None:
            given.update(parent=row.parent.order, transmit=row is row.parent.children[-1])
        elif self.p.bracket and row.children:
            given["transmit"] = False
        return given

    def place(self, row: Row, data: Any, given: dict[str, Any]) -> Any:
        """Buy or sell what the row's unit comes to."""
        quantity, price = row.quantity, given.get("price")
        if row.unit == "target_units":
            return self.order_target_size(data=data, target=quantity, **given)
        if row.unit == "target_value":
            return self.order_target_value(data=data, target=quantity, **given)
        if row.unit == "target_percent":
            return self.order_target_percent(data=data, target=quantity, **given)
        act = self.buy if quantity > 0 else self.sell
        if row.unit == "units" and self.p.bracket and row.parent is not None and self.p.sized:
            return act(data=data, size=row.parent.order.size, **given)
        if row.unit == "units" and self.p.sized:
            self.wanted = abs(quantity)
            return act(data=data, **given)
        if row.unit == "units":
            return act(data=data, size=abs(quantity), **given)
        money = abs(quantity) * (self.broker.getvalue() if row.unit == "percent" else 1.0)
        rules = self.broker.getcommissioninfo(data)
        size = rules.getsize(data.close[0] if price is None else price, money)
        return act(data=data, size=size, **given)
