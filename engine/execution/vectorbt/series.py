"""Cash and value bar by bar, rebuilt from the fills as vectorbt rebuilds them.

They are sums of flows, not the simulator's own cash, so they may differ from it in the last bits. A
missing close is valued at the one before it, or where there is none at the first one after it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel import entry, rule
from engine.execution.records import Floats, Ints
from engine.execution.vectorbt.arithmetic import add

# How much cash there was at the start: as given, as much as was needed, or the most of any account.
GIVEN, NEEDED, ALIGNED = 0, 1, 2


class Series(NamedTuple):
    """Cash and value of every account, each (accounts, bars)."""

    cash: Floats
    value: Floats


@entry
def derive_series(
    fills: NDArray[Any], first: Ints, close: Floats, symbol: Ints, start: Ints, given: Floats,
    mode: int,
) -> Series:  # fmt: skip
    """Sum up what moves; columns ``start[a]:start[a + 1]`` belong to account a.

    ``fills`` are sorted by column, those of c are ``first[c]:first[c + 1]``; a column has at most
    one on a bar. ``close`` is (symbols, bars), ``symbol`` the row of each column.
    """
    accounts, bars = len(start) - 1, close.shape[1]
    cash = np.zeros((accounts, bars))
    value = np.zeros((accounts, bars))
    begin = np.ones(accounts)
    for account in range(accounts):
        for column in range(start[account], start[account + 1]):
            own = fills[first[column] : first[column + 1]]
            add_flows(cash[account], own)
            add_worth(value[account], own, close[symbol[column]])
        begin[account] = given[account] if mode == GIVEN else needed(cash[account])
    most = 0.0
    for account in range(accounts):
        most = max(most, begin[account])
    for account in range(accounts):
        balance = most if mode == ALIGNED else begin[account]
        for bar in range(bars):
            balance = add(balance, cash[account, bar])
            cash[account, bar] = balance
            value[account, bar] = balance + value[account, bar]
    return Series(cash, value)


@rule
def add_flows(flow: Floats, fills: NDArray[Any]) -> None:
    """Add the money that each fill brings in."""
    for place in range(len(fills)):
        fill = fills[place]
        brought = -fill["quantity"] * fill["price"] - fill["commission"]
        flow[fill["bar"]] += add(0.0, brought)


@rule
def add_worth(worth: Floats, fills: NDArray[Any], close: Floats) -> None:
    """Add what the position is worth on every bar; nothing held is worth nothing."""
    position, last, place = 0.0, first_number(close), 0
    for bar in range(len(close)):
        if not math.isnan(close[bar]):
            last = close[bar]
        if place < len(fills) and fills[place]["bar"] == bar:
            position = add(position, add(0.0, fills[place]["quantity"]))
            place += 1
        worth[bar] += (last if position != 0 else 0.0) * position


@rule
def first_number(prices: Floats) -> float:
    """The first price that is one; NaN if there is none."""
    for bar in range(len(prices)):
        if not math.isnan(prices[bar]):
            return prices[bar]
    return math.nan


@rule
def needed(flow: Floats) -> float:
    """The cash it would have taken to pay everything, 1 if nothing was ever paid of one's own."""
    least = balance = 0.0
    for bar in range(len(flow)):
        balance += flow[bar]
        least = min(least, balance)
    return -least if least < 0 else 1.0
