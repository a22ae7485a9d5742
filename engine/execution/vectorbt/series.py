"""Cash and value bar by bar, rebuilt from the fills as vectorbt rebuilds them.

They are sums of flows, not the simulator's own cash, so they may differ from it in the last bits. A
missing close is valued at the one before it, or where there is none at the first one after it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel import entry, step
from engine.execution.records import Floats, Ints
from engine.execution.vectorbt.arithmetic import add


# How much cash there was at the start: as given, as much as was needed, or the most of any account.
GIVEN, AUTO, ALIGNED = 0, 1, 2


class Series(NamedTuple):
    """Cash and value of every account, each (accounts, bars)."""

    cash: Floats
    value: Floats


@entry
def derive_series(
    fills: NDArray[Any], close: Floats, symbol: Ints, start: Ints, cash: Floats, mode: int
) -> Series:
    """Sum up flows of money and units; ``start[a]:start[a + 1]`` are the columns of an account.

    ``close`` is (symbols, bars), ``symbol`` the row of each column.
    """
    bars = close.shape[1]
    money = np.zeros((len(symbol), bars))
    units = np.zeros((len(symbol), bars))
    for fill in fills:
        column, bar = fill["column"], fill["bar"]
        paid = -fill["quantity"] * fill["price"] - fill["commission"]
        money[column, bar] = add(money[column, bar], paid)
        units[column, bar] = add(units[column, bar], fill["quantity"])
    accounts = len(start) - 1
    held = np.zeros((accounts, bars))
    flow = np.zeros((accounts, bars))
    for account in range(accounts):
        for column in range(start[account], start[account + 1]):
            flow[account] += money[column]
            add_worth(held[account], units[column], close[symbol[column]])
    begin = cash if mode == GIVEN else needed(flow, mode)
    for account in range(accounts):
        balance = begin[account]
        for bar in range(bars):
            balance = add(balance, flow[account, bar])
            flow[account, bar] = balance
            held[account, bar] = balance + held[account, bar]
    return Series(flow, held)


@step
def add_worth(held: Floats, units: Floats, close: Floats) -> None:
    """Add what a column's position is worth on every bar; nothing held is worth nothing."""
    position, last = 0.0, first_number(close)
    for bar in range(len(close)):
        if not np.isnan(close[bar]):
            last = close[bar]
        position = add(position, units[bar])
        held[bar] += (last if position != 0 else 0.0) * position


@step
def first_number(prices: Floats) -> float:
    """The first price that is one; NaN if there is none."""
    for price in prices:
        if not np.isnan(price):
            return price
    return np.nan


@step
def needed(flow: Floats, mode: int) -> Floats:
    """The cash each account would have needed to pay everything, 1 if it never paid of its own."""
    least = np.zeros(len(flow))
    for account in range(len(flow)):
        balance = 0.0
        for bar in range(flow.shape[1]):
            balance += flow[account, bar]
            least[account] = min(least[account], balance)
    cash = np.where(least < 0, -least, 1.0)
    if mode == ALIGNED:
        cash[:] = cash.max()
    return cash
