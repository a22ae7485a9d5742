"""backtrader's trades: from flat to flat, at the mean price of what made them larger.

A trade keeps a size of its own, added up from the parts that executions closed and opened; it is
closed when that size is exactly zero. An execution through zero closes one trade and begins the
next.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.backtrader.costs import gain_of
from engine.execution.kernel import entry, rule
from engine.execution.records import TRADE_ROW, Ints

# A trade while it is followed: what it holds and the sums of what it opened and closed.
RUNNING = np.dtype(
    [
        ("place", np.int64), ("closed", np.int64), ("size", np.float64), ("price", np.float64),
        ("gain", np.float64), ("fees", np.float64), ("opened", np.float64), ("gone", np.float64),
        ("taken", np.float64),
    ]
)  # fmt: skip


def derive_trades(executions: NDArray[Any], schemes: NDArray[Any], last_bar: int) -> NDArray[Any]:
    """Trades in the order in which they began; ``executions`` are in the order they happened."""
    running = np.zeros(len(schemes), dtype=RUNNING)
    running["place"] = -1
    trades = np.zeros(len(executions), dtype=TRADE_ROW)
    count = np.zeros(1, dtype=np.int64)
    write_trades(executions, schemes, running, trades, count, last_bar)
    return trades[: count[0]]


@entry
def write_trades(
    executions: NDArray[Any], schemes: NDArray[Any], running: NDArray[Any], trades: NDArray[Any],
    count: Ints, last_bar: int,
) -> None:  # fmt: skip
    """Follow every symbol's trade through the executions; the last row of each is its state."""
    for place in range(len(executions)):
        line = executions[place]
        trade = running[line["column"]]
        if trade["place"] < 0:
            begin(trade, line, trades, count)
        if line["closed"] != 0:
            change(trade, line, line["closed"], line["closed_fee"], schemes, trades, last_bar)
        if line["opened"] != 0:
            if trade["closed"] == 1:
                begin(trade, line, trades, count)
            change(trade, line, line["opened"], line["opened_fee"], schemes, trades, last_bar)


@rule
def begin(trade: Any, line: Any, trades: NDArray[Any], count: Ints) -> None:
    """A new trade of the execution's symbol."""
    trade["place"] = count[0]
    count[0] += 1
    trade["closed"] = 0
    trade["size"] = trade["price"] = trade["gain"] = trade["fees"] = 0.0
    trade["opened"] = trade["gone"] = trade["taken"] = 0.0
    row = trades[trade["place"]]
    row["position"] = trade["place"]
    row["column"] = line["column"]


@rule
def change(
    trade: Any, line: Any, size: float, fee: float, schemes: NDArray[Any], trades: NDArray[Any],
    last_bar: int,
) -> None:  # fmt: skip
    """Make the trade larger or smaller, and write what it now is."""
    before, price, row = trade["size"], line["price"], trades[trade["place"]]
    trade["fees"] += fee
    trade["size"] = now = before + size
    if before == 0:
        row["entry_bar"] = line["seen"]
    if abs(now) > abs(before):
        trade["price"] = (before * trade["price"] + size * price) / now
        trade["opened"] += size
        row["entry_commission"] += fee
    else:
        trade["gain"] += gain_of(schemes[line["column"]], -size, trade["price"], price)
        trade["gone"] += size
        trade["taken"] += size * price
        row["exit_commission"] += fee
    trade["closed"] = 1 if before != 0 and now == 0 else 0
    row["open"] = 0 if now == 0 else 1
    row["quantity"], row["entry_price"] = trade["opened"], trade["price"]
    row["exit_bar"] = line["seen"] if now == 0 else last_bar
    row["exit_price"] = trade["taken"] / trade["gone"] if trade["gone"] != 0 else math.nan
    row["pnl"] = trade["gain"] - trade["fees"]
    cost = trade["opened"] * trade["price"]
    row["return"] = row["pnl"] / abs(cost) if cost != 0 else math.nan
