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
        self.groups = grouped(self.rows, "oco_id")
        self.children = grouped([row for row in self.rows if is_child(row)], "parent_id")
        self.withdrawn: set[int] = set()
        # Groups with an open order, and placed orders some child of which is not.
        self.racing: dict[int, None] = {}
        self.parents: dict[int, None] = {}

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
        for group in list(self.racing):
            self.cancel_rivals(algo, group)
        self.cancel_expired(algo)
        for row in self.awake(algo):
            self.place(algo, row)
        for row in self.decided.get(self.bar, []):
            if row["kind"] == "cancel":
                self.withdraw(algo, row["parent_id"])
            elif not is_child(row):
                self.place(algo, row)

    def cancel_rivals(self, algo: TradingAlgorithm, group: int) -> None:
        """Once one of a group has traded, the others are cancelled."""
        orders = {row["order_id"]: self.order(algo, row["order_id"]) for row in self.groups[group]}
        traded = {number for number, order in orders.items() if has_traded(order)}
        left = [number for number, order in orders.items() if is_open(order)]
        beaten = [number for number in left if traded - {number}]
        for number in beaten:
            self.cancel(algo, number)
        if len(beaten) == len(left):
            del self.racing[group]

    def cancel_expired(self, algo: TradingAlgorithm) -> None:
        """After its last bar an order that is still open is cancelled."""
        for row in self.expiring.get(self.bar, []):
            if is_open(self.order(algo, row["order_id"])):
                self.cancel(algo, row["order_id"])

    def awake(self, algo: TradingAlgorithm) -> list[Row]:
        """A child is placed on its own bar or later, once its parent has been filled whole."""
        found = []
        for number in list(self.parents):
            status = self.order(algo, number).status
            if status == ORDER_STATUS.OPEN:
                continue
            waiting = self.children[number] if status == ORDER_STATUS.FILLED else []
            found += [row for row in waiting if row["row"] <= self.bar]
            self.children[number] = [row for row in waiting if row["row"] > self.bar]
            if not self.children[number]:
                del self.parents[number]
        found = [row for row in found if row["order_id"] not in self.withdrawn]
        return sorted(found, key=lambda row: row["place"])

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
        if order is not None and row["oco_id"] is not None:
            self.racing[row["oco_id"]] = None
        if order is not None and row["order_id"] in self.children:
            self.parents[row["order_id"]] = None

    def withdraw(self, algo: TradingAlgorithm, number: int) -> None:
        """Cancel an order, or place it never if it still waits for its parent."""
        self.withdrawn.add(number)
        self.cancel(algo, number)

    def cancel(self, algo: TradingAlgorithm, number: int) -> None:
        """Cancel an order of the tape, if it was placed; zipline leaves a closed one as it is."""
        if self.ids.get(number) is not None:
            algo.cancel_order(self.ids[number])

    def beaten(self, algo: TradingAlgorithm, row: Row) -> bool:
        """Another order of its group has traded."""
        group = self.groups.get(row["oco_id"], [])
        orders = [self.order(algo, other["order_id"]) for other in group if other is not row]
        return any(has_traded(order) for order in orders)

    def order(self, algo: TradingAlgorithm, number: int) -> Any:
        """An order as zipline shows it to an algorithm, None if there is none."""
        return None if self.ids.get(number) is None else algo.get_order(self.ids[number])


def is_open(order: Any) -> bool:
    """Whether zipline still holds the order open."""
    return order is not None and order.status == ORDER_STATUS.OPEN


def has_traded(order: Any) -> bool:
    """Whether some share of the order was filled."""
    return order is not None and order.filled != 0


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
    rows.sort(key=lambda row: row["row"])
    return [{**row, "place": place} for place, row in enumerate(rows)]


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
