"""Cash and value bar by bar, rebuilt from the fills as vectorbt rebuilds them.

They are sums of flows, not the simulator's own cash, so they may differ from it in the last bits. A
missing close is valued at the one before it, or where there is none at the first one after it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import frozen
from engine.execution.kernel import entry, rule
from engine.execution.records import Floats, Ints
from engine.execution.vectorbt.arithmetic import add

# How much cash there was at the start: as given, as much as was needed, or the most of any account.
GIVEN, NEEDED, ALIGNED = 0, 1, 2


class Series(NamedTuple):
    """Cash and value of every account, each (accounts, bars)."""

    cash: Floats
    value: Floats


def derive_series(
    fills: NDArray[Any], first: Ints, close: Floats, symbol: Ints, start: Ints, given: Floats,
    mode: int,
) -> Series:  # fmt: skip
    """Sum up what moves; columns ``start[a]:start[a + 1]`` belong to account a.

    ``fills`` are sorted by column, those of c are ``first[c]:first[c + 1]``; a column has at most
    one on a bar. ``close`` is (symbols, bars), ``symbol`` the row of each column.
    """
    accounts, bars = len(start) - 1, close.shape[1]
    series = Series(np.zeros((accounts, bars)), np.zeros((accounts, bars)))
    add_up(fills, first, close, symbol, frozen(start, np.int64), *series)
    if mode != GIVEN:
        least = np.cumsum(series.cash, axis=1).min(axis=1, initial=0.0)
        given = np.where(least < 0, -least, 1.0)
    if mode == ALIGNED:
        given = np.full(accounts, given.max())
    balance(frozen(given), *series)
    return series


@entry
def add_up(
    fills: NDArray[Any], first: Ints, close: Floats, symbol: Ints, start: Ints, flow: Floats,
    worth: Floats,
) -> None:  # fmt: skip
    """Write the money that comes in and what is held is worth, for every account and bar."""
    for account in range(len(start) - 1):
        for column in range(start[account], start[account + 1]):
            own = fills[first[column] : first[column + 1]]
            add_flows(flow[account], own)
            add_worth(worth[account], own, close[symbol[column]])


@entry
def balance(given: Floats, cash: Floats, value: Floats) -> None:
    """Turn flows into balances, and add those to what is held."""
    for account in range(len(given)):
        money = given[account]
        for bar in range(cash.shape[1]):
            money = add(money, cash[account, bar])
            cash[account, bar] = money
            value[account, bar] = money + value[account, bar]


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
        while place < len(fills) and fills[place]["bar"] == bar:
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
