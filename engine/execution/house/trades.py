"""Trades: from flat to flat, at the mean price of what opened and of what closed.

A fill through zero closes one trade and begins the next; its commission is shared by size. A trade
still open is told as if what is left of it were closed at the last close, for nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.house.account import DUST
from engine.execution.kernel import entry, rule
from engine.execution.records import TRADE_ROW, Floats, Ints

# A trade while it is followed: its row, what it holds, and sums of what opened and closed.
RUNNING = np.dtype(
    [
        ("place", np.int64), ("size", np.float64), ("opened", np.float64), ("paid", np.float64),
        ("closed", np.float64), ("taken", np.float64),
    ]
)  # fmt: skip


def trades_of(fills: NDArray[Any], close: Floats) -> NDArray[Any]:
    """Trades in the order in which they began; ``close`` is (symbols, bars)."""
    running = np.zeros(len(close), dtype=RUNNING)
    trades = np.zeros(2 * len(fills), dtype=TRADE_ROW)
    count = np.zeros(1, dtype=np.int64)
    last = np.array([last_of(prices) for prices in close])
    write_trades(fills, running, trades, count, last, close.shape[1] - 1)
    return trades[: count[0]]


def last_of(prices: Floats) -> float:
    """The last price that is one."""
    known = np.flatnonzero(~np.isnan(prices))
    return float(prices[known[-1]]) if len(known) else float("nan")


@entry
def write_trades(
    fills: NDArray[Any], running: NDArray[Any], trades: NDArray[Any], count: Ints, last: Floats,
    last_bar: int,
) -> None:  # fmt: skip
    """Follow every symbol's trade through the fills; then the open ones."""
    for place in range(len(fills)):
        row = fills[place]
        trade = running[row["column"]]
        units, fee = row["quantity"], row["commission"]
        closed = 0.0
        if trade["size"] * units < 0:
            closed = units if abs(units) <= abs(trade["size"]) else -trade["size"]
            reduce(trade, row, closed, fee * (closed / units), trades)
        opened = units - closed
        if opened != 0:
            increase(trade, row, opened, fee * (opened / units), trades, count)
    for column in range(len(running)):
        trade = running[column]
        if trade["size"] != 0:
            row = trades[trade["place"]]
            trade["closed"] -= trade["size"]
            trade["taken"] -= trade["size"] * last[column]
            sum_up(trade, row, last_bar)
            row["open"] = 1


@rule
def increase(
    trade: Any, fill: Any, units: float, fee: float, trades: NDArray[Any], count: Ints
) -> None:
    """A new trade, or more of the one there is."""
    if trade["size"] == 0:
        trade["place"] = count[0]
        trade["opened"] = trade["paid"] = trade["closed"] = trade["taken"] = 0.0
        row = trades[count[0]]
        row["position"], row["column"], row["entry_bar"] = count[0], fill["column"], fill["bar"]
        count[0] += 1
    row = trades[trade["place"]]
    trade["size"] += units
    trade["opened"] += units
    trade["paid"] += units * fill["price"]
    row["quantity"], row["entry_price"] = trade["opened"], trade["paid"] / trade["opened"]
    row["entry_commission"] += fee


@rule
def reduce(trade: Any, fill: Any, units: float, fee: float, trades: NDArray[Any]) -> None:
    """A part of a trade is closed, or all that is left of it."""
    after = trade["size"] + units
    trade["size"] = 0.0 if abs(after) <= DUST * abs(units) else after
    trade["closed"] += units
    trade["taken"] += units * fill["price"]
    row = trades[trade["place"]]
    row["exit_commission"] += fee
    if trade["size"] == 0:
        sum_up(trade, row, fill["bar"])


@rule
def sum_up(trade: Any, row: Any, bar: int) -> None:
    """What came of a trade."""
    row["exit_bar"], row["exit_price"] = bar, trade["taken"] / trade["closed"]
    gained = -trade["taken"] - trade["paid"]
    row["pnl"] = gained - row["entry_commission"] - row["exit_commission"]
    row["return"] = row["pnl"] / abs(trade["paid"])
