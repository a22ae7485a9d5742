"""Trades and positions as vectorbt derives them from the fills.

An exit trade is one closing fill against the average of what was held; an entry trade is one
opening fill against the average of all exits of its position; a position sums its exit trades. What
is still held at the end exits at the last close, without a fee. Fees are split by size. Each is
derived with its own operations, so shares of one fee may differ in their last bits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel import entry, rule
from engine.execution.records import TRADE_ROW, Floats, Ints
from engine.execution.vectorbt.arithmetic import add, at_most, close, less


class Trades(NamedTuple):
    """Exit trades, entry trades and positions."""

    exits: NDArray[Any]
    entries: NDArray[Any]
    positions: NDArray[Any]


def derive_trades(fills: NDArray[Any], first: Ints, close: Floats, last_bar: int) -> Trades:
    """All three tables; ``fills`` are sorted by column, those of c are ``first[c]:first[c + 1]``.

    ``close`` is the last close of every column. A table has no more rows than there are fills.
    """
    exits, entries, positions = (np.zeros(len(fills), dtype=TRADE_ROW) for _ in range(3))
    lengths = np.zeros(3, dtype=np.int64)
    write_trades(fills, first, close, last_bar, exits, entries, positions, lengths)
    return Trades(exits[: lengths[0]], entries[: lengths[1]], positions[: lengths[2]])


@entry
def write_trades(
    fills: NDArray[Any], first: Ints, close: Floats, last_bar: int, exits: NDArray[Any],
    entries: NDArray[Any], positions: NDArray[Any], lengths: Ints,
) -> None:  # fmt: skip
    """Fill the three tables and say how long each is."""
    place: Any = np.int64(0)
    position: Any = np.int64(-1)
    for column in range(len(first) - 1):
        own = fills[first[column] : first[column + 1]]
        place, position = exit_trades(own, exits, place, position, close[column], last_bar)
    lengths[0] = place
    place, position = np.int64(0), np.int64(-1)
    for column in range(len(first) - 1):
        own = fills[first[column] : first[column + 1]]
        place, position = entry_trades(own, entries, place, position, close[column], last_bar)
    lengths[1] = place
    lengths[2] = sum_positions(exits[: lengths[0]], positions)


@rule
def exit_trades(
    fills: NDArray[Any], trades: NDArray[Any], place: int, position: int, last: float, last_bar: int
) -> tuple[int, int]:
    """One column's exit trades, written from ``place`` on; returns the next place and position.

    A fill larger than what is held closes it and opens the other side with the rest.
    """
    side = size = gross = fees = 0.0
    entered = -1
    for current in range(len(fills)):
        fill = fills[current]
        quantity, price, fee = abs(fill["quantity"]), fill["price"], fill["commission"]
        toward = 1.0 if fill["quantity"] > 0 else -1.0
        if side == 0:
            side, size, gross, fees, entered = toward, 0.0, 0.0, 0.0, fill["bar"]
            position += 1
        if toward == side:
            size += quantity
            gross += quantity * price
            fees += fee
            continue
        row = trades[place]
        place += 1
        if not at_most(quantity, size):
            own_fee = size / quantity * fee
            opened(row, position, fill["column"], side * size, entered, gross / size, fees)
            closed(row, fill["bar"], price, own_fee, 0)
            size = quantity - size
            gross = size * price
            fees = fee - own_fee
            side, entered = -side, fill["bar"]
            position += 1
            continue
        whole = close(quantity, size)
        sold = size if whole else quantity
        share = sold / size * fees
        opened(row, position, fill["column"], side * sold, entered, gross / size, share)
        closed(row, fill["bar"], price, fee, 0)
        if whole:
            side = 0.0
            continue
        left = (size - quantity) / size
        size *= left
        gross *= left
        fees *= left
    if side != 0 and less(-size, 0.0):
        opened(
            trades[place], position, fills[0]["column"], side * size, entered, gross / size, fees
        )
        closed(trades[place], last_bar, last, 0.0, 1)
        place += 1
    return place, position


@rule
def entry_trades(
    fills: NDArray[Any], trades: NDArray[Any], place: int, position: int, last: float, last_bar: int
) -> tuple[int, int]:
    """One column's entry trades, written from ``place`` on; returns the next place and position."""
    side = size = gone = gross = fees = 0.0
    first = 0
    first_size = first_fee = 0.0
    for current in range(len(fills)):
        fill = fills[current]
        quantity, price, fee = abs(fill["quantity"]), fill["price"], fill["commission"]
        toward = 1.0 if fill["quantity"] > 0 else -1.0
        if side == 0:
            side, size, gone, gross, fees = toward, 0.0, 0.0, 0.0, 0.0
            first, first_size, first_fee = current, quantity, fee
            position += 1
        if toward == side:
            size += quantity
            continue
        if less(gone + quantity, size):
            gone += quantity
            gross += quantity * price
            fees += fee
            continue
        whole = close(gone + quantity, size)
        rest = quantity if whole else add(size, -gone)
        gross += rest * price
        fees += fee if whole else rest / quantity * fee
        for held in range(first, current + 1):
            if (fills[held]["quantity"] > 0) == (side > 0):
                row = trades[place]
                place += 1
                open_entry(row, fills[held], position, held == first, first_size, first_fee)
                share = abs(row["quantity"]) / size * fees
                closed(row, fill["bar"], gross / size, share, 0)
        if whole:
            side = 0.0
            continue
        side, size, gone, gross, fees = -side, add(quantity, -rest), 0.0, 0.0, 0.0
        first, first_size, first_fee = current, size, size / quantity * fee
        position += 1
    if side != 0 and less(gone, size):
        gross += add(size, -gone) * last
        for held in range(first, len(fills)):
            if (fills[held]["quantity"] > 0) == (side > 0):
                row = trades[place]
                place += 1
                open_entry(row, fills[held], position, held == first, first_size, first_fee)
                share = abs(row["quantity"]) / size * fees
                closed(row, last_bar, gross / size, share, 1)
    return place, position


@rule
def open_entry(
    row: Any, fill: Any, position: int, is_first: bool, first_size: float, first_fee: float
) -> None:
    """The entry side of one opening fill; the first may be what was left of a reversal."""
    toward = 1.0 if fill["quantity"] > 0 else -1.0
    size = first_size if is_first else abs(fill["quantity"])
    fee = first_fee if is_first else fill["commission"]
    opened(row, position, fill["column"], toward * size, fill["bar"], fill["price"], fee)


@rule
def opened(
    row: Any, position: int, column: int, quantity: float, bar: int, price: float, fee: float
) -> None:
    """Write the entry side of a trade."""
    row["position"] = position
    row["column"] = column
    row["quantity"] = quantity
    row["entry_bar"] = bar
    row["entry_price"] = price
    row["entry_commission"] = fee


@rule
def closed(row: Any, bar: int, price: float, fee: float, still_open: int) -> None:
    """Write the exit side of a trade and what it earned."""
    row["exit_bar"] = bar
    row["exit_price"] = price
    row["exit_commission"] = fee
    row["open"] = still_open
    size = abs(row["quantity"])
    cost = size * row["entry_price"]
    gain = add(size * price, -cost)
    if gain != 0 and row["quantity"] < 0:
        gain = -gain
    row["pnl"] = gain - row["entry_commission"] - fee
    row["return"] = row["pnl"] / cost


@rule
def sum_positions(trades: NDArray[Any], positions: NDArray[Any]) -> int:
    """Trades of one position added up in their order, prices weighted by size; returns how many."""
    place = begin = 0
    while begin < len(trades):
        end = begin + 1
        while end < len(trades) and trades[end]["position"] == trades[begin]["position"]:
            end += 1
        row = positions[place]
        size = paid = gained = entry_fees = exit_fees = 0.0
        for current in range(begin, end):
            trade = trades[current]
            quantity = abs(trade["quantity"])
            size += quantity
            paid += quantity * trade["entry_price"]
            gained += quantity * trade["exit_price"]
            entry_fees += trade["entry_commission"]
            exit_fees += trade["exit_commission"]
        opening, closing = trades[begin], trades[end - 1]
        if end - begin == 1:
            # Dividing a price times a size by the size need not give the price back.
            size_paid, size_gained = opening["entry_price"], opening["exit_price"]
        else:
            size_paid, size_gained = paid / size, gained / size
        side = 1.0 if closing["quantity"] > 0 else -1.0
        bar = opening["entry_bar"]
        opened(row, place, opening["column"], side * size, bar, size_paid, entry_fees)
        closed(row, closing["exit_bar"], size_gained, exit_fees, closing["open"])
        place += 1
        begin = end
    return place
