"""What many strategies on one symbol came to: their trades and their money, from the fills.

Nothing is kept bar by bar. Cash changes only at a fill, so between two fills the value follows the
close; a return is taken on every bar, because ratios of bar returns are sums over all of them, but
how far the value fell is found from the extremes of blocks of closes.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.execution.arrays import frozen, processors, spans, threaded
from engine.execution.kernel import entry, rule
from engine.execution.records import TRADE_ROW, Floats, Ints
from engine.execution.vectorbt.arithmetic import add
from engine.execution.vectorbt.trades import exit_trades

# Closes of a block are looked at together when the deepest fall is sought.
BLOCK = 64

# Per strategy: what all fills and the last close brought, and fees paid; over the bars the sum of
# returns, of their squares and of the squares of the negative ones; the deepest fall of the value
# below its peak.
MEASURE_ROW = np.dtype(
    [(name, np.float64) for name in ("profit", "fees", "returns", "squares", "downs", "drawdown")]
)


# What is told of an exit trade: bars, side (1 long, -1 short), size, prices, fees, what it earned,
# and 1 while it is open.
EXIT_FIELDS = (
    "entry_bar", "exit_bar", "side", "size", "entry_price", "exit_price", "entry_fees",
    "exit_fees", "pnl", "return", "open",
)  # fmt: skip


# Sums over the trades of a column, over all and over those that are closed.
TALLY_ROW = np.dtype(
    [
        (name, np.float64)
        for name in (
            "trades", "wins", "gain", "loss", "best", "worst", "closed", "closed_wins",
            "closed_gain", "closed_loss", "closed_best", "closed_worst",
        )
    ]
)  # fmt: skip


class Exits(NamedTuple):
    """Exit trades, (EXIT_FIELDS, trades), by column and time; c has first[c]:first[c + 1]."""

    fields: Floats
    first: Ints


class Closes(NamedTuple):
    """Closes without gaps, the highest and lowest of each block, and the last bar of every day."""

    prices: Floats
    highest: Floats
    lowest: Floats
    ends: Ints


class Measured(NamedTuple):
    """One MEASURE_ROW per column, and the return of each day, (columns, days)."""

    rows: NDArray[Any]
    daily: Floats


def places_of(fills: NDArray[Any], columns: int) -> Ints:
    """Where the fills of each column begin; they are sorted by column."""
    return frozen(np.searchsorted(fills["column"], np.arange(columns + 1)), np.int64)


def exits_of(fills: NDArray[Any], first: Ints, close: float, last_bar: int) -> Exits:
    """The exit trades of all columns; what is still held at the end exits at the last close."""
    columns = len(first) - 1
    room, counts = np.empty(len(fills), dtype=TRADE_ROW), np.zeros(columns, dtype=np.int64)
    threaded(
        lambda begin, end: write_exits(fills, first, begin, end, close, last_bar, room, counts),
        spans(columns, 2 * processors()),
    )
    start = np.concatenate(([0], np.cumsum(counts)))
    fields = np.empty((len(EXIT_FIELDS), start[-1]))
    threaded(
        lambda begin, end: gather(room, first, start, begin, end, fields),
        spans(columns, 2 * processors()),
    )
    return Exits(fields, start)


@entry
def write_exits(
    fills: NDArray[Any], first: Ints, begin: int, end: int, close: float, last_bar: int,
    room: NDArray[Any], counts: Ints,
) -> None:  # fmt: skip
    """Write the trades of some columns where their fills are: there are never more of them."""
    for column in range(begin, end):
        own = fills[first[column] : first[column + 1]]
        start: Any = first[column]
        nowhere: Any = np.int64(-1)
        place, _ = exit_trades(own, room, start, nowhere, close, last_bar)
        counts[column] = place - start


@entry
def gather(
    room: NDArray[Any], first: Ints, start: Ints, begin: int, end: int, fields: Floats
) -> None:
    """Close the gaps between the columns, and put each field on its own."""
    for column in range(begin, end):
        for place in range(start[column], start[column + 1]):
            row = room[first[column] + place - start[column]]
            fields[0, place] = row["entry_bar"]
            fields[1, place] = row["exit_bar"]
            fields[2, place] = 1.0 if row["quantity"] > 0 else -1.0
            fields[3, place] = abs(row["quantity"])
            fields[4, place] = row["entry_price"]
            fields[5, place] = row["exit_price"]
            fields[6, place] = row["entry_commission"]
            fields[7, place] = row["exit_commission"]
            fields[8, place] = row["pnl"]
            fields[9, place] = row["return"]
            fields[10, place] = row["open"]


def tally(exits: Exits) -> NDArray[Any]:
    """One TALLY_ROW per column."""
    rows = np.zeros(len(exits.first) - 1, dtype=TALLY_ROW)
    count_trades(exits.fields, exits.first, rows)
    return rows


@entry
def count_trades(fields: Floats, first: Ints, rows: NDArray[Any]) -> None:
    """Add up the trades of every column in their order."""
    for column in range(len(rows)):
        row = rows[column]
        row["best"], row["worst"] = math.nan, math.nan
        row["closed_best"], row["closed_worst"] = math.nan, math.nan
        for place in range(first[column], first[column + 1]):
            pnl, earned, closed = fields[8, place], fields[9, place], fields[10, place] == 0.0
            row["trades"] += 1
            row["wins"] += pnl > 0
            row["gain"] += pnl if pnl > 0 else 0.0
            row["loss"] += pnl if pnl < 0 else 0.0
            row["best"] = highest(row["best"], earned)
            row["worst"] = -highest(-row["worst"], -earned)
            if closed:
                row["closed"] += 1
                row["closed_wins"] += pnl > 0
                row["closed_gain"] += pnl if pnl > 0 else 0.0
                row["closed_loss"] += pnl if pnl < 0 else 0.0
                row["closed_best"] = highest(row["closed_best"], earned)
                row["closed_worst"] = -highest(-row["closed_worst"], -earned)


@rule
def highest(one: float, other: float) -> float:
    """The higher of two; a NaN is none."""
    return one if one >= other or math.isnan(other) else other


def closes_of(close: Floats, ends: Ints) -> Closes:
    """One symbol's closes as measures need them; a missing one is valued at the one before it."""
    prices = np.array(close, dtype=np.float64)
    fill_gaps(prices)
    starts = np.arange(0, len(prices), BLOCK)
    highest, lowest = np.maximum.reduceat(prices, starts), np.minimum.reduceat(prices, starts)
    return Closes(frozen(prices), frozen(highest), frozen(lowest), frozen(ends, np.int64))


@entry
def fill_gaps(prices: Floats) -> None:
    """Carry prices forward, and the first one back to the start."""
    last, bar = math.nan, 0
    while bar < len(prices) and math.isnan(prices[bar]):
        bar += 1
    if bar < len(prices):
        last = prices[bar]
    for place in range(len(prices)):
        if math.isnan(prices[place]):
            prices[place] = last
        last = prices[place]


def measured(fills: NDArray[Any], first: Ints, closes: Closes, cash: float) -> Measured:
    """Follow every column's money over all bars; ``cash`` is what each began with."""
    columns = len(first) - 1
    rows = np.zeros(columns, dtype=MEASURE_ROW)
    daily = np.empty((columns, len(closes.ends)))
    threaded(
        lambda begin, end: measure(fills, first, begin, end, closes, cash, rows, daily),
        spans(columns, 2 * processors()),
    )
    return Measured(rows, daily)


@entry
def measure(
    fills: NDArray[Any], first: Ints, begin: int, end: int, closes: Closes, cash: float,
    rows: NDArray[Any], daily: Floats,
) -> None:  # fmt: skip
    """Measure some columns one after the other."""
    for column in range(begin, end):
        own = fills[first[column] : first[column + 1]]
        follow(own, closes, cash, rows[column], daily[column])


@rule
def follow(fills: NDArray[Any], closes: Closes, cash: float, row: Any, daily: Floats) -> None:
    """One column from fill to fill."""
    money, position, before = cash, 0.0, cash
    peak, trough, deepest = -math.inf, math.inf, 0.0
    day, bar, growth = 0, 0, 1.0
    total = squares = downs = fees = earned = 0.0
    count = len(closes.prices)
    for place in range(len(fills) + 1):
        until = fills[place]["bar"] if place < len(fills) else count
        while bar < until:
            stop = min(until, closes.ends[day] + 1)
            part, square, down, growth, before = walk(
                closes.prices, bar, stop, money, position, before, growth
            )
            total += part
            squares += square
            downs += down
            peak, trough, deepest = fall(closes, bar, stop, money, position, peak, trough, deepest)
            bar = stop
            if bar == closes.ends[day] + 1:
                daily[day] = growth - 1.0
                day, growth = day + 1, 1.0
        if place < len(fills):
            fill = fills[place]
            position = add(position, add(0.0, fill["quantity"]))
            brought = -fill["quantity"] * fill["price"] - fill["commission"]
            money = add(money, add(0.0, brought))
            earned = add(earned, brought)
            fees += fill["commission"]
    row["profit"], row["fees"] = earned + position * closes.prices[count - 1], fees
    row["returns"], row["squares"], row["downs"] = total, squares, downs
    row["drawdown"] = min(deepest, trough / peak - 1.0)


@rule
def walk(
    prices: Floats, bar: int, stop: int, money: float, position: float, before: float,
    growth: float,
) -> tuple[float, float, float, float, float]:  # fmt: skip
    """Bars without a fill: sums over their returns, the growth of the day, and the last value."""
    total = squares = downs = 0.0
    if position == 0.0:
        gained = gain(before, money)
        low = min(gained, 0.0)
        return gained, gained * gained, low * low, growth * (gained + 1.0), money
    for t in range(bar, stop):
        value = money + prices[t] * position
        gained = gain(before, value)
        low = min(gained, 0.0)
        total += gained
        squares += gained * gained
        downs += low * low
        growth *= gained + 1.0
        before = value
    return total, squares, downs, growth, before


@rule
def gain(before: float, value: float) -> float:
    """The return of a bar; money owed counts the other way round, and nothing from nothing is 0."""
    if before == 0.0:
        return 0.0 if value == 0.0 else math.inf * value
    gained = (value - before) / before
    return -gained if before < 0.0 else gained


@rule
def fall(
    closes: Closes, bar: int, stop: int, money: float, position: float, peak: float,
    trough: float, deepest: float,
) -> tuple[float, float, float]:  # fmt: skip
    """The highest value so far, the lowest since, and the deepest fall before that peak."""
    if position == 0.0:
        return peak_of(money, peak, trough, deepest)
    t = bar
    while t < stop:
        block = t // BLOCK
        if t % BLOCK == 0 and t + BLOCK <= stop:
            high, low = closes.highest[block], closes.lowest[block]
            best = money + (high if position > 0 else low) * position
            if best <= peak:
                worst = money + (low if position > 0 else high) * position
                trough = min(trough, worst)
                t += BLOCK
                continue
        peak, trough, deepest = peak_of(money + closes.prices[t] * position, peak, trough, deepest)
        t += 1
    return peak, trough, deepest


@rule
def peak_of(value: float, peak: float, trough: float, deepest: float) -> tuple[float, float, float]:
    """A new peak settles the fall before it; anything else may be a new trough."""
    if value > peak:
        fell = trough / peak - 1.0
        return value, value, min(deepest, fell) if trough < peak else deepest
    return peak, min(trough, value), deepest
