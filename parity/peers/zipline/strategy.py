"""A tape as the algorithm a zipline user writes for it: ``initialize`` and ``handle_data``.

zipline asks the algorithm once a bar, after that bar's fills. Orders of the bar are placed then and
looked at from the next bar on. zipline has no orders that wait for another, cancel one another or
expire; an algorithm asks how its orders stand and places or cancels them itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from wire import Refused, Request, Unsupported, millis
from zipline.algorithm import TradingAlgorithm
from zipline.errors import CannotOrderDelistedAsset
from zipline.finance.order import ORDER_STATUS

PLACE = {
    "units": TradingAlgorithm.order,
    "value": TradingAlgorithm.order_value,
    "percent": TradingAlgorithm.order_percent,
    "target_units": TradingAlgorithm.order_target,
    "target_value": TradingAlgorithm.order_target_value,
    "target_percent": TradingAlgorithm.order_target_percent,
}
PRICES = {
    "market": (),
    "limit": ("limit_price",),
    "stop": ("stop_price",),
    "stop_limit": ("limit_price", "stop_price"),
}
MOST_SHARES = 10**15
Row = dict[str, Any]


class Strategy:
    """Follows a tape; ``placed`` has the row and zipline's id of every order asked for, in order.

    The id is None where zipline took no order, and the row's ``ignored`` says why. ``minutes`` are
    the nanoseconds of the bars of a simulation by minutes, ``seen`` the cash and worth after each.
    """

    def __init__(self, request: Request, minutes: Sequence[int] | None = None) -> None:
        self.rows = read(request)
        self.bar = -1
        self.minutes = minutes
        self.seen: list[tuple[float, float]] = []
        self.placed: list[tuple[Row, int, str | None]] = []
        self.ids: dict[int, str | None] = {}
        self.decided = grouped(self.rows, "row")
        self.expiring = grouped(self.rows, "last")
        self.rivals = grouped(self.rows, "oco_id")
        self.waiting = [row for row in self.rows if is_child(row)]

    def handle_minute(self, algo: TradingAlgorithm, data: Any) -> None:
        """One minute: nothing unless it has a bar."""
        following = self.bar + 1
        if following < len(self.minutes) and data.current_dt.value == self.minutes[following]:
            self.handle_data(algo, data)
            portfolio = algo.portfolio
            self.seen.append((float(portfolio.cash), float(portfolio.portfolio_value)))

    def handle_data(self, algo: TradingAlgorithm, _data: Any) -> None:
        """One bar: cancel what is over, wake what waited, place what is decided."""
        self.bar += 1
        self.cancel_rivals(algo)
        self.cancel_expired(algo)
        for row in [row for row in self.waiting if self.awake(algo, row)]:
            self.waiting.remove(row)
            self.place(algo, row)
        for row in self.decided.get(self.bar, []):
            if row["kind"] == "cancel":
                self.withdraw(algo, row["parent_id"])
            elif not is_child(row):
                self.place(algo, row)

    def cancel_rivals(self, algo: TradingAlgorithm) -> None:
        """Once one of a group has traded, the others are cancelled."""
        for group in self.rivals.values():
            for row in group:
                if self.open(algo, row) and self.beaten(algo, row):
                    self.cancel(algo, row["order_id"])

    def cancel_expired(self, algo: TradingAlgorithm) -> None:
        """After its last bar an order that is still open is cancelled."""
        for row in self.expiring.get(self.bar, []):
            if self.open(algo, row):
                self.cancel(algo, row["order_id"])

    def awake(self, algo: TradingAlgorithm, row: Row) -> bool:
        """A child is placed on its own bar or later, once its parent has been filled whole."""
        parent = self.order(algo, row["parent_id"])
        return (
            row["row"] <= self.bar and parent is not None and parent.status == ORDER_STATUS.FILLED
        )

    def place(self, algo: TradingAlgorithm, row: Row) -> None:
        """An order, unless it is over before it begins."""
        if (row["last"] is not None and row["last"] <= self.bar) or self.beaten(algo, row):
            return
        given = {name: row[name] for name in PRICES[row["kind"]]}
        asset = algo.asset_finder.retrieve_asset(row["column"])
        try:
            order = PLACE[row["unit"]](algo, asset, row["quantity"], **given)
        except (ValueError, OverflowError, CannotOrderDelistedAsset) as error:
            raise Refused(reason(error), str(error)) from error
        if order is not None and abs(algo.blotter.orders[order].amount) > MOST_SHARES:
            raise Unsupported("more than 1e15 shares in one order are not played")
        # asked again, because zipline says no more of its reasons than that there is no order
        row["ignored"] = "no_whole_share" if algo._can_order_asset(asset) else "delisted"
        self.ids[row["order_id"]] = order
        self.placed.append((row, self.bar, order))

    def withdraw(self, algo: TradingAlgorithm, number: int) -> None:
        """Cancel an order, or place it never if it still waits for its parent."""
        self.waiting = [row for row in self.waiting if row["order_id"] != number]
        self.cancel(algo, number)

    def cancel(self, algo: TradingAlgorithm, number: int) -> None:
        """Cancel an order of the tape, if it was placed; zipline leaves a closed one as it is."""
        if self.ids.get(number) is not None:
            algo.cancel_order(self.ids[number])

    def beaten(self, algo: TradingAlgorithm, row: Row) -> bool:
        """Another order of its group has traded."""
        group = self.rivals.get(row["oco_id"], [])
        orders = [self.order(algo, other["order_id"]) for other in group if other is not row]
        return any(order is not None and order.filled != 0 for order in orders)

    def open(self, algo: TradingAlgorithm, row: Row) -> bool:
        """Whether zipline still holds the order open."""
        order = self.order(algo, row["order_id"])
        return order is not None and order.status == ORDER_STATUS.OPEN

    def order(self, algo: TradingAlgorithm, number: int) -> Any:
        """An order as zipline shows it to an algorithm, None if there is none."""
        return None if self.ids.get(number) is None else algo.get_order(self.ids[number])


def reason(error: Exception) -> str:
    """A stable word for what made zipline stop; what is none of its rules is raised again."""
    if isinstance(error, CannotOrderDelistedAsset):
        return "no_price"
    if "Can't order more than" in str(error):
        return "too_many_shares"
    if "cannot convert float" in str(error):
        return "amount_not_finite"
    raise error


def read(request: Request) -> list[Row]:
    """The tape's rows with their place on the panel; null and NaN both mean "not given"."""
    rows = []
    places = zip(request.script.to_pylist(), request.rows, request.columns, strict=True)
    for cells, number, column in places:
        row = {name: None if is_nan(value) else value for name, value in cells.items()}
        check(row)
        rows.append({**row, "row": int(number), "column": int(column)})
    ends = millis(request.script["expires"])
    last = np.searchsorted(request.clock, ends, side="right") - 1
    for row, bar in zip(rows, last.tolist(), strict=True):
        row["last"] = None if row["expires"] is None else bar
    return sorted(rows, key=lambda row: row["row"])


def grouped(rows: list[Row], name: str) -> dict[Any, list[Row]]:
    """The rows by what they have in one cell; those without are left out."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        if row[name] is not None:
            groups.setdefault(row[name], []).append(row)
    return groups


def is_child(row: Row) -> bool:
    """An order that waits for another to fill."""
    return row["parent_id"] is not None and row["kind"] != "cancel"


def check(row: Row) -> None:
    """Say what zipline cannot express."""
    if row["kind"] == "trailing_stop":
        raise Unsupported("zipline has no trailing stop orders")


def is_nan(value: Any) -> bool:
    """NaN, whatever the column's type."""
    return isinstance(value, float) and math.isnan(value)
