"""What many strategies on one symbol came to: their money, day by day and in sum.

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
from engine.execution.records import Floats, Ints
from engine.execution.vectorbt.arithmetic import add

# Bars of a block are looked at together when the deepest fall is sought, and added side by side.
BLOCK = 64
# Days whose returns are compounded side by side.
LANES = 4

# Per strategy: what all fills and the last close brought, and fees paid; over the bars the sum of
# returns, of their squares and of the squares of the negative ones; the deepest fall of the value
# below its peak.
MEASURE_ROW = np.dtype(
    [(name, np.float64) for name in ("profit", "fees", "returns", "squares", "downs", "drawdown")]
)


class Closes(NamedTuple):
    """Closes without gaps, the highest and lowest of each block, and the last bar of every day."""

    prices: Floats
    highest: Floats
    lowest: Floats
    ends: Ints


class Room(NamedTuple):
    """Where the returns of some days are written; ``blocks`` is the same memory, BLOCK wide.

    ``growth`` is one number per lane, ``sums`` (3, BLOCK) collects what is added up.
    """

    returns: Floats
    blocks: Floats
    growth: Floats
    sums: Floats


def room_for(ends: Ints) -> Room:
    """Room for any four days that follow one another."""
    padded = np.concatenate((ends, np.full(LANES, ends[-1])))
    longest = int((padded[LANES:] - padded[:-LANES]).max(initial=padded[LANES - 1] + 1))
    blocks = np.zeros((-(-longest // BLOCK), BLOCK))
    return Room(blocks.reshape(-1), blocks, np.empty(LANES), np.empty((3, BLOCK)))


class Measured(NamedTuple):
    """One MEASURE_ROW per column, and the return of each day, (columns, days)."""

    rows: NDArray[Any]
    daily: Floats


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
    """Follow every column's money over all bars; ``cash`` is what each began with.

    ``fills`` are sorted by column, those of c are ``first[c]:first[c + 1]``.
    """
    columns = len(first) - 1
    rows = np.zeros(columns, dtype=MEASURE_ROW)
    daily = np.empty((columns, len(closes.ends)))
    threaded(
        lambda begin, end: measure(
            fills, first, begin, end, closes, cash, room_for(closes.ends), rows, daily
        ),
        spans(columns, 2 * processors()),
    )
    return Measured(rows, daily)


@entry
def measure(
    fills: NDArray[Any], first: Ints, begin: int, end: int, closes: Closes, cash: float,
    room: Room, rows: NDArray[Any], daily: Floats,
) -> None:  # fmt: skip
    """Measure some columns one after the other."""
    for column in range(begin, end):
        own = fills[first[column] : first[column + 1]]
        follow(own, closes, cash, room, rows[column], daily[column])


@rule
def follow(
    fills: NDArray[Any], closes: Closes, cash: float, room: Room, row: Any, daily: Floats
) -> None:
    """One column, some days at a time and within them from fill to fill."""
    money, position, before, earned, fees = cash, 0.0, cash, 0.0, 0.0
    peak, trough, deepest = -math.inf, math.inf, 0.0
    prices, ends = closes.prices, closes.ends
    for block in range(BLOCK):
        room.sums[0, block], room.sums[1, block], room.sums[2, block] = 0.0, 0.0, 0.0
    start = bar = place = 0
    for day in range(0, len(ends), LANES):
        stop = ends[min(day + LANES, len(ends)) - 1] + 1
        while bar < stop:
            until = min(stop, fills[place]["bar"]) if place < len(fills) else stop
            if bar < until:
                before = walk(
                    closes, bar, until, money, position, before, room.returns, bar - start
                )
                peak, trough, deepest = fall(
                    closes, bar, until, money, position, peak, trough, deepest
                )
                bar = until
            if place < len(fills) and fills[place]["bar"] == bar and bar < stop:
                fill = fills[place]
                position = add(position, add(0.0, fill["quantity"]))
                brought = -fill["quantity"] * fill["price"] - fill["commission"]
                money = add(money, add(0.0, brought))
                earned = add(earned, brought)
                fees += fill["commission"]
                place += 1
        compound_days(room, start, ends, day, daily)
        sum_up(room, stop - start)
        start = stop
    row["profit"], row["fees"] = earned + position * prices[len(prices) - 1], fees
    row["returns"], row["squares"] = add_up(room.sums[0]), add_up(room.sums[1])
    row["downs"] = add_up(room.sums[2])
    row["drawdown"] = min(deepest, trough / peak - 1.0)


@rule
def walk(
    closes: Closes, bar: int, stop: int, money: float, position: float, before: float,
    returns: Floats, at: int,
) -> float:  # fmt: skip
    """Write the returns of bars without a fill from place ``at`` on; returns the last value."""
    count = stop - bar
    rest = returns[at + 1 : at + count]
    if position == 0.0:
        returns[at] = gain(before, money)
        for place in range(len(rest)):
            rest[place] = 0.0
        return money
    earlier, later = closes.prices[bar : stop - 1], closes.prices[bar + 1 : stop]
    returns[at] = gain(before, money + closes.prices[bar] * position)
    if stays_above_zero(closes, bar, stop, money, position):
        # Slices from 0 on, and nothing carried from bar to bar: several bars are worked at once.
        for place in range(len(rest)):
            base = money + earlier[place] * position
            rest[place] = (money + later[place] * position - base) / base
    else:
        for place in range(len(rest)):
            base, value = money + earlier[place] * position, money + later[place] * position
            rest[place] = gain(base, value)
    return money + closes.prices[stop - 1] * position


@rule
def stays_above_zero(closes: Closes, bar: int, stop: int, money: float, position: float) -> bool:
    """Whether the value surely does, by the worst close of every block."""
    for block in range(bar // BLOCK, (stop - 1) // BLOCK + 1):
        worst = closes.lowest[block] if position > 0 else closes.highest[block]
        if not money + worst * position > 0.0:
            return False
    return True


@rule
def compound_days(room: Room, start: int, ends: Ints, day: int, daily: Floats) -> None:
    """The returns of up to four days, each compounded bar after bar.

    A product is one long chain of multiplications; those of four days run side by side.
    """
    returns, growth = room.returns, room.growth
    last = len(ends) - 1
    first, second, third, fourth = (
        ends[day] + 1 - start,
        ends[min(day + 1, last)] + 1 - start,
        ends[min(day + 2, last)] + 1 - start,
        ends[min(day + 3, last)] + 1 - start,
    )
    shared = min(min(first, second - first), min(third - second, fourth - third))
    chains(
        returns[:shared],
        returns[first : first + shared],
        returns[second : second + shared],
        returns[third : third + shared],
        growth,
    )
    begin = 0
    for lane in range(min(LANES, len(ends) - day)):
        end = ends[day + lane] + 1 - start
        product = growth[lane]
        for place in range(begin + shared, end):
            product *= returns[place] + 1.0
        daily[day + lane] = product - 1.0
        begin = end


@rule
def chains(one: Floats, two: Floats, three: Floats, four: Floats, growth: Floats) -> None:
    """Four products side by side; all are of one length."""
    first = second = third = fourth = 1.0
    for place in range(len(one)):
        first *= one[place] + 1.0
        second *= two[place] + 1.0
        third *= three[place] + 1.0
        fourth *= four[place] + 1.0
    growth[0], growth[1], growth[2], growth[3] = first, second, third, fourth


@rule
def sum_up(room: Room, count: int) -> None:
    """Add returns, their squares and the squares of the negative ones, block by block.

    Each place of a block has sums of its own, so that several places are added at once; what the
    last block does not fill is zero.
    """
    whole = -(-count // BLOCK) * BLOCK
    for place in range(count, whole):
        room.returns[place] = 0.0
    total, squares, downs = room.sums[0], room.sums[1], room.sums[2]
    for block in range(whole // BLOCK):
        values = room.blocks[block]
        for place in range(BLOCK):
            value = values[place]
            low = value if value < 0.0 else 0.0
            total[place] += value
            squares[place] += value * value
            downs[place] += low * low


@rule
def add_up(values: Floats) -> float:
    """The sum of a few numbers."""
    total = 0.0
    for place in range(len(values)):
        total += values[place]
    return total


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
